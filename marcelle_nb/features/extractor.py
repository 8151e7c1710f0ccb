"""A small network that describes pictures, run with NumPy alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.features.layer_buffers import LayerBuffers
from marcelle_nb.features.one_thread import one_thread
from marcelle_nb.image import resize

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from marcelle_nb.features.network_plan import NetworkPlan
    from marcelle_nb.image import RGB

    Floats = NDArray[np.float32]

SAMPLED = (2, 4)
"""A picture so many times higher or wider than the network's is read in every second row or column,
and so on. Rows cost less to leave out than columns."""

REDUCING_GAP = 1.0
"""Shrinks by whole pixels first, down to this many times the size: half the time."""

SHORTEST = 1e-6


class Extractor:
    """Describe pictures by the features of a small network.

    Parameters
    ----------
    plan : NetworkPlan
        Its layers.
    weights : sequence of float32, shapes of `plan.matrices`
        Of each layer, and of the last matrix.
    biases : sequence of float32
        One number for each column of the weights.
    version : str
        Which features these are.

    Raises
    ------
    ModelFormatError
        If a picture has no features: the numbers are too large, or all zero.

    Notes
    -----
    Thread: any. It keeps as much memory as threads were at work at once, 4 MB each.
    """

    def __init__(
        self,
        plan: NetworkPlan,
        weights: Sequence[Floats],
        biases: Sequence[Floats],
        version: str,
    ) -> None:
        self.plan = plan
        self.version = version
        self.weights, self.biases = tuple(weights), tuple(biases)
        self._spare: list[list[LayerBuffers]] = []
        self._try()

    @property
    def n_features(self) -> int:
        """How many numbers describe a picture."""
        return self.plan.n_features

    def describe(self, image: RGB) -> Floats:
        """Describe a picture.

        Parameters
        ----------
        image : uint8, shape (height, width, 3)
            RGB of any size; squeezed to a square.

        Returns
        -------
        float32, shape (n_features,)
            Its length is the root of `n_features`: the numbers are around 1, as networks like
            them, and only the direction tells something.
        """
        side = self.plan.side
        height, width, _ = image.shape
        step_y, step_x = max(1, height // (SAMPLED[0] * side)), max(1, width // (SAMPLED[1] * side))
        small = resize(image[::step_y, ::step_x], side, side, gap=REDUCING_GAP)
        vector = self.describe_small(small)
        return vector * np.float32(self.n_features**0.5 / max(np.linalg.norm(vector), SHORTEST))

    def describe_small(self, small: RGB) -> Floats:
        """Give the last matrix's result for a picture of the network's own size."""
        try:
            buffers = self._spare.pop()
        except IndexError:  # the others are at work in other threads
            buffers = self._buffers()
        try:
            with one_thread():
                return self._run(small, buffers)
        finally:
            self._spare.append(buffers)

    def __reduce__(self) -> tuple[Any, ...]:
        return Extractor, (self.plan, self.weights, self.biases, self.version)

    def _try(self) -> None:
        """Describe one, so that the first picture finds memory and the libraries ready."""
        picture = np.zeros((480, 640, 3), dtype=np.uint8)
        picture[::2] = 255
        with np.errstate(all="ignore"):
            length = np.linalg.norm(self.describe(picture))
        if not 0 < length < np.inf:
            raise ModelFormatError(f"weights: expected features of some length, got {length:g}")

    def _run(self, small: RGB, buffers: list[LayerBuffers]) -> Floats:
        results: list[Floats] = []
        np.multiply(small, np.float32(1 / 127.5), out=buffers[0].picture)
        buffers[0].picture[...] -= 1
        layers = zip(self.plan.layers, self.weights, self.biases, strict=False)
        for index, (layer, weights, bias) in enumerate(layers):
            added = None if layer.adds is None else results[layer.adds]
            out = buffers[index + 1].picture if index + 1 < len(buffers) else None
            results.append(buffers[index].run(weights, bias, added, out))
        means = [results[index].mean(axis=(0, 1)) for index in self.plan.pooled]
        vector: Floats = np.concatenate(means) @ self.weights[-1] + self.biases[-1]
        return vector

    def _buffers(self) -> list[LayerBuffers]:
        sides = [self.plan.side]
        for layer in self.plan.layers:
            sides.append(layer.places(sides[-1]))
        pairs = list(zip(self.plan.layers, sides, strict=False))
        scratch = np.empty(max(LayerBuffers.scratch_size(*pair) for pair in pairs), np.float32)
        return [LayerBuffers(*pair, scratch) for pair in pairs]
