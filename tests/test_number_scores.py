from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from marcelle_nb.models.number_scores import number_scores, pairs_of_numbers
from marcelle_nb.models.prediction_outcome import PredictionOutcome

NUMBERS = arrays(
    np.float64,
    st.tuples(st.just(2), st.integers(2, 20), st.integers(1, 3)),
    elements=st.integers(-50, 50).map(float),
)


@given(NUMBERS)
def test_scores_are_those_of_scikit_learn(both):
    metrics = pytest.importorskip("sklearn.metrics")
    truth, answers = both
    rows = number_scores(truth, answers)
    mae = metrics.mean_absolute_error(truth, answers, multioutput="raw_values")
    rmse = metrics.root_mean_squared_error(truth, answers, multioutput="raw_values")
    r2 = metrics.r2_score(truth, answers, multioutput="raw_values")
    for place, row in enumerate(rows[: truth.shape[1]]):
        assert (row["kind"], row["support"]) == ("output", len(truth))
        assert [row["mae"], row["rmse"]] == pytest.approx([mae[place], rmse[place]])
        is_known = len(set(truth[:, place])) > 1
        assert row["r2"] == (pytest.approx(r2[place]) if is_known else None)
    if truth.shape[1] > 1:
        assert rows[-1]["kind"] == "average"
        assert [rows[-1]["mae"], rows[-1]["rmse"]] == pytest.approx([mae.mean(), rmse.mean()])


def test_no_rows_have_no_scores_and_one_has_no_r2():
    assert number_scores(np.empty((0, 1)), np.empty((0, 1))) == []
    (row,) = number_scores(np.array([[1.0]]), np.array([[3.0]]))
    assert (row["label"], row["mae"], row["rmse"], row["r2"]) == (None, 2, 2, None)


def test_of_equal_numbers_there_is_no_r2_whatever_rounding_makes_of_their_mean():
    (row,) = number_scores(np.full((3, 1), 0.1), np.array([[0.1], [0.2], [0.3]]))
    assert row["r2"] is None


def test_numbers_too_large_to_square_are_none():
    (row,) = number_scores(np.array([[1e200], [0]]), np.array([[-1e200], [0]]))
    assert (row["mae"], row["rmse"]) == (1e200, None)


def test_what_has_no_difference_is_left_out():
    outcomes: list[Any] = [((1.0,), (2.0,)), ((1.0,), None), ("a", "b"), ((1.0, 2.0), (1.0, 2.0))]
    truth, answers = pairs_of_numbers(PredictionOutcome(*it) for it in outcomes)
    assert (truth.tolist(), answers.tolist()) == ([[1.0]], [[2.0]])
    assert pairs_of_numbers([])[0].shape == (0, 1)
