"""The shapes that TensorFlow Lite operators make of counts, places, segments and tables."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from marcelle_nb.formats.tflite.shape_rules import alike, broadcast, number, numbers, whole
from marcelle_nb.formats.tflite.sized import UNKNOWN, Sized, product
from marcelle_nb.formats.tflite.unfit import Unfit

if TYPE_CHECKING:
    from marcelle_nb.formats.tflite.model_structure import Operator
    from marcelle_nb.formats.tflite.shape_rules import Rule


def _counted(_: Operator, given: list[Sized]) -> list[Sized]:
    values = [size.value for size in given]
    if any(value is None or value.size != 1 for value in values):
        return [UNKNOWN]
    start, limit, step = (value.item() for value in values if value is not None)
    if not step or not all(map(math.isfinite, (start, limit, step))) or (limit - start) / step < 0:
        raise Unfit(f"expected steps from {start} to {limit}, got {step}")
    return [whole((math.ceil((limit - start) / step),))]


def _shape(_: Operator, given: list[Sized]) -> list[Sized]:
    shape = given[0].shape
    return [Sized.upto(8) if shape is None else whole((len(shape),))]


def _scalar(_: Operator, __: list[Sized]) -> list[Sized]:
    return [Sized.of(())]


def _found(_: Operator, given: list[Sized]) -> list[Sized]:
    shape, most = given[0].shape, given[0].most
    return [Sized.upto(None if most is None else most * (8 if shape is None else len(shape)))]


def _distinct(_: Operator, given: list[Sized]) -> list[Sized]:
    return [Sized.upto(given[0].most), *alike(_, given)]


def _looked_up(_: Operator, given: list[Sized]) -> list[Sized]:
    places, table = given[0].shape, given[1].shape
    if places is None or table is None:
        return [Sized.upto(product(given))]
    if len(places) != 1 or not table:
        raise Unfit(f"expected places in a row and a table, got {places} and {table}")
    return [whole((*places, *table[1:]))]


def _kept(_: Operator, given: list[Sized]) -> list[Sized]:
    most = number(given[2])
    if given[0].shape is not None and (len(given[0].shape) != 2 or given[0].shape[1] != 4):
        raise Unfit(f"expected boxes of four numbers, got {given[0].shape}")
    if None not in (given[0].shape, given[1].shape) and given[1].shape != given[0].shape[:1]:  # type: ignore[index]
        raise Unfit(f"expected a score for each box, got {given[1].shape}")
    if most is not None and most < 0:
        raise Unfit(f"expected a number of boxes, got {most}")
    one = UNKNOWN if most is None else whole((most,))
    if len(given) == 6:
        return [one, one, Sized.of(())]
    return [one, Sized.of(())]


def _segments(operator: Operator, given: list[Sized]) -> list[Sized]:
    shape, places = given[0].shape, given[1].shape
    if shape is None or places is None:
        return [UNKNOWN]
    if len(places) != 1 or not shape or places != shape[:1]:
        raise Unfit(f"expected a segment for each of {shape[:1]}, got {places}")
    if operator.name == "SEGMENT_SUM":
        segments = numbers(given[1])
        if segments is None:
            return [UNKNOWN]
        if segments != sorted(segments) or min(segments, default=0) < 0:
            raise Unfit(f"expected segments that rise from 0, got {segments[:9]}")
        return [whole(((segments or [-1])[-1] + 1, *shape[1:]))]
    count = number(given[2])
    return [UNKNOWN if count is None else whole((count, *shape[1:]))]


def _reversed(operator: Operator, given: list[Sized]) -> list[Sized]:
    shape, lengths = given[0].shape, given[1].shape
    along, rows = operator.options.get("seq_dim", 0), operator.options.get("batch_dim", 0)
    if (
        shape is not None
        and lengths is not None
        and (
            not (0 <= along < len(shape) and 0 <= rows < len(shape) and along != rows)
            or lengths != (shape[rows],)
        )
    ):
        raise Unfit(f"expected a length for each row of {shape}, got {lengths}")
    return alike(operator, given)


def _updated(operator: Operator, given: list[Sized]) -> list[Sized]:
    shape, part, start = (size.shape for size in given)
    if (
        shape is not None
        and part is not None
        and start is not None
        and (
            len(part) != len(shape)
            or any(a > b for a, b in zip(part, shape, strict=True))
            or start != (len(shape),)
        )
    ):
        raise Unfit(f"expected a part of {shape}, got {part} at {start}")
    return alike(operator, given)


def _diagonal(_: Operator, given: list[Sized]) -> list[Sized]:
    shape = given[0].shape
    if shape is None:
        return [UNKNOWN]
    if not shape:
        raise Unfit("expected rows, got one number")
    return [whole((*shape, shape[-1]))]


def _set_diagonal(operator: Operator, given: list[Sized]) -> list[Sized]:
    shape, values = given[0].shape, given[1].shape
    if (
        shape is not None
        and values is not None
        and (len(shape) < 2 or values != (*shape[:-2], min(shape[-2:])))
    ):
        raise Unfit(f"expected a diagonal of {shape}, got {values}")
    return alike(operator, given)


def _drawn(_: Operator, given: list[Sized]) -> list[Sized]:
    shape, count = given[0].shape, number(given[1])
    if shape is None or count is None:
        return [UNKNOWN]
    if len(shape) != 2:
        raise Unfit(f"expected rows of chances, got {shape}")
    return [whole((shape[0], count))]


def _arguments(_: Operator, given: list[Sized]) -> list[Sized]:
    if any(size.shape is not None and len(size.shape) != 1 for size in given):
        raise Unfit(f"expected two shapes, got {[size.shape for size in given]}")
    lengths = [size.shape[0] for size in given if size.shape is not None]
    return [whole((max(lengths),)) if len(lengths) == len(given) else Sized.upto(8)]


def _by_slope(operator: Operator, given: list[Sized]) -> list[Sized]:
    shape, slopes = given[0].shape, given[1].shape
    if shape is not None and slopes is not None and broadcast([shape, slopes]) != shape:
        raise Unfit(f"expected slopes for {shape}, got {slopes}")
    return alike(operator, given)


def _in_table(operator: Operator, given: list[Sized]) -> list[Sized]:
    return alike(operator, given[1:2])


def _none(_: Operator, __: list[Sized]) -> list[Sized]:
    return []


RULES: dict[str, Rule] = {
    "RANGE": _counted,
    "SHAPE": _shape,
    "RANK": _scalar,
    "WHERE": _found,
    "UNIQUE": _distinct,
    "EMBEDDING_LOOKUP": _looked_up,
    **dict.fromkeys(("NON_MAX_SUPPRESSION_V4", "NON_MAX_SUPPRESSION_V5"), _kept),
    **dict.fromkeys(
        ("SEGMENT_SUM", *(f"UNSORTED_SEGMENT_{n}" for n in ("MAX", "MIN", "PROD", "SUM"))),
        _segments,
    ),
    "REVERSE_SEQUENCE": _reversed,
    "DYNAMIC_UPDATE_SLICE": _updated,
    "MATRIX_DIAG": _diagonal,
    "MATRIX_SET_DIAG": _set_diagonal,
    "MULTINOMIAL": _drawn,
    "BROADCAST_ARGS": _arguments,
    "PRELU": _by_slope,
    "HASHTABLE_FIND": _in_table,
    "HASHTABLE_SIZE": _scalar,
    **dict.fromkeys(("HASHTABLE", "VAR_HANDLE"), _scalar),
    **dict.fromkeys(("HASHTABLE_IMPORT", "ASSIGN_VARIABLE", "CALL_ONCE"), _none),
}
"""How the outputs' shapes follow from the inputs."""
