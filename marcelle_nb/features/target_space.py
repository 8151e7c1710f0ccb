"""What a small network is to say of a crop: the main directions of what its teacher says."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

MOST_ROWS = 20_000
"""Rows that the directions are found from; more measure the same."""


class TargetSpace(NamedTuple):
    """The main directions of a teacher's vectors, around their mean.

    A direction that varies much is made shorter, so that it does not hide the others: each
    principal direction, of length 1, is divided by the standard deviation along it to the power
    `evenness`. At 0 that is a rotation, at 1 PCA whitening, between them a part of it.

    References
    ----------
    Kessy, A., Lewin, A. & Strimmer, K. (2018). Optimal whitening and decorrelation. The American
    Statistician 72(4), 309–314.
    """

    mean: Floats
    """float32, shape (n_values,)."""
    directions: Floats
    """float32, shape (n_values, n_features)."""

    @classmethod
    def fit(cls, vectors: Floats, n_features: int, evenness: float) -> TargetSpace:
        """Find the directions.

        Parameters
        ----------
        vectors : float32, shape (n, n_values)
            The teacher's; the first 20,000 count.
        n_features : int
            How many directions; fewer where there are fewer values.
        evenness : float
            From 0, as the teacher has it, to 1, where every direction counts the same.
        """
        rows = vectors[:MOST_ROWS].astype(np.float64)
        mean = rows.mean(axis=0)
        rows -= mean
        variances, directions = np.linalg.eigh(rows.T @ rows / len(rows))
        order = np.argsort(variances)[::-1][:n_features]
        deviations = np.sqrt(np.maximum(variances[order], 1e-9 * variances.max() + 1e-12))
        scaled = directions[:, order] / deviations**evenness
        return cls(mean.astype(np.float32), scaled.astype(np.float32))

    def targets(self, vectors: Floats) -> Floats:
        """Give the unit vectors to learn, shape (n, n_features)."""
        rows = (vectors - self.mean) @ self.directions
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        result: Floats = rows / np.maximum(lengths, 1e-9)
        return result
