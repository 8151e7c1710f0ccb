import math
from typing import Any, cast

import numpy as np
import pytest
from matplotlib.patches import Rectangle

from marcelle_nb import plots
from marcelle_nb.components.detection_marks import color_code, ink_on
from marcelle_nb.components.palette import color
from marcelle_nb.errors import ImageRejected
from marcelle_nb.models.detection import Detection
from marcelle_nb.models.object_detector_results import ObjectDetectorResults

PICTURE = np.zeros((100, 200, 3), np.uint8)


def drawn(*detections, picture=PICTURE):
    figure = plots.detections(picture, ObjectDetectorResults([*detections]))
    assert figure._repr_png_()[:4] == b"\x89PNG"
    (axes,) = figure.axes
    return [it for it in axes.patches if isinstance(it, Rectangle)], axes.texts


def test_a_box_has_its_place_its_label_and_the_colour_of_its_class():
    from matplotlib.colors import to_hex

    (box,), (text,) = drawn(Detection((10, 20, 30, 40), "dog", 0.926))
    assert (*box.get_xy(), box.get_width(), box.get_height()) == (10, 20, 30, 40)
    assert to_hex(box.get_edgecolor()) == color(color_code("dog"))
    assert text.get_text() == "dog 93 %"


def test_a_label_is_no_formula():
    _, (text,) = drawn(Detection((10, 20, 30, 40), "$x$", 0.9))
    assert text.get_text().startswith(r"\$x\$")


@pytest.mark.parametrize("label", ["dog", "d" * 99])
@pytest.mark.parametrize("place", [(-30, -30), (150, 2), (190, 60), (0, 95), (250, 120)])
@pytest.mark.parametrize("shape", [(100, 200), (900, 300), (480, 640)])
def test_each_label_lies_within_the_picture_which_keeps_its_size(label, place, shape):
    pixels = np.zeros((*shape, 3), np.uint8)
    found = ObjectDetectorResults([Detection((*place, 40, 30), label, 0.9)])
    figure = plots.detections(pixels, found)
    figure.canvas.draw()
    axes = figure.axes[0]
    frame, text = axes.get_window_extent(), axes.texts[0].get_window_extent()
    alone = plots.detections(pixels, ObjectDetectorResults())
    alone.canvas.draw()
    assert frame.bounds == pytest.approx(alone.axes[0].get_window_extent().bounds)
    assert frame.x0 - 1 <= text.x0 < frame.x1
    # a label that a narrow picture has no room for begins at its edge
    assert text.x1 <= frame.x1 + 1 or text.x0 <= frame.x0 + 1
    assert frame.y0 - 1 <= text.y0 < text.y1 <= frame.y1 + 1


def test_a_light_colour_has_a_dark_label():
    (_,), (text,) = drawn(Detection((10, 20, 30, 40), "a kind of its own, light", 0.9))
    assert text.get_color() == ink_on(color(color_code("a kind of its own, light")))


def test_what_is_no_box_is_left_out():
    assert drawn(Detection((math.nan, 0, 1, 1), "dog", 0.9))[0] == []


def test_nothing_found_is_the_picture():
    assert drawn()[0] == []
    assert drawn(picture=np.zeros((1, 900), np.uint8))[0] == []


def test_boxes_far_outside_do_not_move_the_picture():
    figure = plots.detections(
        PICTURE, ObjectDetectorResults([Detection((-900, -900, 9000, 9000), "dog", 0.9)])
    )
    assert figure.axes[0].get_xlim() == (0, 200)


def test_what_is_no_picture_or_no_result_is_refused():
    with pytest.raises(ImageRejected):
        plots.detections("dog.png", ObjectDetectorResults())
    with pytest.raises(TypeError, match="results: expected ObjectDetectorResults"):
        plots.detections(PICTURE, cast("Any", {"outputs": []}))


def test_half_a_surrogate_pair_in_a_label_is_replaced():
    _, (text,) = drawn(Detection((10, 20, 30, 40), "ca\ud800t", 0.9))
    assert text.get_text() == "ca\ufffdt 90 %"


def test_what_is_wrong_in_results_is_refused_by_name():
    with pytest.raises(TypeError, match=r"results.outputs\[0\]: expected a Detection, got 5"):
        plots.detections(PICTURE, ObjectDetectorResults(cast("Any", [5])))
