"""Recurrent layers that keep their state from one batch to the next."""

from __future__ import annotations

import copy
import math
from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import ModelFormatError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import keras

MAX_STATES = 16 * 2**20


def without_states(config: Mapping[str, Any]) -> tuple[dict[str, Any], set[str]]:
    """Give the configuration with no stateful layer, and the names of those that were.

    Keras makes the states while it builds; here that waits until the shapes were looked at.
    """
    result = copy.deepcopy(dict(config))
    names: set[str] = set()
    stack: list[Any] = [result]
    while stack:
        value = stack.pop()
        if isinstance(value, dict):
            if value.get("stateful") is True and isinstance(value.get("name"), str):
                value["stateful"] = False
                names.add(value["name"])
            stack += value.values()
        elif isinstance(value, list):
            stack += value
    return result, names


def make_stateful(model: keras.Model, names: set[str], what: str) -> None:
    """Let the layers of these names keep their state."""
    if not names:
        return
    import keras

    for layer in model._flatten_layers():
        if isinstance(layer, keras.layers.Bidirectional):
            held = {layer.forward_layer.name, layer.backward_layer.name}
            # Keras calls what it runs in both directions so
            if held & {each for name in names for each in (name, f"forward_{name}")}:
                layer.stateful = True
                names |= held
    for layer in model._flatten_layers():
        if isinstance(layer, keras.layers.RNN) and layer.name in names:
            layer.stateful = True
            _make_states(layer, what)


def _make_states(layer: Any, what: str) -> None:
    shapes = getattr(layer, "_build_shapes_dict", None) or {}
    shape = next(iter(shapes.values()), None)
    if not shape or shape[0] is None:
        raise ModelFormatError(
            f"{what}: layer {layer.name!r}: expected a batch of known size, since it keeps state"
        )
    if math.prod(n for n in shape if n) > MAX_STATES:
        raise ModelFormatError(f"{what}: layer {layer.name!r}: expected a smaller state")
    if hasattr(layer.cell, "kernel_size"):  # of images, whose size its `build` knows
        layer.build(shape)
    else:
        layer._create_state_variables(shape[0])
        layer._expected_batch_size = shape[0]
