import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marcelle_nb.models.confusion_counts import ConfusionCounts, in_order
from marcelle_nb.models.prediction_outcome import PredictionOutcome

PAIRS = st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("abce")), max_size=60)


def counts_of(*pairs):
    return ConfusionCounts(PredictionOutcome(*pair) for pair in pairs)


@pytest.mark.filterwarnings("ignore:A single label")
@given(PAIRS)
def test_it_counts_as_scikit_learn_does(pairs):
    metrics = pytest.importorskip("sklearn.metrics")
    counts = counts_of(*pairs)
    assert counts.total == len(pairs)
    if not pairs:
        assert (counts.labels, counts.accuracy, counts.cells()) == ([], None, [])
        return
    truth, answers = zip(*pairs, strict=True)
    expected = metrics.confusion_matrix(truth, answers, labels=counts.labels)
    assert np.array_equal(counts.table, expected)
    assert counts.accuracy == pytest.approx(metrics.accuracy_score(truth, answers))
    assert sum(cell["v"] for cell in counts.cells()) == len(pairs)


def test_cells_are_in_marcelles_order():
    counts = counts_of(("a", "a"), ("a", "b"), ("a", "b"))
    assert counts.cells() == [
        {"x": "a", "y": "a", "v": 1},
        {"x": "a", "y": "b", "v": 0},
        {"x": "b", "y": "a", "v": 2},
        {"x": "b", "y": "b", "v": 0},
    ]
    assert counts.cell("b", "a") == {"x": "b", "y": "a", "v": 2}
    assert counts.cell("c", "a") == {"x": "c", "y": "a", "v": 0}


def test_what_cannot_be_counted_is_left_out_and_counted():
    counts = counts_of(("a", "a"), (None, "a"), (None, None), ("a", None), ((1.0,), (2.0,)))
    assert (counts.total, counts.n_without_truth, counts.n_without_label) == (1, 2, 2)


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ({"10", "2", "1.5", "-3"}, ["-3", "1.5", "2", "10"]),
        ({"a 10", "a 2", "a", "b"}, ["a", "a 2", "a 10", "b"]),
        ({"nan", "1", "inf"}, ["1", "inf", "nan"]),
        ({"2", "a", "10"}, ["2", "10", "a"]),
        ({"9" * 5000, "a"}, ["9" * 5000, "a"]),
        ({"", "1"}, ["", "1"]),
        ({"10", "2", "inf"}, ["2", "10", "inf"]),
    ],
)
def test_labels_are_sorted_as_people_do(labels, expected):
    assert in_order(labels) == expected


def test_the_most_frequent_labels_stay_in_order():
    counts = counts_of(("a", "a"), ("c", "c"), ("c", "c"), ("d", "b"), ("b", "b"))
    assert counts.most_frequent(2) == [1, 2]
    assert counts.most_frequent(9) == [0, 1, 2, 3]
