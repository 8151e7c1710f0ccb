"""A small dense network for classification."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from marcelle_nb.models.dense_network import DenseNetwork
from marcelle_nb.models.running_metrics import UNKNOWN, RunningMetrics

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

Floats: TypeAlias = "NDArray[np.float32]"
Indices: TypeAlias = "NDArray[np.intp]"


class Network(DenseNetwork):
    """Dense layers with ReLU, then one with softmax; see `DenseNetwork`."""

    @property
    def n_classes(self) -> int:
        """Width of the output."""
        return self.n_outputs

    def running(self) -> RunningMetrics:
        """Make what measures cross-entropy and accuracy."""
        return RunningMetrics()

    def probabilities(self, x: ArrayLike) -> Floats:
        """Give the probability of each class for each row.

        Parameters
        ----------
        x : float, shape (n_rows, n_features)
            In the units trained with.

        Returns
        -------
        float32, shape (n_rows, n_classes)
            In [0, 1]; rows sum to 1.

        Raises
        ------
        ValueError
            If the rows have another width.
        """
        return self._answers(x, _softmax)

    def _targets(self, y: NDArray[Any]) -> Indices:
        """Give class numbers for one-hot rows, `UNKNOWN` for zeros."""
        return np.where(y.any(axis=1), y.argmax(axis=1), UNKNOWN)


def _softmax(logits: Floats) -> Floats:
    return RunningMetrics().add(logits, np.full(len(logits), UNKNOWN))
