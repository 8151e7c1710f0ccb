"""The small whole numbers of a graph by which shapes are made, found without running it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.formats.graphs.op_names import op_names

if TYPE_CHECKING:
    from collections.abc import Callable

    from marcelle_nb.formats.graphs.graph_bodies import Body

MAX_TRACKED = 32
"""Values of a tensor that are followed; no shape in use, and no padding, has more."""

_BEYOND = 2**62  # larger than any tensor: sizes stop growing here

INTEGERS: dict[int, np.dtype[Any]] = {3: np.dtype("<i4"), 9: np.dtype("<i8")}

Values = list[int]


class ConstantValues:
    """What is known about the nodes of one graph or function from its constants alone.

    Parameters
    ----------
    body : Body
        Its `order` says in which order values are found.
    """

    def __init__(self, body: Body) -> None:
        self._values: dict[str, Values] = {}
        self._sizes: dict[str, int] = {}
        for name in body.order or body.nodes:
            node = body.nodes[name]
            if node.op == "Const":
                tensor = node.attr["value"].tensor
                self._sizes[name] = math.prod(max(dim.size, 0) for dim in tensor.tensor_shape.dim)
            found = self._evaluated(node)
            if found is not None and len(found) <= MAX_TRACKED:
                self._values[name] = [max(-_BEYOND, min(v, _BEYOND)) for v in found]

    def of_input(self, node: Any, index: int) -> Values | None:
        """Give the numbers that a node takes at a place, flat, or None where they are not known."""
        if index >= len(node.input):
            return None
        name = node.input[index]
        bare, _, output = name.partition(":")
        return self._values.get(bare) if output.rpartition(":")[2] in {"", "0"} else None

    def size_of_input(self, node: Any, index: int) -> int:
        """Give how many values a constant input has, 0 where it is none."""
        return self._sizes.get(node.input[index].partition(":")[0], 0) if node.input else 0

    def _evaluated(self, node: Any) -> Values | None:
        if node.op == "Const":
            return _constant(node.attr["value"].tensor)
        if node.op in _SAME:
            return self.of_input(node, 0)
        inputs = [i for i, name in enumerate(node.input) if not name.startswith("^")]
        if node.op == "ConcatV2":
            inputs = inputs[:-1]
        if node.op in _JOINED:
            parts = [self.of_input(node, i) for i in inputs]
            known = [part for part in parts if part is not None]
            return [v for part in known for v in part] if len(known) == len(parts) else None
        if node.op == "Prod":
            values = self.of_input(node, 0)
            return None if values is None else [math.prod(values)]
        if node.op in _PAIRS and len(inputs) == 2:
            return _paired(_PAIRS[node.op], self.of_input(node, 0), self.of_input(node, 1))
        return None


_SAME = op_names("Identity Snapshot StopGradient Cast Reshape ExpandDims Squeeze Enter EnsureShape")
_JOINED = frozenset({"Pack", "ConcatV2"})
_PAIRS: dict[str, Callable[[int, int], int]] = {
    "Mul": lambda a, b: a * b,
    "Add": lambda a, b: a + b,
    "AddV2": lambda a, b: a + b,
    "Sub": lambda a, b: a - b,
    "Maximum": max,
    "Minimum": min,
    "Pow": lambda a, b: a**b if 0 <= b <= 64 else _BEYOND,
    "LeftShift": lambda a, b: a << b if 0 <= b <= 64 else _BEYOND,
}


def _paired(f: Callable[[int, int], int], a: Values | None, b: Values | None) -> Values | None:
    if not a or not b:
        return None
    n = max(len(a), len(b))
    if len(a) not in (1, n) or len(b) not in (1, n):
        return None
    return [f(a[i % len(a)], b[i % len(b)]) for i in range(n)]


def _constant(tensor: Any) -> Values | None:
    n = math.prod(max(dim.size, 0) for dim in tensor.tensor_shape.dim)
    if tensor.dtype not in INTEGERS or n > MAX_TRACKED:
        return None
    if tensor.tensor_content:
        dtype = INTEGERS[tensor.dtype]
        n = min(n, len(tensor.tensor_content) // dtype.itemsize)
        return [int(v) for v in np.frombuffer(tensor.tensor_content, dtype, n)]
    values = list(tensor.int_val if tensor.dtype == 3 else tensor.int64_val)[:n]
    return values + values[-1:] * (n - len(values)) if values else [0] * n
