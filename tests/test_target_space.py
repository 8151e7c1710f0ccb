import numpy as np
import pytest

from marcelle_nb.features.target_space import TargetSpace


def vectors(n=400):
    rng = np.random.default_rng(0)
    return (rng.standard_normal((n, 6)) * [9, 5, 3, 1, 0.1, 0] + 7).astype(np.float32)


def test_targets_are_unit_vectors_of_the_width():
    targets = TargetSpace.fit(vectors(), 3, 0.5).targets(vectors())
    assert targets.shape == (400, 3)
    assert np.allclose(np.linalg.norm(targets, axis=1), 1, atol=1e-5)


def test_without_evenness_cosines_are_those_of_the_teacher():
    rows = vectors()
    targets = TargetSpace.fit(rows, 6, 0).targets(rows)
    centred = rows - rows.mean(axis=0)
    centred /= np.linalg.norm(centred, axis=1, keepdims=True)
    assert np.abs(targets @ targets.T - centred @ centred.T).max() < 1e-3


def test_with_full_evenness_every_direction_counts_the_same():
    rows = vectors()
    space = TargetSpace.fit(rows, 4, 1)
    assert np.allclose(((rows - space.mean) @ space.directions).std(axis=0), 1, atol=1e-2)


@pytest.mark.parametrize("evenness", [0, 0.5, 1])
def test_more_directions_than_the_teacher_has_are_finite(evenness):
    rows = vectors(3)
    targets = TargetSpace.fit(rows, 9, evenness).targets(rows)
    assert targets.shape == (3, 6)
    assert np.isfinite(targets).all()
