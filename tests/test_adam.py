import numpy as np
import pytest

from marcelle_nb.models.adam import Adam


def textbook(parameters, gradients):
    """Do what Keras' Adam does, in float64."""
    parameters, first, second = parameters.astype(np.float64), 0.0, 0.0
    for t, gradient in enumerate(gradients, start=1):
        first = 0.9 * first + 0.1 * gradient
        second = 0.999 * second + 0.001 * gradient.astype(np.float64) ** 2
        alpha = 1e-3 * np.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        parameters = parameters - alpha * first / (np.sqrt(second) + 1e-7)
    return parameters


@pytest.mark.parametrize("size", [1, 10, 70_001])
def test_steps_are_those_of_the_paper_with_epsilon_as_in_keras(size):
    rng = np.random.default_rng(0)
    parameters = rng.normal(size=size).astype(np.float32)
    gradients = (rng.normal(size=(5, size)) * 10.0 ** rng.integers(-9, 3, size)).astype(np.float32)
    expected = textbook(parameters, gradients)
    adam = Adam(size)
    for gradient in gradients:
        assert list(adam.update(parameters, gradient)) == []
    assert np.abs(parameters - expected).max() < 2e-6


def test_a_large_vector_is_updated_in_slices_with_the_same_result(monkeypatch):
    rng = np.random.default_rng(0)
    start, gradient = rng.random((2, 1000), np.float32)
    one, other = start.copy(), start.copy()
    list(Adam(1000).update(one, gradient))
    monkeypatch.setattr("marcelle_nb.models.adam.SLICE", 300)
    monkeypatch.setattr("marcelle_nb.models.adam.BLOCK", 100)
    assert len(list(Adam(1000).update(other, gradient))) == 3
    assert np.array_equal(one, other)


def test_an_enormous_gradient_leaves_its_parameter_without_a_warning():
    parameters = np.ones(2, np.float32)
    list(Adam(2).update(parameters, np.array([1e30, 1], np.float32)))
    assert parameters[0] == 1
    assert parameters[1] == pytest.approx(1 - 1e-3)
