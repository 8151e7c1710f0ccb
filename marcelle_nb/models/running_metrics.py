"""Loss and accuracy of a classifier, as means that grow with the rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Floats: TypeAlias = "NDArray[np.float32]"
Indices: TypeAlias = "NDArray[np.intp]"

UNKNOWN = -1
"""The class of a row whose label the network does not know."""


class Metrics(NamedTuple):
    """Means over the rows seen so far."""

    loss: float
    """Categorical cross-entropy, in nats."""

    accuracy: float
    """The share of rows whose most probable class is the right one, in [0, 1]."""


class RunningMetrics:
    """Keras' running averages: every row counts the same, whatever the size of its batch.

    Notes
    -----
    Thread: one at a time.
    """

    def __init__(self) -> None:
        self._n_rows = 0
        self._loss = 0.0
        self._n_right = 0

    @property
    def means(self) -> Metrics:
        """The means over all rows added; there must be one."""
        return Metrics(self._loss / self._n_rows, self._n_right / self._n_rows)

    @np.errstate(over="ignore", invalid="ignore", divide="ignore")  # see network.py
    def add(self, logits: Floats, classes: Indices) -> Floats:
        """Count rows in, and turn their logits into probabilities on the way.

        Parameters
        ----------
        logits : float32, shape (n_rows, n_classes)
            A network's output before softmax. Overwritten.
        classes : intp, shape (n_rows,)
            The right class of each row. A row of `UNKNOWN` class adds nothing to the loss, and
            counts as wrong.

        Returns
        -------
        float32, shape (n_rows, n_classes)
            The probabilities, in the memory of `logits`.
        """
        self._n_rows += len(logits)
        self._n_right += int(np.count_nonzero(logits.argmax(axis=1) == classes))
        logits -= logits.max(axis=1, keepdims=True)  # or exp would overflow
        right = logits[np.arange(len(logits)), classes]
        np.exp(logits, out=logits)
        total = logits.sum(axis=1, keepdims=True)
        losses = np.log(total[:, 0]) - right
        self._loss += float(losses.sum(where=classes != UNKNOWN, dtype=np.float64))
        logits /= total
        return logits
