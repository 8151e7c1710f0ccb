"""Checks of single ONNX operators where native code would trust what the file says."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.errors import ModelFormatError

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_STEPS = 1_000_000
"""Of a loop that nothing but its count ends; what runs over time has some thousands."""

_TYPES = {6: ("<i4", "int32_data"), 7: ("<i8", "int64_data"), 9: ("?", "int32_data")}

_ONE_NUMBER = {"Loop": (0, 1), "If": (0,)}
"""Inputs of which native code reads the first number, also where there is none."""


def check_operators(graphs: Iterable[Any], what: str) -> None:
    """Check loops, scans, branches and splits against their constants.

    A loop is refused that nothing ends, or only a count that no machine reaches; converted `while`
    loops have the greatest count there is, and end by a test in their body.

    Raises
    ------
    ModelFormatError
        If native code would run without end, divide by zero or read where nothing is.
    """
    graphs = list(graphs)
    known = {tensor.name: tensor for graph in graphs for tensor in graph.initializer}
    for graph in graphs:
        for node in graph.node:
            for attribute in node.attribute:
                if node.op_type == "Constant" and attribute.name == "value" and node.output:
                    known[node.output[0]] = attribute.t
    for graph in graphs:
        for node in graph.node:
            if not node.domain:
                _check_operator(node, known, what)


def _check_operator(node: Any, known: dict[str, Any], what: str) -> None:
    for place in _ONE_NUMBER.get(node.op_type, ()):
        tensor = known.get(node.input[place]) if place < len(node.input) else None
        if tensor is not None and math.prod(tensor.dims) != 1:
            raise ModelFormatError(f"{what}: {node.op_type}: expected one number, got several")
    if node.op_type == "Loop":
        _check_loop(node, known, what)
    elif node.op_type == "Scan":
        counts = [a.i for a in node.attribute if a.name == "num_scan_inputs"]
        if any(not 0 < count <= len(node.input) for count in counts):
            raise ModelFormatError(
                f"{what}: Scan: expected 1 to {len(node.input)} inputs, got {counts[0]}"
            )
    elif node.op_type == "SplitToSequence" and len(node.input) > 1:
        sizes = _numbers(known.get(node.input[1]))
        if sizes is not None and min(sizes, default=0) < (1 if len(sizes) == 1 else 0):
            raise ModelFormatError(f"{what}: SplitToSequence: expected parts, got {sizes[:9]}")


def _check_loop(node: Any, known: dict[str, Any], what: str) -> None:
    count = node.input[0] if node.input else ""
    steps = None if not count else _number(known.get(count))
    if count and (steps is None or steps <= MAX_STEPS):
        return
    for attribute in node.attribute:
        if attribute.name == "body" and not _tested(attribute.g, known):
            raise ModelFormatError(
                f"{what}: Loop: expected at most {MAX_STEPS:,} steps or a test that ends it, "
                f"got {'no end' if steps is None else f'{steps:,} steps'}"
            )


def _tested(body: Any, known: dict[str, Any]) -> bool:
    """Tell whether a loop's body computes whether to go on."""
    if len(body.input) < 2 or not body.output:
        return True  # the runtime refuses it
    made = {name: node for node in body.node for name in node.output}
    name = body.output[0].name
    while name in made and made[name].op_type == "Identity":
        name = made[name].input[0]
    return name != body.input[1].name and not _number(known.get(name))


def _number(tensor: Any) -> int | None:
    """Give the one number of a small constant."""
    values = _numbers(tensor)
    return values[0] if values is not None and len(values) == 1 else None


def _numbers(tensor: Any) -> list[int] | None:
    """Give the whole numbers of a constant."""
    if tensor is None or tensor.data_type not in _TYPES:
        return None
    dtype, field = _TYPES[tensor.data_type]
    if tensor.raw_data:
        return [int(n) for n in np.frombuffer(tensor.raw_data, dtype)]
    return [int(n) for n in getattr(tensor, field)]
