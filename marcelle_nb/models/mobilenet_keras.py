"""MobileNet as Keras builds it, with weights from elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marcelle_nb.formats.tensorflow_start import start_tensorflow

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

SIDE = 224
"""Pixels of the network's input."""


def keras_mobilenet(
    version: int, alpha: float, arrays: Mapping[str, Mapping[str, NDArray[np.float32]]]
) -> Any:
    """Give a Keras model from pictures, in [-1, 1], to the pooled layer and to probabilities.

    Parameters
    ----------
    version : {1, 2}
    alpha : float
    arrays : mapping of str to mapping of str to float32
        Weights by layer and name, in the shapes of `mobilenet_layers.layers_of`.
    """
    start_tensorflow()
    import keras

    application = keras.applications.MobileNet if version == 1 else keras.applications.MobileNetV2
    model = application((SIDE, SIDE, 3), alpha=alpha, weights=None)
    for name, weights in arrays.items():
        for variable in model.get_layer(name).weights:
            variable.assign(weights[variable.path.rpartition("/")[2]])
    pooled = next(
        layer for layer in model.layers if isinstance(layer, keras.layers.GlobalAveragePooling2D)
    )
    return keras.Model(model.input, [pooled.output, model.output])
