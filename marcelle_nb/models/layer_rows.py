"""A model layer by layer, or operation by operation, as rows of a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from marcelle_nb.formats.loaded_model import LoadedModel

if TYPE_CHECKING:
    from collections.abc import Iterator

    import keras

MAX_DEPTH = 8
"""Models within models that are opened: one that contains itself is no model, but can be made."""

LAYER_COLUMNS = ("Layer", "Type", "Output shape", "Parameters", "Connected to", "Trainable")
OP_COLUMNS = ("Operation", "Count")


@dataclass(frozen=True)
class Rows:
    """A table.

    Attributes
    ----------
    columns : tuple of str
    cells : list of list
        Rows of texts and numbers, one for each column.
    foot : str
        What all of them are together.
    """

    columns: tuple[str, ...] = ()
    cells: tuple[tuple[str | int, ...], ...] = ()
    foot: str = ""

    def text(self) -> str:
        """Write the table with spaces between its columns; nothing of it is cut off."""
        lines = [self.columns, *(tuple(_cell_text(cell) for cell in row) for row in self.cells)]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        written = [
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
            for line in lines
        ]
        return "\n".join(
            [written[0], "─" * (sum(widths) + 2 * len(widths) - 2), *written[1:], self.foot]
        )


def _cell_text(cell: str | int) -> str:
    return f"{cell:,}" if isinstance(cell, int) else cell


def as_json(rows: Rows) -> dict[str, Any]:
    """Give rows in the form in which they travel to the page."""
    cells = [list(row) for row in rows.cells]
    return {"columns": list(rows.columns), "cells": cells, "foot": rows.foot}


def rows_of(model: LoadedModel | keras.Model) -> Rows:
    """Give a model's layers, or its operations where it has none.

    Raises
    ------
    TypeError
        If it is no model.
    """
    if isinstance(model, LoadedModel):
        inner = model.keras_model
        return op_rows(model) if inner is None else layer_rows(inner)
    if not hasattr(model, "layers") or not hasattr(model, "trainable_weights"):
        raise TypeError(f"model: expected one with layers, got {model!r:.80}")
    return layer_rows(model)


def layer_rows(model: keras.Model) -> Rows:
    """Describe each layer of a Keras model, those of models within it after it.

    Parameters
    ----------
    model : keras.Model
        What is not built yet has `?` as output shape.
    """
    total = sum(_count(weight) for weight in model.weights)
    trainable = sum(_count(weight) for weight in model.trainable_weights)
    foot = f"{total:,} parameters: {trainable:,} trainable, {total - trainable:,} not"
    return Rows(LAYER_COLUMNS, tuple(_layers(model, "", 0)), foot)


def op_rows(model: LoadedModel) -> Rows:
    """Count each type of operation of a model that has no layers, the most frequent first."""
    counts = sorted(model.ops.items(), key=lambda item: (-item[1], item[0]))
    foot = f"{sum(model.ops.values()):,} operations"
    return Rows(OP_COLUMNS, tuple((name, count) for name, count in counts), foot)


def _layers(model: Any, prefix: str, depth: int) -> Iterator[tuple[str | int, ...]]:
    sources = _sources(model)
    for layer in _shown(model):
        before = ", ".join(sources.get(id(layer), []))
        name = f"{prefix}{layer.name}"
        yield (name, type(layer).__name__, _shape(layer), _size(layer), before, _trains(layer))
        if getattr(layer, "layers", None) and depth < MAX_DEPTH:
            yield from _layers(layer, f"{name} / ", depth + 1)


def _shown(model: Any) -> list[Any]:
    """Give a model's layers; a sequential one does not tell its input."""
    inputs = [tensor._keras_history.operation for tensor in getattr(model, "inputs", None) or []]
    layers = list(model.layers)
    return [layer for layer in inputs if layer not in layers] + layers


def _sources(model: Any) -> dict[int, list[str]]:
    """Name the layers that each layer of a graph gets its inputs from, by the layer's id."""
    graph = getattr(model, "_functional", None) or model
    sources: dict[int, list[str]] = {}
    for nodes in (getattr(graph, "_nodes_by_depth", None) or {}).values():
        for node in nodes:
            names = dict.fromkeys(parent.operation.name for parent in node.parent_nodes)
            known = sources.setdefault(id(node.operation), [])
            known += [name for name in names if name not in known]
    return sources


def _shape(layer: Any) -> str:
    """Write an output shape, `?` for the batch and for what is not known."""
    try:
        output = layer.output
    except (AttributeError, ValueError, RuntimeError):  # never called, or several times
        return _shared_shape(layer)
    return _written(output)


def _shared_shape(layer: Any) -> str:
    nodes = getattr(layer, "_inbound_nodes", None) or []
    texts = dict.fromkeys(_written(node.output_tensors) for node in nodes)
    return ", ".join(texts) or _computed_shape(layer)


def _computed_shape(layer: Any) -> str:
    """Write the output shape of a layer in a class of the user's, which has no graph."""
    try:
        shape = layer.compute_output_shape(**layer._build_shapes_dict)
        if not isinstance(shape, tuple) or not all(isinstance(n, int | None) for n in shape):
            return "?"
    except Exception:  # noqa: BLE001 - a layer of the user's may do anything
        return "?"
    # what it was built with was a batch like any other
    return _sizes((None, *shape[1:]))


def _written(output: Any) -> str:
    if isinstance(output, dict):
        output = list(output.values())
    if isinstance(output, list | tuple):
        return ", ".join(_written(one) for one in output)
    return _sizes(output.shape)


def _sizes(shape: Any) -> str:
    return " × ".join("?" if size is None else str(size) for size in shape) or "one number"


def _size(layer: Any) -> int:
    return sum(_count(weight) for weight in layer.weights)


def _count(weight: Any) -> int:
    count = 1
    for size in weight.shape:
        count *= int(size)
    return count


def _trains(layer: Any) -> str:
    """Say whether a layer learns: all of it, a part, or nothing; empty where it has no weights."""
    if not layer.weights:
        return ""
    trainable = sum(_count(weight) for weight in layer.trainable_weights)
    return "no" if trainable == 0 else "yes" if trainable == _size(layer) else "in part"
