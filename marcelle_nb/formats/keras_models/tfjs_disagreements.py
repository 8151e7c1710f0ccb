"""Where Keras would silently compute other numbers than TensorFlow.js, or Keras 2, did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import ModelFormatError

if TYPE_CHECKING:
    import keras


def check_normalized_axes(model: keras.Model, what: str) -> None:
    """Refuse batch normalisation along another axis than the last.

    TensorFlow.js computes it on a graphics card; on the CPU and in WebAssembly it goes round the
    weights as if they were of the last axis (4.22).

    Parameters
    ----------
    model : keras.Model
        Built from a file of TensorFlow.js.
    what : str
        What messages call the file.

    Raises
    ------
    ModelFormatError
        It names the layer.
    """
    import keras

    for layer in model._flatten_layers():
        if not isinstance(layer, keras.layers.BatchNormalization):
            continue
        shape = (getattr(layer, "_build_shapes_dict", None) or {}).get("input_shape") or ()
        if not shape or not isinstance(layer.axis, int):
            continue
        after = shape[layer.axis % len(shape) + 1 :]
        if any(n != 1 for n in after):
            raise ModelFormatError(
                f"{what}: layer {layer.name!r:.80}: expected axis -1, got {layer.axis} of "
                f"{len(shape)} axes, along which TensorFlow.js computes other numbers on a CPU "
                "than on a graphics card; export the model as a GraphModel, or put a Permute "
                "before the layer and one after it"
            )


def check_biases(model: keras.Model, what: str) -> None:
    """Refuse convolutions whose bias Keras 3 adds to another axis than the channels.

    With the channels first, Keras (3.15, `ops.add`) takes the last axis for theirs where it is as
    long as there are filters.

    Parameters
    ----------
    model : keras.Model
        Built from a file of TensorFlow.js or Keras 2, which add it to the channels.
    what : str
        What messages call the file.

    Raises
    ------
    ModelFormatError
        It names the layer.
    """
    for layer in model._flatten_layers():
        if adds_bias_to_columns(layer):
            raise ModelFormatError(
                f"{what}: layer {layer.name!r:.80}: expected data_format='channels_last', got "
                f"'channels_first' with as many channels as columns ({layer.bias.shape[0]}), where "
                "Keras 3 adds the bias to the columns; export the model as a GraphModel or "
                "SavedModel"
            )


def adds_bias_to_columns(layer: Any) -> bool:
    """Tell whether Keras 3 takes the last axis of a built convolution for its channels."""
    from keras.src.layers.convolutional.base_conv import BaseConv
    from keras.src.layers.convolutional.base_conv_transpose import BaseConvTranspose
    from keras.src.layers.convolutional.base_depthwise_conv import BaseDepthwiseConv
    from keras.src.layers.convolutional.base_separable_conv import BaseSeparableConv

    kinds = BaseConv | BaseConvTranspose | BaseDepthwiseConv | BaseSeparableConv
    if not isinstance(layer, kinds) or layer.data_format != "channels_first" or not layer.use_bias:
        return False
    shape = layer.compute_output_shape(layer._build_shapes_dict["input_shape"])
    filters: int = layer.bias.shape[0]
    return filters > 1 and shape[-1] == filters


def check_training(model: keras.Model, what: str) -> None:
    """Refuse to train on where a step of TensorFlow.js is not one of Keras.

    Parameters
    ----------
    model : keras.Model
        Built from a file of TensorFlow.js.
    what : str
        What messages call the file.

    Raises
    ------
    ModelFormatError
        It names the layer.
    """
    for layer in model._flatten_layers():
        frozen = type(layer).__name__ == "BatchNormalization" and not layer.trainable
        if frozen:
            raise ModelFormatError(
                f"{what}: layer {layer.name!r:.80}: expected a BatchNormalization that trains, got "
                "a frozen one, which TensorFlow.js adapts all the same and Keras does not; compile "
                "the model yourself to train it as Keras does"
            )
        for variable in layer._trainable_variables if layer.trainable else ():
            if getattr(variable, "constraint", None) is not None:
                raise ModelFormatError(
                    f"{what}: layer {layer.name!r:.80}: expected no constraint of "
                    f"{variable.name!r}, which TensorFlow.js applies when it loads the model and "
                    "Keras after each step; compile the model yourself to train it as Keras does"
                )
