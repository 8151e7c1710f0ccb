"""The layers of a Keras model as a table of text."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import keras

_HEADER = ("Layer (type)", "Output shape", "Params", "Connected to")


def layer_table(model: keras.Model) -> str:
    """Describe every layer, as wide as its longest name needs.

    Keras's own `summary` is cut at the width that it takes the terminal to have.

    Parameters
    ----------
    model : keras.Model
        Nested models are one row each.

    Returns
    -------
    str
        A line for each layer, and the numbers of parameters.
    """
    # a Sequential hides its input; the functional model that it is made of does not
    graph = getattr(model, "_functional", None) or model
    layers = getattr(graph, "_operations", None) or model.layers
    rows = [_HEADER, *(_row(layer, graph) for layer in layers)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(_HEADER))]
    lines = ["  ".join(_padded(row, widths)).rstrip() for row in rows]
    lines.insert(1, "-" * max(map(len, lines)))
    total, trained = _count(model.weights), _count(model.trainable_weights)
    return "\n".join(
        [
            f"model: {model.name}",
            *lines,
            f"Total params: {total:,}",
            f"Trainable params: {trained:,}",
            f"Non-trainable params: {total - trained:,}",
        ]
    )


def _padded(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    name, shape, params, sources = row
    first, second, third, _ = widths
    return [name.ljust(first), shape.ljust(second), params.rjust(third), sources]


def _row(layer: Any, graph: Any) -> tuple[str, str, str, str]:
    inside = getattr(graph, "_nodes", None)
    nodes = [node for node in layer._inbound_nodes if inside is None or _key(layer, node) in inside]
    sources = [
        tensor._keras_history.operation.name for node in nodes for tensor in node.input_tensors
    ]
    return (
        f"{layer.name} ({type(layer).__name__})",
        _shape(layer, nodes),
        f"{_count(getattr(layer, 'weights', ())):,}",
        ", ".join(dict.fromkeys(sources)),
    )


def _key(layer: Any, node: Any) -> str:
    """Give what a functional model knows a call by."""
    return f"{id(layer)}_ib-{layer._inbound_nodes.index(node)}"


def _shape(layer: Any, nodes: Sequence[Any]) -> str:
    """Give the shape of the first call's outputs, where anybody knows it."""
    if nodes:
        return ", ".join(_text(tensor.shape) for tensor in nodes[0].output_tensors)
    shapes = getattr(layer, "_build_shapes_dict", None) or {}
    try:
        return _text(layer.compute_output_shape(**shapes)) if shapes else "?"
    except Exception:  # noqa: BLE001 # a layer of one's own may fail in any way
        return "?"


def _text(shape: Any) -> str:
    return "(" + ", ".join("?" if n is None else str(n) for n in shape) + ")"


def _count(weights: Iterable[Any]) -> int:
    return sum(math.prod(weight.shape) for weight in weights)
