"""How many values an operator makes of the shapes of several inputs."""

from __future__ import annotations

import math
from itertools import zip_longest
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from marcelle_nb.formats.tflite.model_structure import Operator, Tensor

    Shape = tuple[int, ...]


def joined_size(operator: Operator, inputs: list[Tensor | None]) -> int | None:
    """Count the values of the output of an operator that joins its inputs.

    The interpreter computes shapes anew, whatever the file records: twenty operators that each
    join a tensor with itself make a million times as many values as the first one has.

    Parameters
    ----------
    operator : Operator
    inputs : list of Tensor or None

    Returns
    -------
    int or None
        None for other operators. Free sizes count as they are recorded.
    """
    rule = _RULES.get(operator.name)
    shapes = [tensor.shape for tensor in inputs if tensor is not None]
    if rule is None or len(shapes) < 2:
        return None
    return rule(operator, shapes)


def _summed(_: Operator, shapes: list[Shape]) -> int:
    return sum(math.prod(shape) for shape in shapes)


def _broadcast(_: Operator, shapes: list[Shape]) -> int:
    sides = zip_longest(*(reversed(shape) for shape in shapes), fillvalue=1)
    return math.prod(0 if 0 in sizes else max(sizes) for sizes in sides)


def _multiplied(operator: Operator, shapes: list[Shape]) -> int | None:
    left, right = shapes[:2]
    if len(left) < 2 or len(right) < 2:
        return None
    rows = left[-1] if operator.options.get("adj_x") else left[-2]
    columns = right[-2] if operator.options.get("adj_y") else right[-1]
    return rows * columns * _broadcast(operator, [left[:-2], right[:-2]])


def _connected(_: Operator, shapes: list[Shape]) -> int | None:
    given, weights = shapes[:2]
    if len(weights) != 2 or not weights[1]:
        return None
    return -(-math.prod(given) // weights[1]) * weights[0]


def _gathered(operator: Operator, shapes: list[Shape]) -> int | None:
    given, places = shapes[:2]
    axis, shared = operator.options.get("axis", 0), operator.options.get("batch_dims", 0)
    axis += len(given) if axis < 0 else 0
    shared += len(places) if shared < 0 else 0
    if not 0 <= axis < len(given) or not 0 <= shared <= min(axis, len(places)):
        return None
    return math.prod((*given[:axis], *given[axis + 1 :], *places[shared:]))


_ELEMENTWISE = """
    ADD SUB MUL DIV FLOOR_DIV FLOOR_MOD POW MAXIMUM MINIMUM SQUARED_DIFFERENCE EQUAL NOT_EQUAL
    GREATER GREATER_EQUAL LESS LESS_EQUAL LOGICAL_AND LOGICAL_OR SELECT SELECT_V2 ATAN2 BITWISE_XOR
    RIGHT_SHIFT
"""

_RULES: dict[str, Callable[[Operator, list[Shape]], int | None]] = {
    "CONCATENATION": _summed,
    "PACK": _summed,
    "BATCH_MATMUL": _multiplied,
    "FULLY_CONNECTED": _connected,
    "GATHER": _gathered,
    **dict.fromkeys(_ELEMENTWISE.split(), _broadcast),
}
