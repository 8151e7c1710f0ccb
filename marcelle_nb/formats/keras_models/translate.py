"""Configurations of models by TensorFlow.js, Keras 2 and Keras 3, said as Keras 3 says them."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any, Literal

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.keras_models.functional_view import MODELS
from marcelle_nb.formats.keras_models.keras3_configs import complete
from marcelle_nb.formats.keras_models.layer_configs import dtype_name, translate_layer
from marcelle_nb.formats.keras_models.nodes import Graph
from marcelle_nb.formats.keras_models.tfjs_masks import with_masks
from marcelle_nb.formats.keras_models.wrapper_configs import WRAPPERS, translate_wrapper
from marcelle_nb.formats.tensorflow_start import start_tensorflow

if TYPE_CHECKING:
    from collections.abc import Mapping

Config = dict[str, Any]
Origin = Literal["tfjs", "keras2", "keras3"]


def translate(config: Mapping[str, Any], *, origin: Origin) -> Config:
    """Translate the configuration of a model, with all that is in it, for Keras 3.

    Every layer keeps its meaning: where Keras 3 computes other numbers under the same name, one of
    our layers takes its place, and where nothing does, the file is refused.

    Parameters
    ----------
    config : mapping
        `{"class_name": …, "config": …}` as the file holds it, perhaps under `model_config`; checked
        by `check_config` before.
    origin : {"tfjs", "keras2", "keras3"}
        Whose meaning counts. What the converter of TensorFlow.js wrote from Keras 2 is `"tfjs"`:
        TensorFlow.js decides what it computes.

    Returns
    -------
    dict
        For `build_model`, or `keras.saving.deserialize_keras_object`. Slashes in the names of
        layers have become underscores, since Keras 3 takes none.

    Raises
    ------
    ModelFormatError
        If the configuration is none, or holds a layer, or a setting of one, that Keras 3 cannot
        compute; it names the layer and what to do.
    """
    start_tensorflow()
    inner = config.get("model_config", config)
    if not isinstance(inner, dict) or not isinstance(inner.get("class_name"), str):
        raise ModelFormatError("model: expected a configuration with 'class_name', got none")
    try:
        return _translated(inner, origin)
    except ModelFormatError:
        raise
    except (LookupError, TypeError, AttributeError, ValueError, RecursionError) as error:
        raise ModelFormatError(
            f"model: expected the configuration of a Keras model, got one that lacks or misplaces "
            f"{error}"[:300]
        ) from error


def _translated(config: Config, origin: Origin) -> Config:
    if origin == "keras3":
        return complete(config)
    if config["class_name"] not in MODELS:
        raise ModelFormatError(
            f"model: expected Sequential or Functional, got {config['class_name']!r:.60}"
        )
    tfjs = origin == "tfjs"
    return _model(with_masks(config) if tfjs else config, "model", tfjs=tfjs)


def translate_object(entry: Any, what: str, *, tfjs: bool) -> Config:
    """Translate a layer or a model that stands in another one.

    Parameters
    ----------
    entry : dict
        `class_name` and `config`.
    what : str
        What messages call what it stands in.
    tfjs : bool
        Whether TensorFlow.js tells what the layers compute.
    """
    if not isinstance(entry, dict) or not isinstance(entry.get("class_name"), str):
        raise ModelFormatError(f"{what}: expected a layer, got {entry!r:.80}")
    name = entry["class_name"]
    if name in MODELS:
        return _model(entry, what, tfjs=tfjs)
    config = entry["config"]
    if not isinstance(config, dict):
        raise ModelFormatError(f"{what}: expected a layer's configuration, got {config!r:.80}")
    called = f"{what}: layer {str(config.get('name') or name)[:80]!r}"
    config = {**config, "name": _legal(config["name"])} if config.get("name") else config
    if name == "InputLayer":
        return _input(config, called)
    if name in WRAPPERS:
        return translate_wrapper(name, config, called, translate_object, tfjs=tfjs)
    return translate_layer(name, config, called, tfjs=tfjs)


def _model(entry: Config, what: str, *, tfjs: bool) -> Config:
    config = entry["config"]
    if isinstance(config, list):  # an old Sequential is a bare list of its layers
        config = {"name": "sequential", "layers": config}
    layers = config["layers"]
    if not isinstance(layers, list) or not all(isinstance(each, dict) for each in layers):
        raise ModelFormatError(f"{what}: expected a list of layers, got {layers!r:.80}")
    name = _legal(config.get("name") or "model")
    sequential = entry["class_name"] == "Sequential"
    translated = (_sequential if sequential else _functional)(config, layers, name, tfjs=tfjs)
    translated["name"] = name
    if isinstance(config.get("trainable"), bool):
        translated["trainable"] = config["trainable"]
    return {
        "module": "keras" if sequential else "keras.src.models.functional",
        "class_name": "Sequential" if sequential else "Functional",
        "config": translated,
        "registered_name": None,
    }


def _sequential(config: Config, layers: list[Config], name: str, *, tfjs: bool) -> Config:
    result = [translate_object(each, name, tfjs=tfjs) for each in layers]
    _number_unnamed(result)
    if not result or result[0]["class_name"] != "InputLayer":
        shape = config.get("build_input_shape")
        result.insert(0, _first_input(layers, result, shape, name, tfjs=tfjs))
    return {"layers": result}


def _number_unnamed(layers: list[Config]) -> None:
    """Tell apart old Sequentials, which have no name of their own: Keras wants each name once."""
    taken = set()
    for layer in layers:
        name = layer["config"].get("name")
        if layer["class_name"] == "Sequential" and name in taken:
            name = next(new for n in count(1) if (new := f"{name}_{n}") not in taken)
            layer["config"]["name"] = name
        taken.add(name)


def _functional(config: Config, layers: list[Config], name: str, *, tfjs: bool) -> Config:
    graph = Graph(
        name, {_called(each, name): each["class_name"] in MODELS for each in layers}, layers
    )
    result = []
    for each in layers:
        inner = each["config"]
        if isinstance(inner, dict):  # the name beside the configuration is the one that counts
            inner = {**inner, "name": each["name"]}
        translated = translate_object({**each, "config": inner}, name, tfjs=tfjs)
        translated["config"]["name"] = translated["name"] = graph.name_of(each["name"])
        translated["inbound_nodes"] = [
            graph.call(node, each["class_name"], each["name"], tfjs=tfjs)
            for node in each.get("inbound_nodes") or []
        ]
        result.append(translated)
    return {
        "layers": result,
        "input_layers": graph.ends(config["input_layers"]),
        "output_layers": graph.ends(config["output_layers"]),
    }


def _called(layer: Config, what: str) -> str:
    name = layer.get("name")
    if not isinstance(name, str) or not isinstance(layer.get("class_name"), str):
        raise ModelFormatError(f"{what}: expected a layer with a name, got {layer!r:.80}")
    return name


def _legal(name: Any) -> str:
    if not isinstance(name, str):
        raise ModelFormatError(f"name: expected a text, got {name!r:.60}")
    return name.replace("/", "_")


def _input(config: Config, what: str) -> Config:
    shape = config.get("batch_input_shape", config.get("batch_shape"))
    dtype = dtype_name(config.get("dtype"), what)
    return _input_layer(config.get("name") or "input", shape, dtype, what)


def _input_layer(name: str, shape: Any, dtype: str | None, what: str) -> Config:
    if not isinstance(shape, list | tuple) or not all(n is None or type(n) is int for n in shape):
        raise ModelFormatError(f"{what}: expected the shape of its input, got {shape!r:.60}")
    sizes = [n if n is None or n >= 0 else None for n in shape]
    return {
        "module": "keras.layers",
        "class_name": "InputLayer",
        "config": {"batch_shape": sizes, "dtype": dtype or "float32", "name": name},
        "registered_name": None,
    }


def _first_input(
    layers: list[Config], translated: list[Config], shape: Any, what: str, *, tfjs: bool
) -> Config:
    """Give the input of a Sequential, which its first layer tells about."""
    if not layers:
        raise ModelFormatError(f"{what}: expected at least one layer, got none")
    if layers[0]["class_name"] in MODELS:
        return _input_of(translated[0], what)
    config = layers[0]["config"]
    name = f"{translated[0]['config'].get('name', 'sequential')}_input"
    given = config.get("batch_input_shape") or shape
    if given is None and layers[0]["class_name"] == "Embedding":
        length = config.get("input_length")
        given = [None, *(length if isinstance(length, list) else [length])]
    dtype = config.get("dtype")
    if not tfjs and dtype_name(dtype, what) not in {"int32", "int64", "string", "bool"}:
        dtype = "float32"  # a policy as mixed_float16 is no type of an input
    return _input_layer(name, given, dtype_name(dtype, what), f"{what}: layer {name[:-6]!r:.80}")


def _input_of(model: Config, what: str) -> Config:
    """Give a copy of the one input of a translated model."""
    inputs = [x for x in model["config"]["layers"] if x["class_name"] == "InputLayer"]
    if len(inputs) != 1:
        raise ModelFormatError(f"{what}: expected a model with one input, got {len(inputs)}")
    config = inputs[0]["config"]
    return _input_layer(config["name"], config["batch_shape"], config["dtype"], what)
