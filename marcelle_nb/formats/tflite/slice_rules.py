"""The shapes that TensorFlow Lite operators make by taking parts and pieces of a tensor."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from marcelle_nb.formats.tflite.shape_rules import axis_of, numbers, whole
from marcelle_nb.formats.tflite.sized import Sized, product
from marcelle_nb.formats.tflite.unfit import Unfit

if TYPE_CHECKING:
    from marcelle_nb.formats.tflite.model_structure import Operator
    from marcelle_nb.formats.tflite.shape_rules import Rule, Shape


def _sliced(_: Operator, given: list[Sized]) -> list[Sized]:
    shape, begin, size = given[0].shape, numbers(given[1]), numbers(given[2])
    if shape is None or begin is None or size is None:
        return [Sized.upto(given[0].most)]
    if not len(shape) == len(begin) == len(size):
        raise Unfit(f"expected {len(shape)} places and sizes, got {len(begin)} and {len(size)}")
    sizes = [n - a if b == -1 else b for n, a, b in zip(shape, begin, size, strict=True)]
    if any(a < 0 or b < 0 or a + b > n for n, a, b in zip(shape, begin, sizes, strict=True)):
        raise Unfit(f"expected a part of {shape}, got {size} from {begin}")
    return [whole(sizes)]


def strides_of(operator: Operator, rank: int, given: list[Sized]) -> tuple[Any, ...] | None:
    """Give the index that a strided slice stands for, if it is known."""
    begin, end, step = (numbers(size) for size in given[1:4])
    if begin is None or end is None or step is None:
        return None
    masks = {
        name: operator.options.get(f"{name}_mask", 0)
        for name in ("begin", "end", "ellipsis", "new_axis", "shrink_axis")
    }
    if (
        not len(begin) == len(end) == len(step)
        or 0 in step
        or not all(0 <= mask < 1 << len(begin) for mask in masks.values())
    ):
        raise Unfit(f"expected places, ends and steps alike, got {begin}, {end}, {step}, {masks}")
    index: list[Any] = []
    for place, (a, b, by) in enumerate(zip(begin, end, step, strict=True)):
        bit = 1 << place
        if masks["ellipsis"] & bit:
            index.append(Ellipsis)
        elif masks["new_axis"] & bit:
            index.append(None)
        elif masks["shrink_axis"] & bit:
            if operator.options.get("offset") or by != 1:
                raise Unfit(f"expected single places without offset or step, got one of step {by}")
            index.append(a)
        else:
            ending = a + b if operator.options.get("offset") else b
            index.append(
                slice(
                    None if masks["begin"] & bit else a, None if masks["end"] & bit else ending, by
                )
            )
    used = sum(each is not None and each is not Ellipsis for each in index)
    if used > rank or index.count(Ellipsis) > 1:
        raise Unfit(f"expected at most {rank} places, got {used}")
    return tuple(index)


def _strided(operator: Operator, given: list[Sized]) -> list[Sized]:
    shape = given[0].shape
    index = None if shape is None else strides_of(operator, len(shape), given)
    if shape is None or index is None:
        return [Sized.upto(given[0].most)]
    used = sum(each is not None and each is not Ellipsis for each in index)
    left, sizes = list(shape), []
    if Ellipsis not in index:
        index = (*index, Ellipsis)
    for each in index:
        if each is None:
            sizes.append(1)
        elif each is Ellipsis:
            skipped = len(shape) - used
            sizes += left[:skipped]
            del left[:skipped]
        elif isinstance(each, slice):
            sizes.append(len(range(*each.indices(left.pop(0)))))
        elif not -left[0] <= each < left[0]:
            raise Unfit(f"expected a place of {left[0]}, got {each}")
        else:
            left.pop(0)
    return [whole(sizes)]


def _gathered(operator: Operator, given: list[Sized]) -> list[Sized]:
    shape, places = given[0].shape, given[1].shape
    if shape is None or places is None:
        return [Sized.upto(_pieces(shape, operator.options.get("axis", 0), given))]
    axis = axis_of(operator.options.get("axis", 0), len(shape))
    shared = operator.options.get("batch_dims", 0)
    shared += len(places) if shared < 0 else 0
    if not 0 <= shared <= min(axis, len(places)) or shape[:shared] != places[:shared]:
        raise Unfit(f"expected {shared} axes in common, got {shape} and {places}")
    return [whole((*shape[:axis], *places[shared:], *shape[axis + 1 :]))]


def _pieces(shape: Shape | None, axis: int, given: list[Sized]) -> int | None:
    """Bound what pieces of a tensor, taken along an axis, have together."""
    if shape is None or given[1].most is None:
        return product(given)
    axis = axis_of(axis, len(shape))
    return given[1].most * math.prod((*shape[:axis], *shape[axis + 1 :]))


def _gathered_nd(_: Operator, given: list[Sized]) -> list[Sized]:
    shape, places = given[0].shape, given[1].shape
    if shape is None or places is None:
        return [Sized.upto(_pieces(shape, 0, given))]
    if not places or places[-1] > len(shape) or not shape:
        raise Unfit(f"expected places in {shape}, got {places}")
    return [whole((*places[:-1], *shape[places[-1] :]))]


RULES: dict[str, Rule] = {
    "SLICE": _sliced,
    "STRIDED_SLICE": _strided,
    "GATHER": _gathered,
    "GATHER_ND": _gathered_nd,
}
"""How the outputs' shapes follow from the inputs."""
