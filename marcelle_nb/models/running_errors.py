"""Errors of a regression, as means that grow with the rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from marcelle_nb.models.running_metrics import ErrorMetrics, Running

if TYPE_CHECKING:
    from numpy.typing import NDArray

Floats: TypeAlias = "NDArray[np.float32]"


class RunningErrors(Running):
    """Keras' running averages: every row counts the same, whatever the size of its batch.

    Notes
    -----
    Thread: one at a time.
    """

    def __init__(self) -> None:
        self._n_rows = 0
        self._squared = 0.0
        self._absolute = 0.0

    @property
    def means(self) -> ErrorMetrics:
        """The means over all rows added; there must be one."""
        return ErrorMetrics(self._squared / self._n_rows, self._absolute / self._n_rows)

    def add(self, outputs: Floats, targets: Floats) -> Floats:
        """Count rows in.

        Parameters
        ----------
        outputs : float32, shape (n_rows, n_outputs)
            What a network answers.
        targets : float32, shape (n_rows, n_outputs)
            What it should answer.

        Returns
        -------
        float32, shape (n_rows, n_outputs)
            The outputs, as they were.
        """
        self._n_rows += len(outputs)
        errors = np.subtract(outputs, targets, dtype=np.float64)
        self._squared += float(np.square(errors).sum()) / outputs.shape[1]
        self._absolute += float(np.abs(errors).sum()) / outputs.shape[1]
        return outputs

    @np.errstate(over="ignore", invalid="ignore")  # see DenseNetwork
    def slope(self, answers: Floats, targets: Floats) -> Floats:
        """Turn answers into the slope of each row's loss at them, in their memory."""
        answers -= targets
        answers *= np.float32(2 / answers.shape[1])
        return answers
