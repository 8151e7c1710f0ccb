import math
import re
from typing import Any, cast

import numpy as np
import pytest

from marcelle_nb.components.detection_marks import (
    MAX_MARKS,
    checked_results,
    color_code,
    ink_on,
    marks,
)
from marcelle_nb.components.palette import color
from marcelle_nb.models.detection import Detection
from marcelle_nb.models.object_detector_results import ObjectDetectorResults

BOX = (1, 2, 3, 4)


def test_a_mark_is_plain():
    assert marks(ObjectDetectorResults([Detection(BOX, "cat", 0.926)])) == [
        {"box": [1.0, 2.0, 3.0, 4.0], "label": "cat", "percent": 93, "color": color_code("cat")}
    ]


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_no_box_and_no_confidence(bad):
    (mark,) = marks(ObjectDetectorResults([Detection((bad, 0, 1, 1), "cat", bad)]))
    assert (mark["box"], mark["percent"]) == (None, 0)


def test_neighbouring_classes_of_coco_differ_in_colour():
    names = ("person", "bicycle", "car", "cat", "dog")
    assert len({color(color_code(name)) for name in names}) == 5


def test_any_label_has_a_colour_of_its_palette():
    for label in ("", "🐈", "\ud800", "a" * 10_000):
        assert 0 <= color_code(label) < 65_521  # what a page takes for a label's number


@pytest.mark.parametrize(
    ("hue", "ink"), [("#f0b0b0", "#000000"), ("#3b7dd8", "#000000"), ("#186800", "#ffffff")]
)
def test_a_label_is_black_on_light_colours_and_white_on_dark_ones(hue, ink):
    assert ink_on(hue) == ink


def test_no_more_than_can_be_told_apart():
    assert len(marks(ObjectDetectorResults([Detection(BOX, "cat", 1)] * 999))) == MAX_MARKS


@pytest.mark.parametrize("bad", [None, {"outputs": []}, []])
def test_what_are_no_results_is_refused(bad):
    with pytest.raises(TypeError, match="results: expected ObjectDetectorResults"):
        checked_results(bad)


BAD = {
    "outputs: expected a list, got None": None,
    "outputs[0]: expected a Detection, got 5": [5],
    "outputs[1]: expected a Detection, got {'bbox'": [
        Detection(BOX, "cat", 1),
        {"bbox": [*BOX], "class": "cat", "confidence": 1},
    ],
    "outputs[0].bbox: expected four numbers, got None": [Detection(cast("Any", None), "cat", 1)],
    "outputs[0].bbox: expected four numbers, got 'abcd'": [
        Detection(cast("Any", "abcd"), "cat", 1)
    ],
    "outputs[0].bbox: expected four numbers, got array(3)": [
        Detection(cast("Any", np.array(3)), "cat", 1)
    ],
    "outputs[0].bbox: expected four numbers, got '1' in it": [
        Detection(cast("Any", (1, 2, 3, "1")), "cat", 1)
    ],
    "outputs[0].confidence: expected a number, got None": [
        Detection(BOX, "cat", cast("Any", None))
    ],
    "outputs[0].confidence: expected a number, got 'x'": [Detection(BOX, "cat", cast("Any", "x"))],
}


@pytest.mark.parametrize(("said", "outputs"), BAD.items(), ids=list(BAD))
def test_what_is_wrong_in_results_is_refused_by_name(said, outputs):
    with pytest.raises(TypeError, match=re.escape(f"results.{said}")):
        checked_results(ObjectDetectorResults(cast("Any", outputs)))


def test_a_box_of_three_numbers_is_refused():
    with pytest.raises(ValueError, match=r"\[0\].bbox: expected four numbers, got \(1, 2, 3\)"):
        checked_results(ObjectDetectorResults([Detection(cast("Any", (1, 2, 3)), "cat", 1)]))


@pytest.mark.parametrize("box", [[1, 2, 3, 4], np.array([1, 2, 3, 4], np.float32)])
def test_numbers_of_numpy_are_numbers(box):
    results = ObjectDetectorResults([Detection(box, "cat", cast("Any", np.float32(0.5)))])
    assert marks(checked_results(results))[0]["box"] == [1, 2, 3, 4]


def test_half_a_surrogate_pair_in_a_label_is_replaced():
    (mark,) = marks(ObjectDetectorResults([Detection(BOX, "ca\ud800t", 1)]))
    assert mark["label"] == "ca\ufffdt"
