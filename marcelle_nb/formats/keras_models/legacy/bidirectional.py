"""Recurrent layers in both directions, with masks as in TensorFlow.js."""

from __future__ import annotations

from typing import Any

import keras


@keras.saving.register_keras_serializable(package="marcelle_nb")
class Bidirectional(keras.layers.Bidirectional):  # type: ignore[misc] # Keras has no types
    """Run a recurrent layer in both directions; a masked step repeats the output before it.

    So it is in TensorFlow.js; in Keras the outputs of masked steps are zero.
    """

    def __init__(self, layer: Any, **kwargs: Any) -> None:
        super().__init__(layer, **kwargs)
        self.forward_layer.zero_output_for_mask = False
        self.backward_layer.zero_output_for_mask = False
