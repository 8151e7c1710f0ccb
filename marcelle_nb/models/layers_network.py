"""A network of any layers between a vector and a vector, computed by Keras."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.load import load

if TYPE_CHECKING:
    from marcelle_nb.models.dense_network import Floats
    from marcelle_nb.models.tfjs_network import TfjsNetwork

ROWS = 1024
"""So many are predicted from at once."""


class LayersNetwork:
    """Predicts with a layers model of TensorFlow.js that is more than dense layers with ReLU.

    Parameters
    ----------
    network : TfjsNetwork
        The files.

    Raises
    ------
    ModelFormatError
        If Keras cannot read them, or it takes or gives anything but one vector.
    """

    def __init__(self, network: TfjsNetwork) -> None:
        self.network = network
        self._model = load([*network.files.items()], format="tfjs-layers")
        self.n_features = self._width("input")
        self.n_classes = self._width("output")

    def probabilities(self, rows: Floats) -> Floats:
        """Give what it answers to each row, shape (n_rows, n_classes)."""
        result = np.empty((len(rows), self.n_classes), np.float32)
        for start in range(0, len(rows), ROWS):
            result[start : start + ROWS] = self._model(rows[start : start + ROWS])[0]
        return result

    def _width(self, side: str) -> int:
        specs = self._model.inputs if side == "input" else self._model.outputs
        shape = specs[0].shape if len(specs) == 1 else None
        if shape is None or len(shape) != 2 or shape[1] is None:
            raise ModelFormatError(
                f"model: expected one vector as {side}, got {', '.join(map(str, specs))!s:.100}"
            )
        return int(shape[1])
