"""The Adam optimiser on one flat parameter vector."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

Floats: TypeAlias = "NDArray[np.float32]"

BLOCK = 3 * 2**13
"""Numbers worked on at a time: six arrays of 96 KB stay in a core's second-level cache."""

SLICE = 128 * BLOCK
"""Numbers after which an update hands control back: well under a tenth of a second."""


class Adam:
    """Adam as Keras computes it: `epsilon` is added to the root of the uncorrected second moment.

    Parameters
    ----------
    size : int
        How many parameters there are.
    learning_rate, beta_1, beta_2, epsilon : float, optional
        Keras' names and default values.

    Notes
    -----
    Thread: one at a time.

    References
    ----------
    Kingma, D. P. & Ba, J. (2015). Adam: a method for stochastic optimization. ICLR. The form with
    `epsilon` "hat" of its section 2 is the one used here and in Keras.
    """

    def __init__(
        self,
        size: int,
        learning_rate: float = 1e-3,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
    ) -> None:
        self._learning_rate = learning_rate
        self._beta_1 = beta_1
        self._beta_2 = beta_2
        self._epsilon = epsilon
        self._steps = 0
        # The moments without their factors (1 - beta), which go into the step size: two operations
        # fewer.
        self._first = np.zeros(size, dtype=np.float32)
        self._second = np.zeros(size, dtype=np.float32)
        self._scratch = np.empty((2, min(size, BLOCK)), dtype=np.float32)

    def update(self, parameters: Floats, gradient: Floats) -> Iterator[None]:
        """Change the parameters in place by one step along the gradient.

        Parameters
        ----------
        parameters, gradient : float32, shape (size,)
            What to change, and the slope of the loss at it; the gradient is left as it is.

        Yields
        ------
        None
            Between slices of a large vector, so that the caller can see to other things. Run it to
            its end.
        """
        self._steps += 1
        root = (1 - self._beta_2) ** 0.5
        corrected = (1 - self._beta_2**self._steps) ** 0.5 / (1 - self._beta_1**self._steps)
        step = np.float32(self._learning_rate * corrected * (1 - self._beta_1) / root)
        epsilon = np.float32(self._epsilon / root)
        for start in range(0, len(parameters), SLICE):
            if start:
                yield
            for i in range(start, min(start + SLICE, len(parameters)), BLOCK):
                block = slice(i, i + BLOCK)
                self._update_block(parameters[block], gradient[block], block, step, epsilon)

    # The square of a gradient beyond 1e19 is infinite in float32; Adam then leaves that parameter
    # where it is.
    @np.errstate(over="ignore", invalid="ignore")
    def _update_block(
        self,
        parameters: Floats,
        gradient: Floats,
        block: slice,
        step: np.float32,
        epsilon: np.float32,
    ) -> None:
        first, second = self._first[block], self._second[block]
        a, b = self._scratch[:, : len(parameters)]
        first *= np.float32(self._beta_1)
        first += gradient
        second *= np.float32(self._beta_2)
        np.multiply(gradient, gradient, out=a)
        second += a
        np.sqrt(second, out=a)
        a += epsilon
        np.divide(first, a, out=b)
        b *= step
        parameters -= b
