import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marcelle_nb.models.running_metrics import UNKNOWN, Metrics, RunningMetrics


def measured(logits, classes):
    metrics = RunningMetrics()
    probabilities = metrics.add(np.array(logits, np.float32), np.array(classes))
    return metrics.means, probabilities


def test_even_odds_cost_the_logarithm_of_their_number():
    means, probabilities = measured([[5, 5, 5, 5]], [0])
    assert means == pytest.approx((np.log(4), 1))
    assert np.array_equal(probabilities, [[0.25] * 4])


def test_rows_count_the_same_whatever_their_batch():
    metrics = RunningMetrics()
    metrics.add(np.zeros((3, 2), np.float32), np.array([0, 0, 0]))
    metrics.add(np.array([[0, 20]], np.float32), np.array([0]))
    assert metrics.means == pytest.approx(((3 * np.log(2) + 20) / 4, 0.75))


def test_an_unknown_class_adds_no_loss_and_is_wrong():
    means, _ = measured([[0, 9], [0, 9]], [UNKNOWN, 1])
    assert means.accuracy == 0.5
    assert means.loss == pytest.approx(np.log1p(np.exp(-9.0)) / 2, abs=1e-7)


rows = st.lists(st.lists(st.floats(-1e30, 1e30), min_size=3, max_size=3), min_size=1, max_size=5)


@settings(deadline=None)
@given(rows)
def test_finite_logits_give_finite_figures_however_far_apart(logits):
    means, probabilities = measured(logits, [0] * len(logits))
    assert np.isfinite(means).all()
    assert np.allclose(probabilities.sum(axis=1), 1)


def test_overflowed_logits_are_told_without_a_warning():
    means, _ = measured([[np.inf, 0]], [1])
    assert isinstance(means, Metrics)
    assert not np.isfinite(means.loss)
