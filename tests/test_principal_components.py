import numpy as np
import pytest

from marcelle_nb.errors import RunCancelled
from marcelle_nb.models import principal_components
from marcelle_nb.models.principal_components import PrincipalComponents
from marcelle_nb.run import Run

RUN = Run(lambda _: None)


def spread(n_rows, width):
    rng = np.random.default_rng(0)
    return (rng.normal(size=(n_rows, width)) * np.exp(-8 * np.arange(width) / width) + 50).astype(
        np.float32
    )


@pytest.mark.parametrize(
    ("shape", "exact"), [((90, 8), 1_500), ((12, 60), 1_500), ((200, 150), 50), ((8, 8), 1_500)]
)
def test_every_way_finds_the_components_of_the_singular_values(shape, exact, monkeypatch):
    monkeypatch.setattr(principal_components, "EXACT", exact)
    monkeypatch.setattr(principal_components, "NUMBERS_PER_BLOCK", 1_000)
    rows = spread(*shape)
    found = PrincipalComponents.fit(rows, 3, RUN)
    centred = rows.astype(np.float64) - rows.astype(np.float64).mean(axis=0)
    _, values, directions = np.linalg.svd(centred, full_matrices=False)
    shares = values**2 / (values**2).sum()
    assert np.allclose(found.explained[:3], shares[:3], rtol=1e-6)
    assert np.allclose(np.abs(found.directions), np.abs(directions[:3].T), atol=1e-5)
    assert np.allclose(found.directions.T @ found.directions, np.eye(3), atol=1e-9)


def test_signs_do_not_depend_on_the_way(monkeypatch):
    rows = spread(30, 20)
    directions = []
    for exact in (1_500, 10):
        monkeypatch.setattr(principal_components, "EXACT", exact)
        directions.append(PrincipalComponents.fit(rows, 2, RUN).directions)
    assert np.allclose(directions[0], directions[1], atol=1e-5)
    largest = np.abs(directions[0]).argmax(axis=0)
    assert (directions[0][largest, [0, 1]] > 0).all()


def test_the_same_rows_give_the_same_components_bit_by_bit():
    first, second = (PrincipalComponents.fit(spread(20, 30), 2, RUN) for _ in range(2))
    assert np.array_equal(first.directions, second.directions)


def test_many_components_of_many_rows_are_found(monkeypatch):
    monkeypatch.setattr(principal_components, "EXACT", 10)
    monkeypatch.setattr(principal_components, "MAX_WIDTH", 60)  # it begins anew from the best
    rows = spread(300, 120)
    found = PrincipalComponents.fit(rows, 8, RUN)
    values = np.linalg.eigvalsh(np.cov(rows.astype(np.float64).T))[::-1]
    assert np.allclose(found.variances, values[:8], rtol=1e-6)


@pytest.mark.parametrize("exact", [1_500, 1])
@pytest.mark.parametrize("shape", [(5, 3), (3, 5)])
def test_equal_rows_have_orthogonal_directions_and_no_variance(exact, shape, monkeypatch):
    monkeypatch.setattr(principal_components, "EXACT", exact)
    found = PrincipalComponents.fit(np.ones(shape, np.float32), 2, RUN)
    assert set(found.explained) == {0}
    assert np.allclose(found.directions.T @ found.directions, np.eye(2))


def test_a_cancel_is_read_between_slices():
    run = Run(lambda _: None)
    run.cancel()
    with pytest.raises(RunCancelled):
        PrincipalComponents.fit(spread(5, 5), 2, run)
