"""Rows of length 1, made a few at a time: there may be gigabytes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from marcelle_nb.models.input_rows import pixel_values

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

Floats: TypeAlias = "NDArray[np.float32]"
Indices: TypeAlias = "NDArray[np.intp]"

NUMBERS_PER_BLOCK = 2**20
"""Worked on at a time: 8 MB for each array."""


def as_rows(name: str, rows: ArrayLike) -> NDArray[Any]:
    """Take rows; `ValueError` where they are not of shape (n, n_features)."""
    given: NDArray[Any] = np.asarray(rows)
    if given.ndim != 2:
        raise ValueError(f"{name}: expected shape (n, n_features), got {given.shape}")
    return given


def unit_rows(name: str, rows: NDArray[Any], units: Floats) -> Floats:
    """Scale rows to length 1, into an array, which may be the same; zero rows stay zero.

    Raises
    ------
    ValueError
        If a number is not finite.
    """
    size = max(1, NUMBERS_PER_BLOCK // max(1, rows.shape[1]))
    for i in range(0, len(rows), size):
        units[i : i + size] = _unit_block(name, rows[i : i + size])
    return units


def reorder(rows: Floats, order: Indices) -> None:
    """Put rows into another order, a few columns at a time: no second array is needed."""
    if np.array_equal(order, np.arange(len(order))):
        return
    width = max(1, NUMBERS_PER_BLOCK // max(1, len(rows)))
    for i in range(0, rows.shape[1], width):
        columns = rows[:, i : i + width]
        columns[:] = columns[order]


def _unit_block(name: str, rows: NDArray[Any]) -> NDArray[np.float64]:
    numbers = pixel_values(rows) if rows.dtype == np.uint8 else rows  # as a query's
    exact = numbers.astype(np.float64, order="C")
    if not np.isfinite(exact).all():
        raise ValueError(f"{name}: expected finite numbers, got NaN or infinity")
    # Dividing by the largest number first makes collinear rows equal bit by bit, since each
    # quotient is the correctly rounded one of the same ratio, and keeps the squares from
    # overflowing.
    largest = np.abs(exact).max(axis=1, keepdims=True, initial=0.0)
    exact /= np.where(largest > 0, largest, 1.0)
    length = np.sqrt(np.square(exact).sum(axis=1, keepdims=True))
    exact /= np.where(length > 0, length, 1.0)
    return exact
