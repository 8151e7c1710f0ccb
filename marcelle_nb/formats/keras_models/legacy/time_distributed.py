"""A layer applied to every time step."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="marcelle_nb")
class TimeDistributed(keras.layers.TimeDistributed):  # type: ignore[misc] # Keras has no types
    """Apply a layer to every time step, however many there are.

    Keras 3.15 takes the size of the batch for the number of steps where that is not known before.
    """

    def call(self, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        """Apply the layer to a batch of shape (n, steps, …)."""
        if inputs.shape[1] is not None:
            return super().call(inputs, training=training, mask=mask)
        keywords = {"training": training} if self.layer._call_has_training_arg else {}
        sizes = ops.shape(inputs)
        merged = ops.reshape(inputs, (-1, *sizes[2:]))
        outputs = self.layer.call(merged, **keywords)
        return ops.reshape(outputs, (-1, sizes[1], *ops.shape(outputs)[1:]))
