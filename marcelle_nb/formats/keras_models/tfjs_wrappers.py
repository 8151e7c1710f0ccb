"""Layers that hold others, and their weights' names, said as TensorFlow.js says them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marcelle_nb.formats.keras_models.tfjs_layers import (
    check_dtype,
    class_to_tfjs,
    layer_to_tfjs,
    plain,
    translated,
)
from marcelle_nb.formats.keras_models.tfjs_parts import unsayable
from marcelle_nb.formats.keras_models.tfjs_rules import RULES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import keras

Config = dict[str, Any]
Shape = tuple[int | None, ...]

RECURRENT = frozenset(("SimpleRNN", "GRU", "LSTM", "ConvLSTM2D"))
WRAPPERS = frozenset(("Bidirectional", "RNN", "TimeDistributed"))
_CELLS = frozenset(("SimpleRNNCell", "GRUCell", "LSTMCell"))
_FLAGS = ("return_sequences", "return_state", "go_backwards", "stateful", "unroll")


def wrapper_to_tfjs(
    layer: keras.layers.Layer,
    shapes: Sequence[Shape],
    what: str,
    translate: Callable[..., Config],
) -> Config:
    """Translate the configuration of a layer that holds others, without a name.

    Parameters
    ----------
    layer : keras.layers.Layer
        A `Bidirectional`, an `RNN` around cells, or a `TimeDistributed`.
    shapes : sequence of shapes
        Of its inputs, batch first.
    what : str
        What messages call the layer.
    translate : callable
        Translates a layer of a `TimeDistributed`: `translate(layer, shapes, what)`.

    Raises
    ------
    ModelFormatError
        If TensorFlow.js cannot hold these together, or computes something else.
    """
    name = type(layer).__name__
    check_dtype(layer, what)
    if layer.get_config().get("activity_regularizer") is not None:
        raise unsayable(what, "no activity_regularizer", "one")
    if name == "TimeDistributed":
        shape = shapes[0]
        inner = translate(layer.layer, [(shape[0], *shape[2:])], what)
        if getattr(layer.layer, "stateful", False):
            raise unsayable(what, "a layer that is not stateful", layer.layer.name)
        return {"layer": _with_trainable(inner, layer.trainable)}
    return _bidirectional(layer, shapes, what) if name == "Bidirectional" else _rnn(layer, what)


def is_wrapper(layer: keras.layers.Layer) -> bool:
    """Tell whether a layer is one of `WRAPPERS`, Keras's or ours."""
    from keras import layers

    from marcelle_nb.formats.keras_models import legacy_layers

    name = type(layer).__name__
    known = (getattr(layers, name, None), getattr(legacy_layers, name, None))
    return name in WRAPPERS and type(layer) in known


def held_weights(layer: keras.layers.Layer, prefix: str) -> Iterator[tuple[str, Any]]:
    """Give the weights of a layer, with the names that TensorFlow.js gives them.

    Parameters
    ----------
    layer : keras.layers.Layer
        No model.
    prefix : str
        The layer's name, or that of the layer that holds it.
    """
    name = type(layer).__name__
    if name == "Bidirectional":
        base = inner_name(layer)
        yield from held_weights(layer.forward_layer, f"{prefix}/forward_{base}")
        yield from held_weights(layer.backward_layer, f"{prefix}/backward_{base}")
    elif name == "TimeDistributed":
        yield from held_weights(layer.layer, prefix)
    elif name in {"RNN", *RECURRENT}:
        yield from held_weights(layer.cell, prefix)
    elif name == "StackedRNNCells":
        for i, cell in enumerate(layer.cells):
            yield from held_weights(cell, f"{prefix}/RNNCell_{i}")
    else:
        for variable in layer.weights:
            own = variable.name
            if name == "DepthwiseConv2D" and own == "kernel":
                own = "depthwise_kernel"
            yield f"{prefix}/{own}", variable


def inner_name(layer: keras.layers.Layer) -> str:
    """Give the name that a `Bidirectional` puts `forward_` and `backward_` before."""
    return str(layer.forward_layer.name).removeprefix("forward_")


def _bidirectional(layer: keras.layers.Layer, shapes: Sequence[Shape], what: str) -> Config:
    forward, backward = layer.forward_layer, layer.backward_layer
    if type(forward).__name__ not in RECURRENT:
        raise unsayable(what, f"one of {', '.join(sorted(RECURRENT))}", type(forward).__name__)
    if layer.stateful:
        raise unsayable(what, "stateful=False", True)
    ahead, back = (plain(each.get_config()) for each in (forward, backward))
    back["go_backwards"] = not back["go_backwards"]
    for config in (ahead, back):
        config.pop("name")
    if type(forward) is not type(backward) or ahead != back:
        raise unsayable(what, "two layers that are alike but for their direction", backward.name)
    name, config = layer_to_tfjs(forward, shapes[:1], what)
    inner = {"class_name": name, "config": {**config, "name": inner_name(layer)}}
    return {
        "layer": _with_trainable(inner, layer.trainable and forward.trainable),
        "merge_mode": layer.merge_mode,
    }


def _rnn(layer: keras.layers.Layer, what: str) -> Config:
    from keras.layers import StackedRNNCells

    given = layer.get_config()
    # TensorFlow.js has the last cell's states first
    if isinstance(layer.cell, StackedRNNCells) and layer.return_state:
        raise unsayable(what, "return_state=False around a stack of cells", True)
    return {"cell": _cell(layer.cell, what), **{key: given[key] for key in _FLAGS}}


def _cell(cell: keras.layers.Layer, what: str) -> Config:
    name = type(cell).__name__
    config: Config
    if name == "StackedRNNCells":
        config = {"cells": [_cell(each, what) for each in cell.cells]}
    elif name in _CELLS and class_to_tfjs(cell, what) == name:
        check_dtype(cell, what)
        config = translated(RULES[name], plain(cell.get_config()), what)
    else:
        raise unsayable(what, f"cells of {', '.join(sorted(_CELLS))}", name)
    return {
        "class_name": name,
        "config": {**config, "name": cell.name, "trainable": cell.trainable},
    }


def _with_trainable(inner: Config, trainable: bool) -> Config:  # noqa: FBT001
    # TensorFlow.js asks the inner layer whether the outer one trains
    config = dict(inner["config"])
    if "layers" not in config:
        config["trainable"] = bool(trainable and config.get("trainable", True))
    return {**inner, "config": config}
