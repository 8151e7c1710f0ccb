"""Reading a LayersModel of TensorFlow.js into Keras 3."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.keras_models.build import build_model, reported
from marcelle_nb.formats.keras_models.keras_loaded_model import KerasLoadedModel
from marcelle_nb.formats.keras_models.safe_config import check_config, check_weight_shapes
from marcelle_nb.formats.keras_models.tfjs_disagreements import (
    check_biases,
    check_normalized_axes,
)
from marcelle_nb.formats.keras_models.training_setup import compile_as_saved
from marcelle_nb.formats.keras_models.translate import translate
from marcelle_nb.formats.labels import told_labels
from marcelle_nb.formats.tfjs.model_json import ModelJson
from marcelle_nb.formats.tfjs.optimizer_state import restore_optimizer
from marcelle_nb.formats.tfjs.training_config import compile_as_trained, optimizer_kind
from marcelle_nb.formats.tfjs.weight_names import match_weights
from marcelle_nb.formats.tfjs.weights import read_weights

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import keras
    from numpy.typing import NDArray

    from marcelle_nb.formats.loaded_model import LoadedModel
    from marcelle_nb.formats.model_files import ModelFiles


def load_layers_model(files: ModelFiles, name: str, *, trust: bool = False) -> LoadedModel:
    """Read a LayersModel, born in TensorFlow.js or converted from Keras 2 or 3.

    Where the file holds a training configuration the Keras model is compiled with it, and where it
    holds the optimizer's state, training goes on where it stopped. A configuration by which Keras
    would not train as TensorFlow.js leaves a model that predicts: see `KerasLoadedModel`.

    Parameters
    ----------
    files : ModelFiles
    name : str
        Of the `model.json`, whatever it is called.
    trust : bool
        Whether code that the file names may run.

    Returns
    -------
    LoadedModel
        A `KerasLoadedModel`. Its `metadata` is what the file's author said of it.

    Raises
    ------
    ModelFormatError
        If the file is none, or holds a layer that Keras 3 cannot compute.
    UnsafeModel
        If it names code.
    """
    document = ModelJson.read(files, name)
    if document.kind != "layers":
        raise ModelFormatError(f"{name}: expected a LayersModel, got a GraphModel")
    config = document.topology.get("model_config", document.topology)
    check_config(config, name, trust=trust)
    kerass = document.topology.get("training_config")
    if isinstance(kerass, dict):
        check_config(kerass, name, trust=trust)
    if not document.groups:
        raise ModelFormatError(f"{name}: expected weights beside the topology, got none")
    specs = {spec.name: spec.shape for group in document.groups for spec in group.specs}
    check_weight_shapes(config, specs)
    origin = _origin(document.topology)
    with reported(name):
        translated = translate(_with_depth_multipliers(config, specs), origin=origin)
    arrays = read_weights(files, name, document.groups)
    optimizer = {
        spec.name: arrays.pop(spec.name)
        for group in document.groups
        for spec in group.specs
        if spec.group == "optimizer" and spec.name in arrays
    }
    matched: list[tuple[str, keras.Variable]] = []

    def values(built: keras.Model) -> list[tuple[keras.Variable, NDArray[Any]]]:
        matched.extend(match_weights(built, arrays, name))
        with reported(name):
            return [(weight, _constrained(weight, arrays[stored])) for stored, weight in matched]

    model = build_model(translated, what=name, values=values)
    if origin == "tfjs":
        check_normalized_axes(model, name)
        check_biases(model, name)
    return KerasLoadedModel(
        model,
        "tfjs-layers",
        size=files.size(name) + sum(spec.nbytes for g in document.groups for spec in g.specs),
        labels=told_labels((document.marcelle or {}).get("labels")),
        metadata=document.about,
        untrained=_compile(model, document, matched, optimizer),
    )


def _compile(
    model: keras.Model,
    document: ModelJson,
    weights: Sequence[tuple[str, keras.Variable]],
    state: Mapping[str, NDArray[Any]],
) -> str | None:
    """Compile as the file says; tell why if Keras cannot."""
    training = document.training_config
    kerass = document.topology.get("training_config")
    try:
        if training is not None:
            compile_as_trained(model, training, document.name)
        elif isinstance(kerass, dict) and kerass.get("optimizer_config"):
            compile_as_saved(model, kerass, document.name)
    except ModelFormatError as error:
        return str(error)
    if training is not None and state:
        restore_optimizer(model, optimizer_kind(training), weights, state, document.name)
    return None


def _constrained(variable: keras.Variable, array: NDArray[Any]) -> NDArray[Any]:
    """Apply a weight's constraint, as TensorFlow.js does whenever it sets one."""
    constraint = variable.constraint
    return array if constraint is None else np.asarray(constraint(array))


def _with_depth_multipliers(
    config: dict[str, Any], shapes: Mapping[str, tuple[int, ...]]
) -> dict[str, Any]:
    """Add what TensorFlow.js does not save of separable convolutions; their weights tell it."""
    result = copy.deepcopy(config)
    stack: list[Any] = [result]
    while stack:
        value = stack.pop()
        if isinstance(value, dict):
            inner = value.get("config")
            if value.get("class_name") == "SeparableConv2D" and isinstance(inner, dict):
                shape = shapes.get(f"{inner.get('name')}/depthwise_kernel", ())
                if inner.get("depth_multiplier") is None and len(shape) == 4:
                    inner["depth_multiplier"] = shape[3]
            stack += value.values()
        elif isinstance(value, list):
            stack += value
    return result


def _origin(topology: Mapping[str, Any]) -> Any:
    """Tell whose meaning counts: TensorFlow.js loads nothing that Keras 3 wrote."""
    return "keras3" if str(topology.get("keras_version", "")).startswith("3.") else "tfjs"
