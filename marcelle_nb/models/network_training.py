"""The training of a network, in slices between which the caller can see to other things."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from marcelle_nb.models.adam import Adam
from marcelle_nb.models.matrix_product import product
from marcelle_nb.models.running_metrics import UNKNOWN, Metrics, RunningMetrics

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import ArrayLike

    from marcelle_nb.models.network import Floats, Indices, Layer, Network


class NetworkTraining:
    """Adam on the categorical cross-entropy, in place on a network's weights.

    Parameters
    ----------
    network : Network
        What to train. It keeps the weights that the training has reached whenever one stops.

    Raises
    ------
    ValueError
        If the network is a snapshot.

    Notes
    -----
    Thread: one at a time. The same seeds, data and machine give the same weights bit by bit.
    """

    def __init__(self, network: Network) -> None:
        if not network.parameters.flags.writeable:
            raise ValueError("network: expected one whose weights can change, got a snapshot")
        self._network = network
        self._adam = Adam(len(network.parameters))
        self._kernels = [kernel for kernel, _ in network.layers_of(network.parameters)]
        self._gradient = np.empty_like(network.parameters)
        self._slopes = network.layers_of(self._gradient)

    def epoch(
        self, x: ArrayLike, y: ArrayLike, batch_size: int, rng: np.random.Generator
    ) -> Iterator[Metrics]:
        """Go once through all rows in random order, one step after each batch.

        Parameters
        ----------
        x : float32, shape (n_rows, n_features)
            Finite numbers, at least one row.
        y : float32, shape (n_rows, n_classes)
            One-hot targets.
        batch_size : int
            Rows a step, at least 1; the last batch may be smaller.
        rng : numpy.random.Generator
            Where the order comes from.

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
        rows, classes = self._network.examples(x, y)
        if UNKNOWN in classes:
            raise ValueError("y: expected a class in every row, got a row of zeros")
        order = rng.permutation(len(rows))
        metrics = RunningMetrics()
        for start in range(0, len(order), batch_size):
            yield from self._step(rows, classes, order[start : start + batch_size], metrics)

    def _step(
        self, x: Floats, classes: Indices, batch: Indices, metrics: RunningMetrics
    ) -> Iterator[Metrics]:
        for block in self._network.slices(len(batch)):
            rows = batch[block]
            if block.start == 0:
                self._slope(x[rows], classes[rows], len(batch), self._slopes, metrics)
                continue
            yield metrics.means
            part = np.empty_like(self._gradient)
            slopes = self._network.layers_of(part)
            self._slope(x[rows], classes[rows], len(batch), slopes, metrics)
            self._gradient += part
        for _ in self._adam.update(self._network.parameters, self._gradient):
            yield metrics.means
        yield metrics.means

    @np.errstate(over="ignore", invalid="ignore")  # see the notes of Network
    def _slope(
        self,
        x: Floats,
        classes: Indices,
        batch_size: int,
        slopes: list[Layer],
        metrics: RunningMetrics,
    ) -> None:
        """Write the gradient of these rows' share in their batch's mean loss into `slopes`."""
        values = self._network.forward(x)
        delta = metrics.add(values[-1], classes)
        delta[np.arange(len(delta)), classes] -= 1
        delta /= batch_size
        for index in range(len(slopes) - 1, -1, -1):
            product(values[index].T, delta, out=slopes[index][0])
            delta.sum(axis=0, out=slopes[index][1])
            if index:
                delta = product(delta, self._kernels[index].T)
                delta *= values[index] > 0
