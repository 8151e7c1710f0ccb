"""Small dense networks, in NumPy.

For the sizes of a class (hundreds of rows, batches of 8, under half a million weights) Keras spends
its time between the operations, and importing TensorFlow takes seconds more; this code spends it in
them.
"""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Self, TypeAlias

import numpy as np

from marcelle_nb.models.input_rows import pixel_values
from marcelle_nb.models.matrix_product import product
from marcelle_nb.models.network_training import NetworkTraining

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import ArrayLike, NDArray

    from marcelle_nb.models.running_metrics import AnyMetrics, Running

Floats: TypeAlias = "NDArray[np.float32]"
Indices: TypeAlias = "NDArray[np.intp]"
Layer: TypeAlias = "tuple[Floats, Floats]"

PRODUCTS_PER_SLICE = 2**28
"""Rows times weights worked on before control goes back to the caller: about 50 ms of training."""

NUMBERS_PER_SLICE = 2**22
"""Bounds the memory of a slice: 16 MB for the widest layer's values."""


class DenseNetwork(ABC):
    """Dense layers with ReLU, then one whose output a subclass reads.

    Parameters
    ----------
    n_features : int
        Width of an input row.
    layers : sequence of int
        Widths of the hidden layers, from the input on; may be empty.
    n_outputs : int
        Width of the output.
    rng : numpy.random.Generator
        Where the first kernels come from (Keras' `GlorotUniform`; biases start at 0).

    Notes
    -----
    Thread: any may read; `NetworkTraining` changes the weights in place, so that a reader in
    another thread takes a `snapshot` between two of its steps.

    Inputs like 1e30 overflow float32 on the way through. The figures then are infinite or NaN, as
    in any framework, and say so themselves; NumPy's warning for each operation would only bury the
    notebook, and is turned off.

    References
    ----------
    Glorot, X. & Bengio, Y. (2010). Understanding the difficulty of training deep feedforward neural
    networks. AISTATS, 249-256.
    """

    def __init__(
        self, n_features: int, layers: Sequence[int], n_outputs: int, rng: np.random.Generator
    ) -> None:
        self._widths = (n_features, *layers, n_outputs)
        size = sum((above + 1) * below for above, below in self._pairs())
        self._parameters: Floats = np.zeros(size, dtype=np.float32)
        self._layers = self.layers_of(self._parameters)
        self._training: NetworkTraining | None = None
        for kernel, _ in self._layers:
            limit = np.float32((6 / sum(kernel.shape)) ** 0.5)
            kernel[:] = (2 * rng.random(kernel.shape, dtype=np.float32) - 1) * limit

    @classmethod
    def from_weights(cls, weights: Sequence[tuple[ArrayLike, ArrayLike]]) -> Self:
        """Make a network of given layers, in the form of `weights`."""
        widths = [len(np.asarray(bias)) for _, bias in weights]
        n_features = len(np.asarray(weights[0][0]))
        network = cls(n_features, widths[:-1], widths[-1], np.random.default_rng(0))
        for (kernel, bias), (new_kernel, new_bias) in zip(network._layers, weights, strict=True):
            kernel[:], bias[:] = new_kernel, new_bias
        return network

    @property
    def parameters(self) -> Floats:
        """All weights as one vector, not a copy: each layer's kernel, row by row, and its bias."""
        return self._parameters

    @property
    def weights(self) -> list[Layer]:
        """Copies of each layer's kernel (in, out) and bias (out,), in Keras' order."""
        return [(kernel.copy(), bias.copy()) for kernel, bias in self._layers]

    @property
    def n_features(self) -> int:
        """Width of an input row."""
        return self._widths[0]

    @property
    def n_outputs(self) -> int:
        """Width of the output."""
        return self._widths[-1]

    @property
    def layers(self) -> tuple[int, ...]:
        """Widths of the hidden layers."""
        return self._widths[1:-1]

    def snapshot(self) -> Self:
        """Copy the network as it is now, for good: a snapshot's weights cannot be changed."""
        still = copy.copy(self)
        still._parameters = self._parameters.copy()
        still._parameters.flags.writeable = False
        still._layers = still.layers_of(still._parameters)
        still._training = None
        return still

    @abstractmethod
    def running(self) -> Running:
        """Make what measures the network's answers, and says how they should change."""

    def examples(self, x: ArrayLike, y: ArrayLike) -> tuple[NDArray[Any], NDArray[Any]]:
        """Check rows, and what to answer to each; give both as the training wants them."""
        rows, answers = self._rows(x), np.asarray(y)
        if answers.shape != (len(rows), self.n_outputs):
            expected = (len(rows), self.n_outputs)
            raise ValueError(f"y: expected shape {expected}, got {answers.shape}")
        if len(rows) == 0:
            raise ValueError("x: expected at least one row, got none")
        return rows, self._targets(answers)

    @abstractmethod
    def _targets(self, y: NDArray[Any]) -> NDArray[Any]:
        """Give what to answer, shape (n_rows, n_outputs), as `running` reads it."""

    def train_epoch(
        self,
        x: ArrayLike,
        y: ArrayLike,
        batch_size: int,
        rng: np.random.Generator,
        among: Indices | None = None,
    ) -> Iterator[AnyMetrics]:
        """Go once through all rows in random order; see `NetworkTraining.epoch`.

        The optimiser's state lives on from one epoch to the next. Stopping between two slices keeps
        the weights reached.
        """
        if self._training is None:
            self._training = NetworkTraining(self)
        return self._training.epoch(x, y, batch_size, rng, among)

    def evaluate(
        self, x: ArrayLike, y: ArrayLike, among: Indices | None = None
    ) -> Iterator[AnyMetrics]:
        """Measure how well it answers.

        Parameters
        ----------
        x, y, among
            As of `NetworkTraining.epoch`. For labels, a row of zeros in `y` (a label that the
            network does not know) adds nothing to the loss, and counts as wrong.

        Yields
        ------
        Metrics
            Means over the rows so far after each slice of work; the last are those of all rows.

        Raises
        ------
        ValueError
            If the shapes do not fit the network, or there is no row.
        """
        rows, targets = self.examples(x, y)
        chosen = np.arange(len(rows)) if among is None else among
        running = self.running()
        for block in self.slices(len(chosen)):
            places = chosen[block]
            running.add(self.forward(rows[places])[-1], targets[places])
            yield running.means

    @np.errstate(over="ignore", invalid="ignore")  # see the class's notes
    def forward(self, x: NDArray[Any]) -> list[Floats]:
        """Give the input, each hidden layer after ReLU, and the output before softmax.

        Bytes of images become numbers in [0, 1] here, a slice at a time.
        """
        values = [pixel_values(x)]
        for kernel, bias in self._layers:
            if len(values) > 1:
                np.maximum(values[-1], 0, out=values[-1])
            values.append(product(values[-1], kernel))
            values[-1] += bias
        return values

    def layers_of(self, vector: Floats) -> list[Layer]:
        """See a vector laid out as `parameters` as kernels and biases, without copying."""
        layers, start = [], 0
        for above, below in self._pairs():
            middle, end = start + above * below, start + (above + 1) * below
            layers.append((vector[start:middle].reshape(above, below), vector[middle:end]))
            start = end
        return layers

    def slices(self, n_rows: int) -> Iterator[slice]:
        """Cut rows into parts, each small enough in work and memory to be done without a break."""
        weights, widest = len(self._parameters), max(self._widths)
        size = max(1, min(PRODUCTS_PER_SLICE // weights, NUMBERS_PER_SLICE // widest))
        return (slice(start, min(start + size, n_rows)) for start in range(0, n_rows, size))

    def _pairs(self) -> list[tuple[int, int]]:
        return list(zip(self._widths[:-1], self._widths[1:], strict=True))

    def _answers(self, x: ArrayLike, read: Callable[[Floats], Floats]) -> Floats:
        """Give what `read` makes of the last layer's values, for each row.

        Parameters
        ----------
        x : float, shape (n_rows, n_features)
            Rows in the units trained with.
        read : callable
            From values, shape (n, n_outputs), to as many answers.

        Raises
        ------
        ValueError
            If the rows have another width.
        """
        rows = self._rows(x)
        result = np.empty((len(rows), self.n_outputs), dtype=np.float32)
        for block in self.slices(len(rows)):
            result[block] = read(self.forward(rows[block])[-1])
        return result

    def _rows(self, x: ArrayLike) -> NDArray[Any]:
        rows = np.asarray(x)
        if rows.dtype != np.uint8:
            with np.errstate(over="ignore"):  # float64 beyond float32's range
                rows = rows.astype(np.float32, copy=False)
        if rows.ndim != 2 or rows.shape[1] != self.n_features:
            raise ValueError(f"x: expected shape (n_rows, {self.n_features}), got {rows.shape}")
        return rows
