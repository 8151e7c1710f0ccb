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
            Rows in the units trained with.

        Returns
        -------
        float32, shape (n_rows, n_classes)
            In [0, 1]; rows sum to 1.

        Raises
        ------
        ValueError
            If the rows have another width.
        """
        result = np.empty((len(np.asarray(x)), self.n_classes), dtype=np.float32)
        for block, logits in self._outputs(x):
            result[block] = RunningMetrics().add(logits, np.full(len(logits), UNKNOWN))
        return result

    def examples(self, x: ArrayLike, y: ArrayLike) -> tuple[NDArray[Any], Indices]:
        """Check rows and one-hot targets; give these as class numbers, `UNKNOWN` for zeros."""
        rows, targets = self._rows(x), np.asarray(y)
        if targets.shape != (len(rows), self.n_classes):
            expected = (len(rows), self.n_classes)
            raise ValueError(f"y: expected shape {expected}, got {targets.shape}")
        if len(rows) == 0:
            raise ValueError("x: expected at least one row, got none")
        return rows, np.where(targets.any(axis=1), targets.argmax(axis=1), UNKNOWN)
