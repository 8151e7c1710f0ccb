"""Products of unit vectors as TensorFlow.js computes them."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="marcelle_nb")
class Dot(keras.layers.Dot):  # type: ignore[misc] # Keras has no types
    """Multiply vectors that are first made of unit length, as TensorFlow.js does.

    Lengths below 1e-7 ** 0.5 count as that; Keras has another limit.
    """

    def _merge_function(self, inputs: Any) -> Any:
        first, second = inputs
        axes = (self.axes, self.axes) if isinstance(self.axes, int) else self.axes
        plain = keras.layers.Dot(axes=self.axes)
        return plain._merge_function([_unit(first, axes[0]), _unit(second, axes[1])])


def _unit(x: Any, axis: int) -> Any:
    squares = ops.sum(ops.square(x), axis=axis, keepdims=True)
    return x / ops.sqrt(ops.maximum(squares, 1e-7))
