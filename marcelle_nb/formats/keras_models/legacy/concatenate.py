"""Joining of tensors, and of their masks as before Keras 3."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="marcelle_nb")
class Concatenate(keras.layers.Concatenate):  # type: ignore[misc] # Keras has no types
    """Join tensors; a step is masked where it is masked in any of them.

    So it is in TensorFlow.js and Keras 2; in Keras 3 it is where it is masked in all of them.
    """

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """Join the masks of shape (n, steps) of several inputs."""
        if mask is None or all(each is None for each in mask):
            return None
        pairs = zip(inputs, mask, strict=True)
        masks = [_mask_like(x, each) for x, each in pairs]
        return ops.all(ops.concatenate(masks, axis=self.axis), axis=-1)


def _mask_like(x: Any, mask: Any) -> Any:
    if mask is None:
        return ops.ones_like(x, dtype="bool")
    if len(mask.shape) == len(x.shape):
        return mask
    return ops.logical_and(ops.expand_dims(mask, -1), ops.ones_like(x, dtype="bool"))
