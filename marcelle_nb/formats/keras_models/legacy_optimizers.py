"""Optimizers that TensorFlow.js has and Keras 3 computes differently."""

from __future__ import annotations

from marcelle_nb.formats.keras_models.legacy.adadelta import Adadelta
from marcelle_nb.formats.keras_models.legacy.adam import Adam

__all__ = ["Adadelta", "Adam"]
