"""Keras 3 models, said as TensorFlow.js says a LayersModel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.formats.keras_models.call_graph import CallGraph, functional_of
from marcelle_nb.formats.keras_models.mask_agreement import check_masks
from marcelle_nb.formats.keras_models.tfjs_layers import layer_to_tfjs
from marcelle_nb.formats.keras_models.tfjs_parts import unsayable
from marcelle_nb.formats.keras_models.tfjs_wrappers import (
    held_weights,
    is_wrapper,
    wrapper_to_tfjs,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import keras

Config = dict[str, Any]
Shape = tuple[int | None, ...]

_INPUT_TYPES = {
    "float32": "float32",
    "bool": "bool",
    **dict.fromkeys(("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32"), "int32"),
}


@dataclass(frozen=True)
class TfjsTopology:
    """A model as TensorFlow.js says it.

    Attributes
    ----------
    config : dict
        `class_name` and `config`.
    weights : list of (str, keras.Variable)
        With their names there, in the order in which TensorFlow.js comes to them.
    """

    config: Config
    weights: list[tuple[str, Any]]


def to_tfjs(model: keras.Model) -> TfjsTopology:
    """Translate a model, with all models nested in it.

    Every layer keeps its numbers: what TensorFlow.js lacks, or computes differently, is refused.
    What only training meets is kept where TensorFlow.js has a word for it; a call with
    `training=False` is written as any other call. Layers of nested models are renamed where two
    have one name.

    Parameters
    ----------
    model : keras.Model
        A built Sequential, or a functional model.

    Raises
    ------
    ModelFormatError
        If a LayersModel cannot say it; it names the layer, and advises another format.
    """
    return _Translation().of(model)


class _Translation:
    """The translation of one model: which names are taken, and which weights were met."""

    def __init__(self) -> None:
        self._names: dict[int, str] = {}
        self._taken: set[str] = set()
        self._weights: list[tuple[str, Any]] = []

    def of(self, model: keras.Model) -> TfjsTopology:
        return TfjsTopology(self._model(model, model.name, nested=False), self._weights)

    def _model(self, model: keras.Model, name: str, *, nested: bool) -> Config:
        from keras import Sequential

        functional_of(model)  # refuses a model without a graph by its own name
        graph = CallGraph(model, self._names)
        for layer in graph.layers:
            self._name(layer)
        check_masks(graph, nested=nested)
        if isinstance(model, Sequential):
            return {
                "class_name": "Sequential",
                "config": {"name": name, "layers": [*self._layers(graph).values()]},
            }
        layers = [
            {
                "name": self._names[key],
                **config,
                "inbound_nodes": [
                    [[*graph.reference(tensor), {}] for tensor in call.inputs]
                    for call in graph.calls(layer)
                    if call.inputs
                ],
            }
            for layer, (key, config) in zip(graph.layers, self._layers(graph).items(), strict=True)
        ]
        return {
            "class_name": "Model",
            "config": {
                "name": name,
                "layers": layers,
                "input_layers": [graph.reference(tensor) for tensor in graph.inputs],
                "output_layers": [graph.reference(tensor) for tensor in graph.outputs],
            },
        }

    def _name(self, layer: Any) -> None:
        """Give a layer a name that no other has, in whichever model."""
        if id(layer) in self._names:
            what = f"layer {layer.name!r} ({type(layer).__name__})"
            raise unsayable(what, "a layer in one model only", "one that two models share")
        name, n = layer.name, 0
        while name in self._taken:
            n += 1
            name = f"{layer.name}_{n}"
        self._names[id(layer)] = name
        self._taken.add(name)

    def _layers(self, graph: CallGraph) -> dict[int, Config]:
        result = {}
        for layer in graph.layers:
            tensors = graph.calls(layer)[0].inputs
            shapes = [tuple(tensor.shape) for tensor in tensors]
            name = self._names[id(layer)]
            config = self._layer(
                layer, shapes, name, f"layer {layer.name!r} ({type(layer).__name__})"
            )
            result[id(layer)] = config
        return result

    def _layer(self, layer: Any, shapes: Sequence[Shape], name: str, what: str) -> Config:
        from keras import Model
        from keras.layers import InputLayer

        if isinstance(layer, Model):
            return self._model(layer, name, nested=True)
        if isinstance(layer, InputLayer):
            return {"class_name": "InputLayer", "config": _input(layer, name, what)}
        result = self._plain_or_wrapper(layer, shapes, name, what)
        if not self._is_model_inside(layer):
            for weight, variable in held_weights(layer, name):
                _check_constraint(variable, f"{what}: {variable.name}")
                self._weights.append((weight, variable))
        return result

    def _plain_or_wrapper(
        self, layer: Any, shapes: Sequence[Shape], name: str, what: str
    ) -> Config:
        kind = type(layer).__name__
        if is_wrapper(layer):
            config = wrapper_to_tfjs(layer, shapes, what, self._inner)
        else:
            kind, config = layer_to_tfjs(layer, shapes, what)
        base = {"name": name, "trainable": bool(layer.trainable)}
        return {"class_name": kind, "config": {**config, **base}}

    def _inner(self, layer: Any, shapes: Sequence[Shape], what: str) -> Config:
        """Translate what a `TimeDistributed` holds."""
        from keras import Model

        if isinstance(layer, Model):
            self._name(layer)
            return self._model(layer, self._names[id(layer)], nested=True)
        return self._plain_or_wrapper(layer, shapes, layer.name, what)

    def _is_model_inside(self, layer: Any) -> bool:
        from keras import Model

        while type(layer).__name__ == "TimeDistributed":
            layer = layer.layer
        return isinstance(layer, Model)


def _check_constraint(variable: Any, what: str) -> None:
    """Refuse weights that TensorFlow.js would change, since it constrains what it loads."""
    constraint = getattr(variable, "constraint", None)
    if constraint is None:
        return
    values = np.asarray(variable.numpy())
    if not np.allclose(np.asarray(constraint(variable.value)), values, rtol=1e-5, atol=1e-6):
        raise unsayable(
            what, f"weights that {type(constraint).__name__} leaves as they are", "others"
        )


def _input(layer: Any, name: str, what: str) -> Config:
    dtype = _INPUT_TYPES.get(str(layer.dtype))
    if dtype is None:
        raise unsayable(what, "an input of float32, int32 or bool", layer.dtype)
    if getattr(layer, "sparse", False) or getattr(layer, "ragged", False):
        raise unsayable(what, "a dense input", "a sparse or ragged one")
    shape = list(layer.batch_shape)
    if len(shape) < 2:
        raise unsayable(what, "an input of at least 2 axes", shape)
    return {"batch_input_shape": shape, "dtype": dtype, "sparse": False, "name": name}
