import sys
from typing import Any

import numpy as np
import pytest

from marcelle_nb import plots
from marcelle_nb.image import thumbnail

RED = np.full((6, 6, 3), (250, 0, 0), np.uint8)


def axes_of(figure) -> list[Any]:
    return list(figure.axes)


def texts(figure):
    bars = figure.axes[0]
    return [label.get_text() for label in bars.get_yticklabels()]


def test_each_label_has_its_count_and_examples():
    rows = [{"x": [1.0, 2.0], "y": label} for label in "abaa"]
    figure = plots.dataset(rows, examples=2)
    assert texts(figure) == ["a  3", "b  1"]
    assert [bar.get_width() for bar in axes_of(figure)[0].patches] == [3, 1]
    assert len(figure.axes) == 1 + 2 + 1
    assert figure.get_suptitle() == "4 instances of 2 labels"


def test_pictures_are_shown_as_pictures_and_vectors_as_curves():
    rows = [
        {"x": RED, "y": "image"},
        {"x": [0.0, 1.0], "y": "thumbnail", "thumbnail": thumbnail(RED)},
        {"x": [0.0, 1.0, 4.0], "y": "vector", "thumbnail": "data:image/svg+xml;base64,AAAA"},
    ]
    _, image, small, vector = axes_of(plots.dataset(rows, examples=1))
    assert np.array_equal(image.images[0].get_array(), RED)
    assert small.images[0].get_array().shape == (60, 60, 3)
    assert list(vector.lines[0].get_ydata()) == [0, 1, 4]


def test_labels_are_text_and_never_formulas(tmp_path):
    rows = [{"x": [1.0], "y": label} for label in (r"$\frac{", "<b>\n", "ñandú", "x" * 300)]
    plots.dataset(rows).savefig(tmp_path / "figure.png")
    assert (tmp_path / "figure.png").stat().st_size > 1_000


def test_instances_without_a_label_and_no_instances_are_drawn_too(tmp_path):
    assert texts(plots.dataset([{"x": [1.0]}])) == ["(no label)  1"]
    empty = plots.dataset([])
    empty.savefig(tmp_path / "empty.svg")
    assert empty.get_suptitle() == "0 instances of 0 labels"


def test_of_many_labels_the_most_frequent_are_drawn():
    rows = [{"x": [1.0], "y": f"{i}"} for i in range(50) for _ in range(1 + (i >= 10))]
    figure = plots.dataset(rows, examples=0)
    assert texts(figure) == [f"{i}  2" for i in range(10, 50)]
    assert figure.get_suptitle() == "90 instances of 50 labels (the 40 most frequent)"


def test_pyplot_is_left_alone():
    before = "matplotlib.pyplot" in sys.modules
    plots.dataset([{"x": [1.0], "y": "a"}])
    assert ("matplotlib.pyplot" in sys.modules) == before


@pytest.mark.parametrize("examples", [-1, 1.5, True, "8"])
def test_the_number_of_examples_is_a_whole_number(examples):
    with pytest.raises(ValueError, match="examples: expected a whole number >= 0"):
        plots.dataset([], examples=examples)
