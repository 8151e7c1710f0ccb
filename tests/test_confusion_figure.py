from typing import Any

import numpy as np
import pytest

from marcelle_nb import plots
from marcelle_nb.models.batch_prediction import BatchPrediction
from marcelle_nb.models.classifier_results import ClassifierResults


def axes_of(figure) -> list[Any]:
    return list(figure.axes)


def texts(axes):
    return [text.get_text() for text in axes.texts]


def test_true_labels_are_rows_and_predicted_ones_columns():
    figure = plots.confusion_matrix(["a", "a", "a", "b"], ["a", "b", "b", "b"])
    (axes,) = axes_of(figure)
    assert np.allclose(axes.images[0].get_array(), np.array([[1 / 3, 2 / 3], [0, 1]]))
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a", "b"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("predicted", "true")
    assert texts(axes) == ["1", "2", "1"]
    assert figure.get_suptitle() == "4 predictions, accuracy 50.0%"
    assert figure._repr_png_().startswith(b"\x89PNG")


def test_a_batch_is_drawn_with_its_name():
    batch = BatchPrediction("a figure")
    batch.predictions.create([{"label": "a", "yTrue": "a"}, {"label": "a"}])
    figure = plots.confusion_matrix(batch)
    assert figure.get_suptitle() == "a figure: 1 prediction, accuracy 100.0%, 1 left out"
    batch.clear()


@pytest.mark.parametrize(
    "answers",
    [
        np.array([1, 2]),
        [1.0, 2.0],
        ("1", "2"),
        [ClassifierResults("1", {}), ClassifierResults("2")],
    ],
)
def test_labels_come_in_many_forms(answers):
    figure = plots.confusion_matrix(np.array([1, 2]), answers)
    assert figure.get_suptitle().endswith("accuracy 100.0%")


def test_of_many_labels_the_most_frequent_are_drawn_without_numbers():
    labels = [str(i) for i in range(60)]
    figure = plots.confusion_matrix(labels, labels)
    (axes,) = axes_of(figure)
    assert axes.images[0].get_array().shape == (50, 50)
    assert texts(axes) == []
    assert figure.get_suptitle().endswith("(the 50 most frequent labels)")


@pytest.mark.parametrize(
    ("labels", "rotation"),
    [
        (["cat", "dog", "bird"], 0),
        (["wave", "clap"], 0),
        ([str(i) for i in range(20)], 0),
        (["a label that is long", "another that is long"], 90),
        ([f"label {i}" for i in range(30)], 90),
        (["alone, whatever its length"], 0),
    ],
)
def test_predicted_labels_are_upright_only_where_they_would_touch(labels, rotation):
    (axes,) = axes_of(plots.confusion_matrix(labels, labels))
    assert {label.get_rotation() for label in axes.get_xticklabels()} == {rotation}


def test_labels_are_text_and_never_formulas(tmp_path):
    labels = [r"$\frac{", "<b>\n", "x" * 300]
    plots.confusion_matrix(labels, labels).savefig(tmp_path / "figure.svg")


def test_nothing_is_drawn_of_nothing():
    figure = plots.confusion_matrix([], [])
    assert (figure.get_suptitle(), figure.axes) == ("0 predictions", [])


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ((3,), TypeError),
        ((["a"],), TypeError),
        (("ab", "ab"), TypeError),
        ((["a"], []), ValueError),
    ],
)
def test_what_is_neither_a_batch_nor_two_lists_is_refused(given, error):
    with pytest.raises(error, match="y_"):
        plots.confusion_matrix(*given)


def test_a_batch_needs_no_second_list():
    with pytest.raises(TypeError, match="y_pred: expected none beside a batch"):
        plots.confusion_matrix(BatchPrediction("a figure"), ["a"])
