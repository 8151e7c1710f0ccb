"""The training of a network, in slices between which the caller can see to other things."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.models.adam import Adam
from marcelle_nb.models.matrix_product import product
from marcelle_nb.models.running_metrics import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import ArrayLike, NDArray

    from marcelle_nb.models.dense_network import DenseNetwork, Indices, Layer
    from marcelle_nb.models.running_metrics import AnyMetrics, Running


class NetworkTraining:
    """Adam on the loss of a network, in place on a network's weights.

    Parameters
    ----------
    network : DenseNetwork
        What to train. It keeps the weights that the training has reached whenever one stops.

    Raises
    ------
    ValueError
        If the network is a snapshot.

    Notes
    -----
    Thread: one at a time. The same seeds, data and machine give the same weights bit by bit.
    """

    def __init__(self, network: DenseNetwork) -> None:
        if not network.parameters.flags.writeable:
            raise ValueError("network: expected one whose weights can change, got a snapshot")
        self._network = network
        self._adam = Adam(len(network.parameters))
        self._kernels = [kernel for kernel, _ in network.layers_of(network.parameters)]
        self._gradient = np.empty_like(network.parameters)
        self._slopes = network.layers_of(self._gradient)

    def epoch(
        self,
        x: ArrayLike,
        y: ArrayLike,
        batch_size: int,
        rng: np.random.Generator,
        among: Indices | None = None,
    ) -> Iterator[AnyMetrics]:
        """Go once through all rows in random order, one step after each batch.

        Parameters
        ----------
        x : float32 or uint8, shape (n_rows, n_features)
            Finite numbers, or bytes of images.
        y : float32, shape (n_rows, n_outputs)
            What to answer; for labels one-hot.
        batch_size : int
            Rows a step, at least 1; the last batch may be smaller.
        rng : numpy.random.Generator
            Where the order comes from.
        among : intp, shape (n,), optional
            The rows to train on, at least one; all of them by default.

        Yields
        ------
        Metrics
            Means over the rows so far after each slice of work, which is a batch, or a part of one
            that is large; the last are those of the epoch. As in Keras they are taken before each
            step.

        Raises
        ------
        ValueError
            If the shapes do not fit the network, there is no row, or a row has no class.
        """
        rows, targets = self._network.examples(x, y)
        chosen = np.arange(len(rows)) if among is None else among
        if targets.ndim == 1 and UNKNOWN in targets[chosen]:
            raise ValueError("y: expected a class in every row, got a row of zeros")
        order = rng.permutation(chosen)
        running = self._network.running()
        for start in range(0, len(order), batch_size):
            yield from self._step(rows, targets, order[start : start + batch_size], running)

    def _step(
        self, x: NDArray[Any], targets: NDArray[Any], batch: Indices, running: Running
    ) -> Iterator[AnyMetrics]:
        for block in self._network.slices(len(batch)):
            rows = batch[block]
            if block.start == 0:
                self._slope(x[rows], targets[rows], len(batch), self._slopes, running)
                continue
            yield running.means
            part = np.empty_like(self._gradient)
            slopes = self._network.layers_of(part)
            self._slope(x[rows], targets[rows], len(batch), slopes, running)
            self._gradient += part
        for _ in self._adam.update(self._network.parameters, self._gradient):
            yield running.means
        yield running.means

    @np.errstate(over="ignore", invalid="ignore")  # see the notes of DenseNetwork
    def _slope(
        self,
        x: NDArray[Any],
        targets: NDArray[Any],
        batch_size: int,
        slopes: list[Layer],
        running: Running,
    ) -> None:
        """Write the gradient of these rows' share in their batch's mean loss into `slopes`."""
        values = self._network.forward(x)
        delta = running.slope(running.add(values[-1], targets), targets)
        delta /= batch_size
        for index in range(len(slopes) - 1, -1, -1):
            product(values[index].T, delta, out=slopes[index][0])
            delta.sum(axis=0, out=slopes[index][1])
            if index:
                delta = product(delta, self._kernels[index].T)
                delta *= values[index] > 0
