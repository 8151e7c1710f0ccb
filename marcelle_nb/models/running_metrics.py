"""Loss and accuracy of a classifier, as means that grow with the rows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

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


class ErrorMetrics(NamedTuple):
    """Means over the rows and outputs of a regression seen so far."""

    loss: float
    """The mean squared error."""

    mean_absolute_error: float
    """The mean absolute error, in the units of the targets."""


AnyMetrics: TypeAlias = Metrics | ErrorMetrics


class Running(ABC):
    """What measures a network's answers while it goes through rows."""

    @property
    @abstractmethod
    def means(self) -> AnyMetrics:
        """The means over all rows added; there must be one."""

    @abstractmethod
    def add(self, outputs: Floats, targets: Any) -> Floats:
        """Count rows in; give the network's answers, in the memory of `outputs`."""

    @abstractmethod
    def slope(self, answers: Floats, targets: Any) -> Floats:
        """Turn answers into the slope of each row's loss at the outputs, in their memory."""


class RunningMetrics(Running):
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

    @np.errstate(over="ignore", invalid="ignore", divide="ignore")  # see DenseNetwork
    def add(self, outputs: Floats, targets: Indices) -> Floats:
        """Count rows in, and turn their logits into probabilities on the way.

        Parameters
        ----------
        outputs : float32, shape (n_rows, n_classes)
            A network's output before softmax. Overwritten.
        targets : intp, shape (n_rows,)
            The right class of each row. A row of `UNKNOWN` class adds nothing to the loss, and
            counts as wrong.

        Returns
        -------
        float32, shape (n_rows, n_classes)
            The probabilities, in the memory of `outputs`.
        """
        logits, classes = outputs, targets
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

    def slope(self, answers: Floats, targets: Indices) -> Floats:
        """Turn probabilities into the slope of each row's loss at its logits, in their memory."""
        answers[np.arange(len(answers)), targets] -= 1
        return answers
