import sys
from typing import Any

import numpy as np
import pytest

from marcelle_nb import plots
from marcelle_nb.data import instance_query, stored_instance
from marcelle_nb.data.dataset import Dataset
from marcelle_nb.image import thumbnail

RED = np.full((6, 6, 3), (250, 0, 0), np.uint8)


def plot(figure, place=1) -> Any:
    return figure.axes[place]


def cells(figure) -> list[str]:
    """Say what is drawn, and in which row and column."""
    axes = plot(figure)
    found = [("image", image.get_extent()[:2], image.get_extent()[2:]) for image in axes.images]
    found += [("curve", curve.get_xdata(), curve.get_ydata()) for curve in axes.lines]
    middles = ((what, round(middle(y)), round(middle(x))) for what, x, y in found)
    return [f"{what} {row} {column}" for what, row, column in sorted(middles)]


def middle(values) -> float:
    return float(np.nanmin(values) + np.nanmax(values)) / 2


def texts(figure):
    bars = figure.axes[0]
    return [label.get_text() for label in bars.get_yticklabels()]


def test_each_label_has_its_count_and_examples():
    rows = [{"x": [1.0, 2.0], "y": label} for label in "abaa"]
    figure = plots.dataset(rows, examples=2)
    assert texts(figure) == ["a  3", "b  1"]
    assert [bar.get_width() for bar in plot(figure, 0).patches] == [3, 1]
    assert cells(figure) == ["curve 0 0", "curve 0 1", "curve 1 0"]
    assert figure.get_suptitle() == "4 instances of 2 labels"


def test_pictures_are_shown_as_pictures_and_vectors_as_curves():
    rows: list[dict[str, Any]] = [
        {"x": RED, "y": "image"},
        {"x": [0.0, 1.0], "y": "thumbnail", "thumbnail": thumbnail(RED)},
        {"x": [0.0, 1.0, 4.0], "y": "vector", "thumbnail": "data:image/svg+xml;base64,AAAA"},
    ]
    figure = plots.dataset(rows, examples=1)
    assert cells(figure) == ["curve 2 0", "image 0 0", "image 1 0"]
    image, small = plot(figure).images
    assert np.array_equal(image.get_array(), RED)
    assert small.get_array().shape == (60, 60, 3)
    ends = plot(figure).lines[0].get_ydata()
    assert list((ends - ends[0]) / (ends[-1] - ends[0])) == pytest.approx([0, 1 / 4, 1])


def test_pictures_keep_their_shape():
    rows = [{"x": np.zeros((10, 40, 3), np.uint8), "y": "wide"}]
    left, right, bottom, top = plot(plots.dataset(rows)).images[0].get_extent()
    assert (right - left) / (bottom - top) == pytest.approx(4)


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


def test_of_a_dataset_only_the_examples_are_read(monkeypatch):
    data = Dataset("figure of examples")
    data.create([{"x": RED, "y": "ab"[n % 2], "thumbnail": thumbnail(RED)} for n in range(20)])
    data.create([{"x": [n, n], "y": "c"} for n in range(5)] + [{"x": [1, 2]}])
    read = []
    as_instance = stored_instance.as_instance

    def noted(*arguments):
        read.append("x" in (instance := as_instance(*arguments)))
        return instance

    monkeypatch.setattr(instance_query, "as_instance", noted)
    for given in (data, data.items()):
        read.clear()
        figure = plots.dataset(given, examples=2)
        assert texts(figure) == ["a  10", "b  10", "c  5", "(no label)  1"]
        assert len(cells(figure)) == 2 + 2 + 2 + 1
        assert sum(read) == 3  # those without a thumbnail
    assert figure.get_suptitle() == "26 instances of 4 labels"
    assert texts(plots.dataset(data.items().skip(19), examples=1)) == [
        *("b  1", "c  5", "(no label)  1")
    ]
    assert len(cells(plots.dataset(data.items().skip(19).take(3)))) == 1 + 2
    data.sift({"y": "c"})
    assert plots.dataset(data).get_suptitle() == "figure of examples: 5 instances of 1 label"
    data.sift().clear()


def test_curves_have_one_scale():
    rows = [{"x": [0.0, 0.001, 0.0], "y": "noise"}, {"x": [0.0, 8.0, -2.0], "y": "wave"}]
    noise, wave = (np.ptp(it.get_ydata()) for it in plot(plots.dataset(rows)).lines)
    assert wave / noise == pytest.approx(10_000)


@pytest.mark.parametrize(
    "x",
    [
        "data:image/png;base64,xx",
        [[1], [2, 3]],
        None,
        {},
        "abc",
        [],
        [np.nan, np.inf],
        1 + 2j,
        [{}],
    ],
    ids=str,
)
def test_what_cannot_be_drawn_leaves_an_empty_cell(x, tmp_path):
    rows = [{"x": x, "y": "odd"}, {"x": [1.0, 2.0], "y": "odd"}]
    figure = plots.dataset(rows)
    assert cells(figure) == ["curve 0 1"]
    figure.savefig(tmp_path / "figure.png")


def test_no_label_is_one_label_and_numbers_are_written_as_the_dataset_does():
    rows = [{"x": [1.0], "y": y} for y in ("", None, "(no label)", 1.0, "1", True)]
    figure = plots.dataset(rows, examples=0)
    assert texts(figure) == ["(no label)  2", "(no label)  1", "1  2", "True  1"]


def test_what_is_no_instance_is_refused():
    with pytest.raises(TypeError, match="data: expected instances, got 3"):
        plots.dataset([3])  # type: ignore[list-item]


def test_pyplot_is_left_alone():
    before = "matplotlib.pyplot" in sys.modules
    plots.dataset([{"x": [1.0], "y": "a"}])
    assert ("matplotlib.pyplot" in sys.modules) == before


@pytest.mark.parametrize("examples", [-1, 1.5, True, "8"])
def test_the_number_of_examples_is_a_whole_number(examples):
    with pytest.raises(ValueError, match="examples: expected a whole number >= 0"):
        plots.dataset([], examples=examples)
