import numpy as np
import pytest

from marcelle_nb.components.marked_picture import LONGEST, marked_picture

GRAY = np.full((100, 200, 3), 128, np.uint8)


def mark(*box):
    return {"box": list(box) or None, "label": "dog", "percent": 90, "color": 0}


def test_a_box_is_drawn_where_it_is():
    drawn = marked_picture(GRAY, [mark(50, 20, 100, 60)])
    assert tuple(drawn[80, 100]) == (0x3B, 0x7D, 0xD8)
    assert tuple(drawn[50, 100]) == (128, 128, 128)
    assert tuple(GRAY[80, 100]) == (128, 128, 128)


def test_a_large_picture_becomes_small():
    assert marked_picture(np.zeros((2000, 1000, 3), np.uint8), [mark(1, 1, 500, 500)]).shape == (
        LONGEST,
        LONGEST // 2,
        3,
    )


@pytest.mark.parametrize(
    "box", [(), (-1e30, -1e30, 3e30, 3e30), (90, 90, -50, -50), (1e9, 1e9, 1, 1), (0, 0, 0, 0)]
)
def test_no_box_is_too_strange(box):
    assert marked_picture(GRAY, [mark(*box)]).shape == GRAY.shape
