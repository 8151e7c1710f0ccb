"""The shapes that TensorFlow Lite operators make by weighing, reducing, filling and in blocks."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from marcelle_nb.formats.tflite.shape_rules import axis_of, broadcast, number, numbers, whole
from marcelle_nb.formats.tflite.sized import UNKNOWN, Sized, product
from marcelle_nb.formats.tflite.unfit import Unfit
from marcelle_nb.formats.tflite.window_rules import check_bias, known

if TYPE_CHECKING:
    from marcelle_nb.formats.tflite.model_structure import Operator
    from marcelle_nb.formats.tflite.shape_rules import Rule


def _connected(operator: Operator, given: list[Sized]) -> list[Sized]:
    shapes = known(given, -1, 2)
    if shapes is None:
        weights = given[1].shape
        if weights is None or given[0].most is None or not weights[1]:
            return [UNKNOWN] * len(operator.outputs)
        return [Sized.upto(-(-given[0].most // weights[1]) * weights[0])]
    source, (made, taken) = shapes
    count = math.prod(source)
    if not taken or count % taken or not made:
        raise Unfit(f"expected rows of {taken} values, got {source}")
    check_bias(given, made)
    if operator.options.get("keep_num_dims"):
        if not source or source[-1] != taken:
            raise Unfit(f"expected rows of {taken} values, got {source}")
        return [whole((*source[:-1], made))]
    return [whole((count // taken, made))]


def _multiplied(operator: Operator, given: list[Sized]) -> list[Sized]:
    shapes = known(given, -1, -1)
    if shapes is None:
        return [Sized.upto(product(given))]
    left, right = shapes
    if not 2 <= min(len(left), len(right)) <= max(len(left), len(right)) <= 5:
        raise Unfit(f"expected 2 to 5 sizes, got {left} and {right}")
    rows, inner = left[-2:][::-1] if operator.options.get("adj_x") else left[-2:]
    other, columns = right[-2:][::-1] if operator.options.get("adj_y") else right[-2:]
    if inner != other:
        raise Unfit(f"expected matrices that fit each other, got {left} and {right}")
    return [whole((*broadcast([left[:-2], right[:-2]]), rows, columns))]


def _reduced(operator: Operator, given: list[Sized]) -> list[Sized]:
    shape, places = given[0].shape, numbers(given[1])
    if shape is None or places is None:
        return [Sized.upto(given[0].most)]
    axes = {axis_of(place, len(shape)) for place in places} if shape else set()
    if operator.options.get("keep_dims"):
        return [whole([1 if n in axes else size for n, size in enumerate(shape)])]
    return [whole([size for n, size in enumerate(shape) if n not in axes])]


def _place(_: Operator, given: list[Sized]) -> list[Sized]:
    shape, axis = given[0].shape, number(given[1])
    if shape is None or axis is None:
        return [Sized.upto(given[0].most)]
    axis = axis_of(axis, len(shape))
    if not shape[axis]:
        raise Unfit(f"expected values along axis {axis}, got {shape}")
    return [whole((*shape[:axis], *shape[axis + 1 :]))]


def _best(_: Operator, given: list[Sized]) -> list[Sized]:
    shape, count = given[0].shape, number(given[1])
    if shape is None or count is None:
        return [Sized.upto(given[0].most)] * 2
    if not shape or not 0 <= count <= shape[-1]:
        raise Unfit(f"expected at most {shape[-1:]} of the best, got {count}")
    return [whole((*shape[:-1], count))] * 2


def _resized(_: Operator, given: list[Sized]) -> list[Sized]:
    shapes, size = known(given, 4), numbers(given[1])
    if shapes is None or size is None:
        return [UNKNOWN]
    if len(size) != 2 or min(size) < 1 or 0 in shapes[0]:
        raise Unfit(f"expected height and width above 0, got {size} from {shapes[0]}")
    return [whole((shapes[0][0], *size, shapes[0][3]))]


def _padded(operator: Operator, given: list[Sized]) -> list[Sized]:
    shape, around = given[0].shape, numbers(given[1])
    if shape is None or around is None:
        return [UNKNOWN]
    if len(around) != 2 * len(shape) or min(around, default=0) < 0 or len(shape) > 5:
        raise Unfit(f"expected {len(shape)} pairs of 0 and more, got {around}")
    pairs = list(zip(around[::2], around[1::2], strict=True))
    if operator.name == "MIRROR_PAD":
        least = 0 if operator.options.get("mode") == 1 else 1
        if any(max(pair) > max(n - least, 0) for n, pair in zip(shape, pairs, strict=True)):
            raise Unfit(f"expected less around {shape} than is in it, got {pairs}")
    return [whole([n + a + b for n, (a, b) in zip(shape, pairs, strict=True)])]


def _tiled(_: Operator, given: list[Sized]) -> list[Sized]:
    shape, times = given[0].shape, numbers(given[1])
    if shape is None or times is None:
        return [UNKNOWN]
    if len(times) != len(shape) or min(times, default=0) < 0:
        raise Unfit(f"expected {len(shape)} numbers of times, got {times}")
    return [whole([n * many for n, many in zip(shape, times, strict=True)])]


def _filled(_: Operator, given: list[Sized]) -> list[Sized]:
    wanted = numbers(given[0])
    return [UNKNOWN if wanted is None else whole(wanted)]


def _spread(_: Operator, given: list[Sized]) -> list[Sized]:
    wanted = numbers(given[1])
    if wanted is None or given[0].shape is None:
        return [UNKNOWN]
    if broadcast([given[0].shape, tuple(wanted)]) != tuple(wanted):
        raise Unfit(f"expected a shape over which {given[0].shape} stretches, got {wanted}")
    return [whole(wanted)]


def _scattered(operator: Operator, given: list[Sized]) -> list[Sized]:
    place = 2 if operator.name == "SCATTER_ND" else 1
    wanted = numbers(given[place])
    if wanted is None:
        return [UNKNOWN]
    if place == 2 and None not in (given[0].shape, given[1].shape):
        at, updates = given[0].shape or (), given[1].shape or ()
        if not at or at[-1] > len(wanted) or updates != (*at[:-1], *wanted[at[-1] :]):
            raise Unfit(f"expected pieces of {wanted} at {at}, got {updates}")
    return [whole(wanted)]


def _one_hot(operator: Operator, given: list[Sized]) -> list[Sized]:
    shape, depth = given[0].shape, number(given[1])
    if shape is None or depth is None:
        return [UNKNOWN]
    axis = operator.options["axis"]
    axis = len(shape) if axis == -1 else axis_of(axis, len(shape) + 1)
    return [whole((*shape[:axis], depth, *shape[axis:]))]


def _blocks(operator: Operator, given: list[Sized]) -> list[Sized]:
    shapes, block = known(given, 4), operator.options["block_size"]
    if shapes is None:
        return [Sized.upto(given[0].most)]
    ((rows, height, width, depth),) = shapes
    if operator.name == "SPACE_TO_DEPTH":
        if height % block or width % block:
            raise Unfit(f"expected sizes in blocks of {block}, got {shapes[0]}")
        return [whole((rows, height // block, width // block, depth * block * block))]
    if depth % (block * block):
        raise Unfit(f"expected channels in blocks of {block * block}, got {depth}")
    return [whole((rows, height * block, width * block, depth // block // block))]


def _batches(operator: Operator, given: list[Sized]) -> list[Sized]:
    shape, block, edges = given[0].shape, numbers(given[1]), numbers(given[2])
    if shape is None or block is None or edges is None:
        return [UNKNOWN]
    n = len(block)
    if len(shape) not in {3, 4} or n != len(shape) - 2 or len(edges) != 2 * n:
        raise Unfit(f"expected {len(shape) - 2} blocks and edges, got {block}, {edges}")
    if min(*block, *edges) < 0 or 0 in block:
        raise Unfit(f"expected blocks above 0, got {block}, {edges}")
    around = [a + b for a, b in zip(edges[::2], edges[1::2], strict=True)]
    middle, many = shape[1 : n + 1], math.prod(block)
    if operator.name == "SPACE_TO_BATCH_ND":
        sizes = [size + more for size, more in zip(middle, around, strict=True)]
        if any(size % each for size, each in zip(sizes, block, strict=True)):
            raise Unfit(f"expected sizes in blocks of {block}, got {sizes}")
        inner = [size // each for size, each in zip(sizes, block, strict=True)]
        return [whole((shape[0] * many, *inner, *shape[n + 1 :]))]
    if shape[0] % many:
        raise Unfit(f"expected rows in blocks of {many}, got {shape[0]}")
    inner = [a * b - c for a, b, c in zip(middle, block, around, strict=True)]
    return [whole((shape[0] // many, *inner, *shape[n + 1 :]))]


def _fourier(_: Operator, given: list[Sized]) -> list[Sized]:
    shape, length = given[0].shape, numbers(given[1])
    if shape is None or length is None:
        return [UNKNOWN]
    if len(shape) < 2 or len(length) != 2 or any(n < 1 or n & (n - 1) for n in length):
        raise Unfit(f"expected two lengths that are powers of two, got {length}")
    return [whole((*shape[:-2], length[0], length[1] // 2 + 1))]


RULES: dict[str, Rule] = {
    "FULLY_CONNECTED": _connected,
    "BATCH_MATMUL": _multiplied,
    **dict.fromkeys(
        ("MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN", "REDUCE_PROD", "REDUCE_ALL", "REDUCE_ANY"),
        _reduced,
    ),
    **dict.fromkeys(("ARG_MAX", "ARG_MIN"), _place),
    "TOPK_V2": _best,
    **dict.fromkeys(("RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR"), _resized),
    **dict.fromkeys(("PAD", "PADV2", "MIRROR_PAD"), _padded),
    "TILE": _tiled,
    **dict.fromkeys(("FILL", "RANDOM_UNIFORM", "RANDOM_STANDARD_NORMAL"), _filled),
    "BROADCAST_TO": _spread,
    **dict.fromkeys(("SCATTER_ND", "SPARSE_TO_DENSE"), _scattered),
    "ONE_HOT": _one_hot,
    **dict.fromkeys(("SPACE_TO_DEPTH", "DEPTH_TO_SPACE"), _blocks),
    **dict.fromkeys(("SPACE_TO_BATCH_ND", "BATCH_TO_SPACE_ND"), _batches),
    "RFFT2D": _fourier,
}
"""How the outputs' shapes follow from the inputs."""
