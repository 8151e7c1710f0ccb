"""Products of small matrices on one core."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Floats: TypeAlias = "NDArray[np.float32]"

ONE_CORE = 2**18
"""Multiplications up to which OpenBLAS, NumPy's usual library, does a product on one core."""

MOST_PARTS = 16
"""Parts beyond which a product is worth more than one core: about 0.2 ms of work."""


def product(a: Floats, b: Floats, out: Floats | None = None) -> Floats:
    """Multiply two matrices, small ones on one core.

    Parameters
    ----------
    a : float32, shape (n, k)
        The left factor.
    b : float32, shape (k, m)
        The right factor.
    out : float32, shape (n, m), optional
        Where to put the product.

    Returns
    -------
    float32, shape (n, m)
        `a @ b`, in `out` where that is given.

    Notes
    -----
    Thread: any.

    A BLAS library that shares a product of 20 microseconds among cores waits for the slowest. Where
    a browser draws and a camera runs, a core is often taken and the wait is a time slice of the
    system: with two busy processes on two cores a training took 1.7 s instead of 0.55 s. So a small
    product is cut along the longer side of its result into parts that stay below the limit from
    which OpenBLAS shares.
    """
    n_rows, n_columns = len(a), b.shape[1]
    if out is None:
        out = np.empty((n_rows, n_columns), dtype=np.float32)
    if n_rows == 1 and n_columns > 1:
        # A single row would go to the routine for vectors, which is shared from a far lower limit
        # on.
        out[:] = product(np.repeat(a, 2, axis=0), b)[:1]
        return out
    parts = -(-a.size * n_columns // ONE_CORE)
    if parts <= 1 or parts > MOST_PARTS:
        return np.matmul(a, b, out=out)
    size = -(-max(n_rows, n_columns) // parts)
    for start in range(0, max(n_rows, n_columns), size):
        part = slice(start, start + size)
        if n_rows >= n_columns:
            np.matmul(a[part], b, out=out[part])
        else:
            np.matmul(a, b[:, part], out=out[:, part])
    return out
