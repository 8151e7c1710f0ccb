"""Values that follow from shapes and constants: sizes that a model computes, counters of loops."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.formats.tflite.shape_rules import axis_of
from marcelle_nb.formats.tflite.sized import MAX_VALUES
from marcelle_nb.formats.tflite.slice_rules import strides_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from marcelle_nb.formats.tflite.model_structure import Operator
    from marcelle_nb.formats.tflite.sized import Sized

    Array = NDArray[Any]


def computed_values(
    operator: Operator, given: list[Sized], made: list[Sized], dtypes: list[str]
) -> list[Array] | None:
    """Compute the values of an operator's outputs where they are few and their inputs known.

    Parameters
    ----------
    operator : Operator
    given, made : list of Sized
        Its inputs, and its outputs as far as their shapes are known.
    dtypes : list of str
        The types of the outputs.

    Returns
    -------
    list of arrays, or None
        None where they are not known.
    """
    if any(size.most is None or size.most > MAX_VALUES for size in made):
        return None
    if operator.name in {"SHAPE", "RANK"}:
        shape = given[0].shape
        known = shape if operator.name == "SHAPE" or shape is None else len(shape)
        return None if known is None else [np.array(known, dtypes[0])]
    if operator.name in _LOGICAL:
        return _logical(operator, given)
    rule = _RULES.get(operator.name)
    values = [size.value for size in given if size.value is not None]
    if rule is None or len(values) < len(given):
        return None
    with np.errstate(all="ignore"):  # whole numbers go round as they do in native code
        results = rule(operator, given, values)
    return [
        np.asarray(result).astype(dtype, copy=False)
        for result, dtype in zip(results, dtypes, strict=True)
    ]


_LOGICAL = {"LOGICAL_AND": False, "LOGICAL_OR": True}


def _logical(operator: Operator, given: list[Sized]) -> list[Array] | None:
    """Decide by one side alone where that is enough, as in `step < 10 and not done`."""
    decided = _LOGICAL[operator.name]
    values = [size.value for size in given if size.value is not None]
    for value in values:
        if value.size == 1 and bool(value) == decided:
            return [np.array(decided).reshape(value.shape)]
    if len(values) < len(given):
        return None
    both = (np.logical_or if decided else np.logical_and)(*values)
    return [np.asarray(both)]


def _sliced(operator: Operator, given: list[Sized], values: list[Array]) -> list[Array]:
    index = strides_of(operator, values[0].ndim, given)
    return [values[0][index]]


def _part(_: Operator, __: list[Sized], values: list[Array]) -> list[Array]:
    source, begin, size = values
    ends = [n if b == -1 else a + b for n, a, b in zip(source.shape, begin, size, strict=True)]
    return [source[tuple(slice(a, b) for a, b in zip(begin, ends, strict=True))]]


def _gathered(operator: Operator, _: list[Sized], values: list[Array]) -> list[Array]:
    source, places = values
    axis = axis_of(operator.options.get("axis", 0), source.ndim)
    if operator.options.get("batch_dims") or np.any(places < 0):
        raise ValueError
    return [np.take(source, places, axis)]


def _quotient(_: Operator, __: list[Sized], values: list[Array]) -> list[Array]:
    a, b = values
    if a.dtype.kind == "f":
        return [a / b]
    if np.any(b == 0):
        raise ValueError
    return [np.trunc(a / b)]


def _whole_quotient(_: Operator, __: list[Sized], values: list[Array]) -> list[Array]:
    if values[1].dtype.kind != "f" and np.any(values[1] == 0):
        raise ValueError
    return [values[0] // values[1]]


def _rest(_: Operator, __: list[Sized], values: list[Array]) -> list[Array]:
    if values[1].dtype.kind != "f" and np.any(values[1] == 0):
        raise ValueError
    return [np.mod(*values)]


def _counted(_: Operator, __: list[Sized], values: list[Array]) -> list[Array]:
    return [np.arange(*(value.item() for value in values))]


def _split(operator: Operator, _: list[Sized], values: list[Array]) -> list[Array]:
    return np.split(values[1], len(operator.outputs), int(values[0].item()))


def _unpacked(operator: Operator, _: list[Sized], values: list[Array]) -> list[Array]:
    return list(np.moveaxis(values[0], operator.options.get("axis", 0), 0))


def _reducing(function: Callable[..., Any]) -> Callable[..., list[Array]]:
    def reduce(operator: Operator, _: list[Sized], values: list[Array]) -> list[Array]:
        axes = tuple({axis_of(int(n), values[0].ndim) for n in values[1].ravel()})
        keep = bool(operator.options.get("keep_dims"))
        return [function(values[0], axis=axes, keepdims=keep)]

    return reduce


def _by(function: Callable[..., Any]) -> Callable[..., list[Array]]:
    return lambda _, __, values: [function(*values)]


_SHAPED = "RESHAPE SQUEEZE EXPAND_DIMS"

_RULES: dict[str, Callable[[Operator, list[Sized], list[Array]], list[Array]]] = {
    "STRIDED_SLICE": _sliced,
    "SLICE": _part,
    "GATHER": _gathered,
    "PACK": lambda o, _, values: [np.stack(values, o.options.get("axis", 0))],
    "CONCATENATION": lambda o, _, values: [np.concatenate(values, o.options.get("axis", 0))],
    "UNPACK": _unpacked,
    "SPLIT": _split,
    "CAST": lambda _, __, values: [values[0]],
    "ADD": _by(np.add),
    "SUB": _by(np.subtract),
    "MUL": _by(np.multiply),
    "DIV": _quotient,
    "FLOOR_DIV": _whole_quotient,
    "FLOOR_MOD": _rest,
    "MAXIMUM": _by(np.maximum),
    "MINIMUM": _by(np.minimum),
    "NEG": _by(np.negative),
    "ABS": _by(np.abs),
    "FLOOR": _by(np.floor),
    "CEIL": _by(np.ceil),
    "ROUND": _by(np.rint),
    "LESS": _by(np.less),
    "LESS_EQUAL": _by(np.less_equal),
    "GREATER": _by(np.greater),
    "GREATER_EQUAL": _by(np.greater_equal),
    "EQUAL": _by(np.equal),
    "NOT_EQUAL": _by(np.not_equal),
    "LOGICAL_NOT": _by(np.logical_not),
    "SELECT_V2": _by(np.where),
    "RANGE": _counted,
    "SUM": _reducing(np.sum),
    "REDUCE_PROD": _reducing(np.prod),
    "REDUCE_MAX": _reducing(np.max),
    "REDUCE_MIN": _reducing(np.min),
    "REDUCE_ALL": _reducing(np.all),
    "REDUCE_ANY": _reducing(np.any),
    "TRANSPOSE": lambda _, __, values: [values[0].transpose(values[1])],
    "TILE": lambda _, __, values: [np.tile(values[0], values[1])],
    "REVERSE_V2": lambda _, __, values: [np.flip(values[0], tuple(values[1].ravel()))],
    "BROADCAST_ARGS": lambda _, __, values: [
        np.array(np.broadcast_shapes(*(tuple(value.tolist()) for value in values)))
    ],
    "BROADCAST_TO": lambda _, __, values: [np.broadcast_to(values[0], tuple(values[1].tolist()))],
    "FILL": lambda _, __, values: [np.full(tuple(values[0].tolist()), values[1])],
    "ZEROS_LIKE": _by(np.zeros_like),
    **dict.fromkeys(_SHAPED.split(), lambda _, __, values: [values[0]]),
}
"""Outputs from inputs; the caller gives them their types, and `RESHAPE` its shape."""
