"""Activations of earlier software that Keras 3 has no function for."""

from __future__ import annotations

from typing import Any

import keras


@keras.saving.register_keras_serializable(package="marcelle_nb")  # type: ignore[untyped-decorator]
def hard_sigmoid(x: Any) -> Any:
    """Compute clip(x / 5 + 1/2, 0, 1), as TensorFlow.js and Keras before 3 do.

    Keras 3's function of this name is clip(x / 6 + 1/2, 0, 1).
    """
    return keras.ops.clip(x * 0.2 + 0.5, 0.0, 1.0)


@keras.saving.register_keras_serializable(package="marcelle_nb")  # type: ignore[untyped-decorator]
def gelu_new(x: Any) -> Any:
    """Compute GELU by its approximation with tanh, under the name that TensorFlow.js gives it."""
    return keras.activations.gelu(x, approximate=True)
