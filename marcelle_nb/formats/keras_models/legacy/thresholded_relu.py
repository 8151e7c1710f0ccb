"""The activation with a threshold, which Keras 3 lacks."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="marcelle_nb")
class ThresholdedReLU(keras.layers.Layer):  # type: ignore[misc] # Keras has no types
    """Let through what lies above a threshold: x where x > theta, else 0.

    Parameters
    ----------
    theta : float
    **kwargs
        As of every layer.
    """

    def __init__(self, theta: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.theta = float(theta)
        self.supports_masking = True
        self.built = True

    def call(self, inputs: Any) -> Any:
        """Compute the activation of a tensor of any shape."""
        return inputs * ops.cast(inputs > self.theta, inputs.dtype)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Give the shape of the input."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Give what the constructor takes."""
        return {**super().get_config(), "theta": self.theta}
