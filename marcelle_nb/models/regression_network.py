"""A small dense network for regression."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from marcelle_nb.models.dense_network import DenseNetwork
from marcelle_nb.models.running_errors import RunningErrors

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

Floats: TypeAlias = "NDArray[np.float32]"


class RegressionNetwork(DenseNetwork):
    """Dense layers with ReLU, then a linear one; see `DenseNetwork`."""

    def running(self) -> RunningErrors:
        """Make what measures the mean squared and the mean absolute error."""
        return RunningErrors()

    def numbers(self, x: ArrayLike) -> Floats:
        """Give the numbers for each row.

        Parameters
        ----------
        x : float, shape (n_rows, n_features)
            Rows in the units trained with.

        Returns
        -------
        float32, shape (n_rows, n_outputs)

        Raises
        ------
        ValueError
            If the rows have another width.
        """
        result = np.empty((len(np.asarray(x)), self.n_outputs), dtype=np.float32)
        for block, outputs in self._outputs(x):
            result[block] = outputs
        return result

    def examples(self, x: ArrayLike, y: ArrayLike) -> tuple[NDArray[Any], Floats]:
        """Check rows, and the numbers to answer to each, shape (n_rows, n_outputs)."""
        rows, targets = self._rows(x), np.asarray(y, np.float32)
        if targets.shape != (len(rows), self.n_outputs):
            expected = (len(rows), self.n_outputs)
            raise ValueError(f"y: expected shape {expected}, got {targets.shape}")
        if len(rows) == 0:
            raise ValueError("x: expected at least one row, got none")
        return rows, targets
