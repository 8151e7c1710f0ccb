"""The average over time as TensorFlow.js computes it."""

from __future__ import annotations

from typing import Any

import keras


@keras.saving.register_keras_serializable(package="marcelle_nb")
class GlobalAveragePooling1D(keras.layers.GlobalAveragePooling1D):  # type: ignore[misc] # Keras has no types
    """Average over all time steps, masked ones included, as TensorFlow.js does."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = False

    def call(self, inputs: Any) -> Any:
        """Average a batch of shape (n, steps, features), or channels first."""
        return super().call(inputs)
