"""How many values an operator makes, where constants in the file say so."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from marcelle_nb.formats.tflite.model_structure import Operator, Tensor

Numbers = list[int]


def output_size(operator: Operator, inputs: list[Tensor | None]) -> int | None:
    """Count the values of the output of an operator that makes more than it is given.

    Parameters
    ----------
    operator : Operator
    inputs : list of Tensor or None

    Returns
    -------
    int or None
        None where it depends on what is computed, or the operator makes no more than its inputs
        have. Free sizes count as 1.
    """
    rule = _RULES.get(operator.name)
    if rule is None or any(tensor is None for tensor in inputs[:2]):
        return None
    place, count = rule
    if len(inputs) <= place or (numbers := _constant(inputs[place])) is None:
        return None
    return count(inputs[0].shape if inputs[0] is not None else (), numbers)


def _constant(tensor: Tensor | None) -> Numbers | None:
    if tensor is None or tensor.data is None or tensor.dtype not in {"int32", "int64"}:
        return None
    numbers: Numbers = np.frombuffer(tensor.data.tobytes(), tensor.dtype).tolist()
    return numbers


def _product(_: tuple[int, ...], numbers: Numbers) -> int:
    return math.prod(max(number, 0) for number in numbers)


def _repeated(shape: tuple[int, ...], numbers: Numbers) -> int:
    return math.prod(shape) * math.prod(max(number, 0) for number in numbers)


def _resized(shape: tuple[int, ...], numbers: Numbers) -> int:
    outside = math.prod(shape[:1]) * math.prod(shape[3:])
    return outside * math.prod(max(number, 0) for number in numbers)


def _padded(shape: tuple[int, ...], numbers: Numbers) -> int:
    around = [abs(a) + abs(b) for a, b in zip(numbers[::2], numbers[1::2], strict=False)]
    sizes = [n + more for n, more in zip(shape, around, strict=False)]
    return math.prod((*sizes, *shape[len(sizes) :]))


def _padded_space(shape: tuple[int, ...], numbers: Numbers) -> int:
    return _padded(shape, [0, 0, *numbers])


_RULES: dict[str, tuple[int, Callable[[tuple[int, ...], Numbers], int]]] = {
    "FILL": (0, _product),
    "BROADCAST_TO": (1, _product),
    "TILE": (1, _repeated),
    "ONE_HOT": (1, _repeated),
    "RESIZE_BILINEAR": (1, _resized),
    "RESIZE_NEAREST_NEIGHBOR": (1, _resized),
    "PAD": (1, _padded),
    "PADV2": (1, _padded),
    "MIRROR_PAD": (1, _padded),
    "SPACE_TO_BATCH_ND": (2, _padded_space),
    "TRANSPOSE_CONV": (0, _product),
    "CONV_3D_TRANSPOSE": (0, _product),
    "SCATTER_ND": (2, _product),
    "SPARSE_TO_DENSE": (1, _product),
    "RANDOM_UNIFORM": (0, _product),
    "RANDOM_STANDARD_NORMAL": (0, _product),
}
"""The input that says it, and how it is counted from the shape of the first one."""
