import re
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from marcelle_nb.components import palette
from marcelle_nb.components.palette import NONE, color, scale_color, shape

PAGE = Path(palette.__file__).parents[2] / "js" / "src" / "lib" / "palette.ts"


def lab(name):
    """Where a colour is in CIELAB, whose distances are about those that are seen."""
    rgb = np.array([int(name[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    matrix = [[0.4125, 0.3576, 0.1804], [0.2127, 0.7152, 0.0722], [0.0193, 0.1192, 0.9503]]
    xyz = np.cbrt(np.array(matrix) @ linear / (0.9505, 1, 1.0888))
    return np.array([116 * xyz[1] - 16, 500 * (xyz[0] - xyz[1]), 200 * (xyz[1] - xyz[2])])


def test_colours_of_the_first_labels_are_far_from_each_other():
    colors = [*map(color, range(24)), NONE]
    distances = [np.linalg.norm(lab(a) - lab(b)) for a, b in combinations(colors, 2)]
    assert min(distances) > 18


def test_more_labels_differ_in_their_shapes():
    assert len({(color(code), shape(code)) for code in range(120)}) == 120
    assert {shape(code) for code in range(24)} == {"circle"}


@pytest.mark.parametrize(
    ("low", "high"), [(0, 1), (-3.5, 1e9), (5, 5), (-1e308, 1.7e308), (0, 5e-324)]
)
def test_a_scale_goes_from_blue_to_yellow(low, high):
    first, last = scale_color(low, low, high), scale_color(high, low, high)
    assert (first, last) == (("#4a5bd0", "#c9ae1d") if high / 2 > low / 2 else (first, first))
    assert re.fullmatch("#[0-9a-f]{6}", scale_color((low / 2 + high / 2), low, high))


def test_the_page_has_the_same():
    page = PAGE.read_text()
    assert re.findall(r'"(#[0-9a-f]{6})"', page) == [NONE, *map(color, range(24))]
    assert all(f'"{name}"' in page for name in palette.SHAPES)
    assert str([list(stop) for stop in palette._SCALE])[1:-1] in page
