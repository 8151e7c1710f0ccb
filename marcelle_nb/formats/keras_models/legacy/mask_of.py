"""Masks handed from one layer to another."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="marcelle_nb")
class MaskOf(keras.layers.Layer):  # type: ignore[misc] # Keras has no types
    """Give the mask that a tensor carries as a tensor of its own, for a layer elsewhere.

    Parameters
    ----------
    ignored : bool
        Whether to give a mask that masks nothing in its place.
    **kwargs
        As of every layer.
    """

    def __init__(self, *, ignored: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.ignored = ignored
        self.supports_masking = True
        self.built = True

    def call(self, inputs: Any, mask: Any = None) -> Any:
        """Give truth values of shape (n, steps) for a tensor of shape (n, steps, …)."""
        if mask is not None and not self.ignored:
            return mask
        return ops.ones(ops.shape(inputs)[:2], dtype="bool")

    def compute_mask(self, inputs: Any, mask: Any = None) -> None:  # noqa: ARG002 # as Keras calls
        """Mask nothing itself."""
        return

    def compute_output_spec(self, inputs: Any, mask: Any = None) -> Any:  # noqa: ARG002
        """Give shape and type of the mask."""
        return keras.KerasTensor(inputs.shape[:2], dtype="bool")

    def get_config(self) -> dict[str, Any]:
        """Give what the constructor takes."""
        return {**super().get_config(), "ignored": self.ignored}
