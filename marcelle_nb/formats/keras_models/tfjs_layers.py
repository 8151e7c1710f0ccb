"""The configuration of one Keras layer, said as TensorFlow.js says it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marcelle_nb.formats.keras_models.tfjs_layer_checks import LayerCase, check_layer
from marcelle_nb.formats.keras_models.tfjs_parts import activation_to_tfjs, part_to_tfjs, unsayable
from marcelle_nb.formats.keras_models.tfjs_rules import RULES, Rule

if TYPE_CHECKING:
    from collections.abc import Sequence

    import keras

Config = dict[str, Any]
Shape = tuple[int | None, ...]


_BASE = frozenset(("name", "trainable", "dtype", "autocast", "activity_regularizer"))

_FAILING = {
    "CenterCrop": "a layer that TensorFlow.js can run inside a model",
    "RandomWidth": "a layer that TensorFlow.js can run inside a model",
    "Resizing": "a layer that TensorFlow.js can run inside a model",
}


def layer_to_tfjs(
    layer: keras.layers.Layer, shapes: Sequence[Shape], what: str
) -> tuple[str, Config]:
    """Translate a layer that holds no other layer.

    Parameters
    ----------
    layer : keras.layers.Layer
        Built.
    shapes : sequence of shapes
        Of its inputs, batch first.
    what : str
        What messages call the layer.

    Returns
    -------
    str
        The class in TensorFlow.js.
    dict
        The configuration, without a name.

    Raises
    ------
    ModelFormatError
        If TensorFlow.js has no such layer, or would compute other numbers with it.
    """
    name = class_to_tfjs(layer, what)
    rule = RULES[name]
    config = plain(layer.get_config())
    check_dtype(layer, what)
    if config.get("activity_regularizer") is not None:
        raise unsayable(what, "no activity_regularizer", "one")
    result = translated(rule, config, what)
    check_layer(name, LayerCase(layer, result, shapes, what))
    return _said_otherwise(name, result, config, shapes[0], what)


def _said_otherwise(
    name: str, result: Config, config: Config, shape: Shape, what: str
) -> tuple[str, Config]:
    """Give another layer that computes the same, where TensorFlow.js lacks one."""
    if name == "Identity":
        return "Activation", {"activation": "linear"}
    if name == "Flatten" and len(shape) < 3:
        return "Reshape", {"target_shape": [shape[1] if len(shape) == 2 else 1]}
    if name.startswith("Global") and config["keepdims"]:
        first = config["data_format"] == "channels_first"
        pool = shape[2:] if first else shape[1:-1]
        if None in pool or (first and len(pool) == 1):
            raise unsayable(what, "keepdims=False", True)
        sizes = {"pool_size": [*pool], "strides": [*pool], "padding": "valid"}
        return name.removeprefix("Global"), {**result, **sizes}
    return name, result


def class_to_tfjs(layer: keras.layers.Layer, what: str) -> str:
    """Give the class that a layer has in TensorFlow.js, if it is Keras's own or one of ours."""
    import keras

    from marcelle_nb.formats.keras_models import legacy_layers

    name = type(layer).__name__
    ours = getattr(legacy_layers, name, None)
    if name in _FAILING:
        raise unsayable(what, _FAILING[name], name)
    if name not in RULES or type(layer) not in (getattr(keras.layers, name, None), ours):
        raise unsayable(what, "a layer that TensorFlow.js has", name)
    return name


def check_dtype(layer: keras.layers.Layer, what: str) -> None:
    """Refuse types in which TensorFlow.js does not compute."""
    policy = layer.dtype_policy.name
    if policy != "float32" and type(layer).__name__ != "CategoryEncoding":
        raise unsayable(what, "the type float32", policy)


def plain(value: Any) -> Any:
    """Give a configuration as JSON holds it."""
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return value.tolist() if hasattr(value, "tolist") else value


def translated(rule: Rule, config: Config, what: str) -> Config:
    """Translate a configuration by its rule."""
    result: Config = {}
    kept = rule.kept.split()
    for key, value in config.items():
        if key in rule.only and value not in rule.only[key]:
            expected = " or ".join(dict.fromkeys(str(each) for each in rule.only[key]))
            raise unsayable(what, f"{key}={expected}", value)
        if key in kept:
            result[key] = _value(key, value, what)
        elif key in rule.renamed:
            result[rule.renamed[key]] = value
        elif key not in {*rule.only, *rule.dropped.split(), *_BASE} and value not in (None, False):
            raise unsayable(what, f"no {key}", value)
    return result


def _value(key: str, value: Any, what: str) -> Any:
    word = key.rpartition("_")[2]
    if word == "activation":
        return activation_to_tfjs(value, f"{what}: {key}")
    if word in {"initializer", "regularizer", "constraint"}:
        return part_to_tfjs(word, value, f"{what}: {key}")
    return value
