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
        """Give the numbers for each row of x, shape (n_rows, n_features), in units trained with.

        Returns
        -------
        float32, shape (n_rows, n_outputs)

        Raises
        ------
        ValueError
            If the rows have another width.
        """
        return self._answers(x, lambda outputs: outputs)

    def _targets(self, y: NDArray[Any]) -> Floats:
        return y.astype(np.float32, copy=False)
