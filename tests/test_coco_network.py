import json
from typing import Any, cast

import numpy as np
import pytest

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.model_files import ModelFiles
from marcelle_nb.models.coco_network import CocoNetwork
from tests.detectors import DETECTOR, picture

CASES = json.loads((DETECTOR / "coco_ssd.json").read_text())["cases"]


@pytest.fixture(scope="module")
def network():
    return CocoNetwork.open(ModelFiles.open(DETECTOR / "model.json"))


@pytest.mark.parametrize(
    "case", CASES, ids=[f"{it['image']}-{it['maxNumBoxes']}-{it['minScore']}" for it in CASES]
)
def test_it_finds_what_the_package_finds(network, case):
    results = network.detect(picture(case["image"]), case["maxNumBoxes"], case["minScore"])
    wanted = case["detections"]
    assert [it.class_ for it in results.outputs] == [it["class"] for it in wanted]
    scores = [it.confidence for it in results.outputs]
    np.testing.assert_allclose(scores, [it["score"] for it in wanted], atol=1e-5)
    boxes = [it.bbox for it in results.outputs]
    np.testing.assert_allclose(boxes, [it["bbox"] for it in wanted], atol=1e-3)


@pytest.mark.parametrize("shape", [(1, 1), (1, 900), (301, 7)])
def test_pictures_have_any_size(network, shape):
    network.detect(np.zeros((*shape, 3), np.uint8), 20, 0.5)


class Another:
    def __init__(self, *answers):
        self.answers = answers

    def __call__(self, _):
        return list(self.answers)


@pytest.mark.parametrize(
    "answers",
    [
        (),
        (np.zeros((1, 5, 90), np.float32),),
        (np.zeros((1, 5, 1, 4), np.float32), np.zeros((1, 5, 90), np.float32)),
        (np.zeros((1, 5, 91), np.float32), np.zeros((1, 5, 1, 4), np.float32)),
        (np.zeros((1, 5, 90), np.float32), np.zeros((1, 6, 1, 4), np.float32)),
        (np.zeros((1, 5, 90), np.int32), np.zeros((1, 5, 1, 4), np.int32)),
    ],
)
def test_a_network_that_answers_otherwise_is_refused(answers):
    with pytest.raises(ModelFormatError, match="expected scores"):
        CocoNetwork(cast("Any", Another(*answers)))


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_network_whose_numbers_are_not_finite_is_refused(place, bad):
    answers = [np.zeros((1, 5, 90), np.float32), np.zeros((1, 5, 1, 4), np.float32)]
    answers[place].flat[3] = bad
    with pytest.raises(ModelFormatError, match="expected finite"):
        CocoNetwork(cast("Any", Another(*answers)))
