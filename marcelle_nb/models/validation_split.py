"""Which rows of a training set are held back for validation."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

Indices: TypeAlias = "NDArray[np.intp]"


def split_rows(
    labels: Sequence[str], validation_split: float, rng: np.random.Generator
) -> tuple[Indices, Indices]:
    """Divide rows into those that train and those that validate, class by class.

    Of each class of n rows, `min(n - 1, round(n * validation_split))` rows drawn at random
    validate, so that every class keeps a row to train on and both parts have the classes in like
    proportions. `round` is Python's: halves go to the even number.

    Parameters
    ----------
    labels : sequence of str, length n_rows
        The label of each row.
    validation_split : float
        The share of rows to hold back, in [0, 1].
    rng : numpy.random.Generator
        Where the draw comes from: the same seed gives the same rows.

    Returns
    -------
    training : intp, shape (n_training,)
        Row numbers, ascending.
    validation : intp, shape (n_validation,)
        The other row numbers, ascending; empty where no class gives a row.

    Raises
    ------
    ValueError
        If `validation_split` is not in [0, 1].

    Notes
    -----
    Thread: any, as long as `rng` is used by one thread. Marcelle draws both parts anew for every
    epoch and lets them overlap, which makes its validation figures too good; these are disjoint and
    fixed.
    """
    if not 0 <= validation_split <= 1:
        raise ValueError(f"validation_split: expected a number from 0 to 1, got {validation_split}")
    rows_of: dict[str, list[int]] = {}
    for row, label in enumerate(labels):
        rows_of.setdefault(label, []).append(row)
    validates = np.zeros(len(labels), dtype=bool)
    for rows in rows_of.values():
        count = min(len(rows) - 1, round(len(rows) * validation_split))
        validates[rng.permutation(rows)[:count]] = True
    return np.flatnonzero(~validates), np.flatnonzero(validates)
