"""The configuration of one layer, said as Keras 3 says it."""

from __future__ import annotations

import functools
import inspect
from typing import Any

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.keras_models.layer_preparations import prepared, replaced
from marcelle_nb.formats.keras_models.parts import KINDS, activation, part

Config = dict[str, Any]

RECURRENT = frozenset(("SimpleRNN", "GRU", "LSTM", "ConvLSTM2D"))

_CLASSES = {
    "BatchNormalizationV1": "BatchNormalization",
    "BatchNormalizationV2": "BatchNormalization",
    "Convolution1D": "Conv1D",
    "Convolution2D": "Conv2D",
    "Convolution3D": "Conv3D",
    "Convolution2DTranspose": "Conv2DTranspose",
}

_OURS = frozenset(("ThresholdedReLU", "RandomWidth", "ConvLSTM2DCell", "MaskOf"))

_ADVICE = {
    "CuDNNGRU": "open it in Keras 2 and save it with a GRU instead",
    "CuDNNLSTM": "open it in Keras 2 and save it with an LSTM instead",
    "TFOpLambda": "export the model as a SavedModel and open that",
    "SlicingOpLambda": "export the model as a SavedModel and open that",
}

# Keys that Keras 3 has no word for, with the values at which nothing is lost without them.
_NEUTRAL: dict[str, tuple[Any, ...]] = {
    "time_major": (False,),
    "groups": (1,),
    "virtual_batch_size": (),
    "adjustment": (),
    "num_constants": (),
    "sparse": (False,),
    "ragged": (False,),
    "renorm": (False,),
    "reverse_state_order": (False,),
    "force_generator": (False, True),
    "keepdims": (False,),
    "synchronized": (False,),
}

# Keys that change no output: how something was computed, or what other keys say again.
_DROPPED = frozenset(
    (
        "batch_input_shape",
        "input_shape",
        "input_dtype",
        "input_length",
        "implementation",
        "fused",
        "unroll",
        "autocast",
        "experimental_autocast",
        "renorm_clipping",
        "renorm_momentum",
        "kernel_initializer",
        "kernel_regularizer",
        "kernel_constraint",
        "ragged_inputs",
        "use_cudnn",
        "build_config",
        "name",
        "trainable",
        "dtype",
        "activity_regularizer",
        "noise_shape",
        "seed",
        "query_shape",
        "key_shape",
        "value_shape",
    )
)

_BASE = frozenset(("name", "trainable", "dtype", "activity_regularizer", "autocast"))


def layer_class(name: str, what: str) -> tuple[str, type]:
    """Find the class that a layer of this name has in Keras 3, or among ours.

    Parameters
    ----------
    name : str
        As the file writes it.
    what : str
        What messages call the layer.

    Returns
    -------
    str
        Under which Keras knows it.
    type
    """
    import keras

    name = _CLASSES.get(name, name)
    if name in _OURS:
        from marcelle_nb.formats.keras_models import legacy_layers

        return f"marcelle_nb>{name}", getattr(legacy_layers, name)
    registered = keras.saving.get_registered_object(name.removeprefix("Custom>"))
    found = registered or getattr(keras.layers, name, None)
    if isinstance(found, type) and issubclass(found, keras.layers.Layer):
        return (keras.saving.get_registered_name(found) if registered else name), found
    advice = _ADVICE.get(name, "register it with @keras.saving.register_keras_serializable()")
    raise ModelFormatError(f"{what}: expected a layer that Keras 3 has, got {name!r:.60}; {advice}")


def translate_layer(name: str, config: Config, what: str, *, tfjs: bool) -> Config:
    """Translate the configuration of a layer that holds no other layer.

    Parameters
    ----------
    name : str
        Of the class, as the file writes it.
    config : dict
    what : str
        What messages call the layer.
    tfjs : bool
        Whether TensorFlow.js tells what the layer computes, rather than Keras 2.

    Returns
    -------
    dict
        As Keras 3 writes a layer: `module`, `class_name`, `config`, `registered_name`.
    """
    known, cls = layer_class(name, what)
    config = prepared(cls.__name__, config, what, tfjs=tfjs)
    ours = replaced(cls.__name__, config) if tfjs else None
    if ours:
        known, cls = layer_class_of_ours(ours)
    result: Config = {}
    for key, value in config.items():
        if key in parameters(cls):
            result[key] = _value(key, value, f"{what}: {key}")
        else:
            _check_dropped(key, value, what, tfjs=tfjs)
    return entry(known, cls, result)


def entry(known: str, cls: type, config: Config) -> Config:
    """Give what Keras 3 writes for a layer of a class."""
    ours = ">" in known
    return {
        "module": cls.__module__ if ours else "keras.layers",
        "class_name": cls.__name__,
        "config": config,
        "registered_name": known if ours else None,
    }


def layer_class_of_ours(name: str) -> tuple[str, type]:
    """Give the name under which Keras knows one of our layers, and its class."""
    from marcelle_nb.formats.keras_models import legacy_layers

    return f"marcelle_nb>{name}", getattr(legacy_layers, name)


def dtype_name(value: Any, what: str) -> str | None:
    """Give the name of a type, or of a policy of types as versions of Keras write it."""
    if isinstance(value, dict):
        inner = value.get("config")
        value = inner.get("name") if isinstance(inner, dict) else inner
    if value is not None and not isinstance(value, str):
        raise ModelFormatError(f"{what}: dtype: expected a name, got {value!r:.60}")
    return value


@functools.cache
def parameters(cls: type) -> frozenset[str]:
    """Give what a layer's constructor takes by name, and its bases' where it passes that on."""
    taken: set[str] = set()
    for base in cls.__mro__:
        if "__init__" not in vars(base):
            continue
        own = inspect.signature(base.__init__).parameters  # type: ignore[misc] # as it stands there
        taken |= own.keys() - {"self", "args", "kwargs"}
        if not any(p.kind is p.VAR_KEYWORD for p in own.values()):
            return frozenset(taken)
    return frozenset(taken)


def _value(key: str, value: Any, what: str) -> Any:
    """Translate what a key holds; `kernel_initializer` speaks of an initialiser, and so on."""
    word = key.rpartition("_")[2]
    if word == "activation":
        return activation(value, what, keras3=False)
    if word in KINDS:
        return part(KINDS[word], value, what)
    return dtype_name(value, what) if key == "dtype" else value


def _check_dropped(key: str, value: Any, what: str, *, tfjs: bool) -> None:
    if tfjs or value is None or key in _DROPPED or value in _NEUTRAL.get(key, ()):
        return  # TensorFlow.js reads no key that it does not know either
    raise ModelFormatError(
        f"{what}: expected no {key}={value!r:.40}, which Keras 3 cannot compute; open the model in "
        "Keras 2 and export it as a SavedModel"
    )
