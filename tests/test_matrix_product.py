import numpy as np
import pytest

from marcelle_nb.models.matrix_product import product


@pytest.mark.parametrize(
    ("n", "k", "m"),
    [(1, 3, 1), (1, 1024, 64), (8, 1024, 64), (1024, 8, 64), (8, 64, 2000), (300, 300, 300)],
)
def test_however_it_is_cut_the_product_is_the_same(n, k, m):
    rng = np.random.default_rng(0)
    a, b = rng.random((n, k), np.float32), rng.random((k, m), np.float32)
    expected = a.astype(np.float64) @ b.astype(np.float64)
    out = np.empty((n, m), np.float32)
    assert np.allclose(product(a, b), expected, rtol=1e-5)
    assert product(a, b, out=out) is out
    assert np.allclose(out, expected, rtol=1e-5)


def test_a_transposed_factor_is_taken():
    a = np.arange(12, dtype=np.float32).reshape(3, 4)
    assert np.array_equal(product(a.T, a), a.T @ a)


def test_no_rows_give_no_rows():
    assert product(np.ones((0, 3), np.float32), np.ones((3, 2), np.float32)).shape == (0, 2)
