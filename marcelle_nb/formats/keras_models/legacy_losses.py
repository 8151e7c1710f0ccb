"""Losses of TensorFlow.js that Keras 3 computes differently."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="marcelle_nb")  # type: ignore[untyped-decorator]
def binary_crossentropy(y_true: Any, y_pred: Any) -> Any:
    """Compute the cross-entropy of probabilities, each for itself, and average over the last axis.

    Keras takes what a softmax was computed from for that of a sigmoid, which gives other numbers.
    """
    labels = ops.cast(y_true, y_pred.dtype)
    p = ops.clip(y_pred, 1e-7, 1 - 1e-7)
    return -ops.mean(labels * ops.log(p) + (1 - labels) * ops.log(1 - p), axis=-1)
