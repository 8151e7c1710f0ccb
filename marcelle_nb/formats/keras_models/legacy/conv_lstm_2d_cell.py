"""The cell of a ConvLSTM2D, which Keras 3 lacks."""

from __future__ import annotations

from typing import Any

import keras
from keras.src.layers.rnn.conv_lstm import ConvLSTMCell  # the base of ConvLSTM2D, not exported


@keras.saving.register_keras_serializable(package="marcelle_nb")
class ConvLSTM2DCell(ConvLSTMCell):  # type: ignore[misc] # Keras has no types
    """One step of a `ConvLSTM2D`.

    Parameters
    ----------
    filters : int
    kernel_size : int or (int, int)
    **kwargs
        As of `keras.layers.ConvLSTM2D`.
    """

    def __init__(self, filters: int, kernel_size: Any, **kwargs: Any) -> None:
        super().__init__(rank=2, filters=filters, kernel_size=kernel_size, **kwargs)

    def get_config(self) -> dict[str, Any]:
        """Give what the constructor takes."""
        config: dict[str, Any] = super().get_config()
        config.pop("rank", None)
        return config
