"""The shapes that TensorFlow Lite operators make by joining, cutting and arranging tensors."""

from __future__ import annotations

import math
from itertools import zip_longest
from typing import TYPE_CHECKING

from marcelle_nb.formats.tflite.sized import Sized, product, total
from marcelle_nb.formats.tflite.unfit import Unfit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from marcelle_nb.formats.tflite.model_structure import Operator

    Rule = Callable[[Operator, list[Sized]], list[Sized]]
    Shape = tuple[int, ...]


def numbers(sized: Sized) -> list[int] | None:
    """Give the whole numbers of a tensor, if they are known."""
    return None if sized.value is None else [int(n) for n in sized.value.ravel()]


def number(sized: Sized) -> int | None:
    """Give the one whole number of a tensor, if it is known."""
    known = numbers(sized)
    if known is not None and len(known) != 1:
        raise Unfit(f"expected one number, got {len(known)}")
    return None if known is None else known[0]


def axis_of(axis: int, rank: int) -> int:
    """Count an axis from the front."""
    if not -rank <= axis < rank:
        raise Unfit(f"expected an axis of {rank}, got {axis}")
    return axis % rank


def broadcast(shapes: Sequence[Shape]) -> Shape:
    """Stretch shapes over each other."""
    if len(set(shapes)) == 1:
        return shapes[0]
    sides = []
    for sizes in zip_longest(*(reversed(shape) for shape in shapes), fillvalue=1):
        others = {size for size in sizes if size != 1}
        if len(others) > 1:
            raise Unfit(f"expected shapes that stretch over each other, got {list(shapes)}")
        sides.append(others.pop() if others else 1)
    return tuple(reversed(sides))


def whole(shape: Sequence[int]) -> Sized:
    """Give a tensor of a computed shape."""
    if any(size < 0 for size in shape) or len(shape) > 8:
        raise Unfit(f"expected at most 8 sizes of 0 and more, got {list(shape)[:9]}")
    return Sized.of(tuple(shape))


def alike(_: Operator, given: list[Sized]) -> list[Sized]:
    """Give the shape of the first input."""
    return [Sized(given[0].shape, given[0].most)]


def stretched(_: Operator, given: list[Sized]) -> list[Sized]:
    """Give the shape to which all inputs are stretched."""
    shapes = [size.shape for size in given if size.shape is not None]
    if len(shapes) < len(given):
        return [Sized.upto(product(given))]
    return [whole(broadcast(shapes))]


def _equal(operator: Operator, given: list[Sized]) -> list[Sized]:
    shapes = {size.shape for size in given if size.shape is not None}
    if len(shapes) > 1:
        raise Unfit(f"expected equal shapes, got {sorted(shapes)}")
    return alike(operator, given)


def _selected(operator: Operator, given: list[Sized]) -> list[Sized]:
    _equal(operator, given[1:])
    chooser, shape = given[0].shape, given[1].shape
    if chooser is not None and shape is not None and chooser not in (shape, shape[:1], ()):
        raise Unfit(f"expected a choice for each of {shape}, got {chooser}")
    return alike(operator, given[1:])


def _concatenated(operator: Operator, given: list[Sized]) -> list[Sized]:
    shapes = [size.shape for size in given if size.shape is not None]
    if len(shapes) < len(given):
        return [Sized.upto(total(given))]
    axis = axis_of(operator.options.get("axis", 0), len(shapes[0]))
    if len({(*shape[:axis], -1, *shape[axis + 1 :]) for shape in shapes}) > 1 or any(
        len(shape) != len(shapes[0]) for shape in shapes
    ):
        raise Unfit(f"expected shapes alike but along axis {axis}, got {shapes}")
    along = sum(shape[axis] for shape in shapes)
    return [whole((*shapes[0][:axis], along, *shapes[0][axis + 1 :]))]


def _packed(operator: Operator, given: list[Sized]) -> list[Sized]:
    _equal(operator, given)
    shape = given[0].shape
    if shape is None:
        return [Sized.upto(total(given))]
    axis = axis_of(operator.options.get("axis", 0), len(shape) + 1)
    return [whole((*shape[:axis], len(given), *shape[axis:]))]


def _unpacked(operator: Operator, given: list[Sized]) -> list[Sized]:
    count, shape = len(operator.outputs), given[0].shape
    if shape is None:
        return [Sized.upto(given[0].most)] * count
    axis = axis_of(operator.options.get("axis", 0), len(shape))
    if shape[axis] != count:
        raise Unfit(f"expected {shape[axis]} parts, got {count}")
    return [whole((*shape[:axis], *shape[axis + 1 :]))] * count


def _split(operator: Operator, given: list[Sized]) -> list[Sized]:
    axis, (_, source), count = number(given[0]), given, len(operator.outputs)
    if source.shape is None or axis is None:
        return [Sized.upto(source.most)] * count
    axis = axis_of(axis, len(source.shape))
    if source.shape[axis] % count:
        raise Unfit(f"expected {count} equal parts of {source.shape[axis]}, got a rest")
    part = source.shape[axis] // count
    return [whole((*source.shape[:axis], part, *source.shape[axis + 1 :]))] * count


def _split_v(operator: Operator, given: list[Sized]) -> list[Sized]:
    source, sizes, axis = given[0], numbers(given[1]), number(given[2])
    if source.shape is None or sizes is None or axis is None:
        return [Sized.upto(source.most)] * len(operator.outputs)
    axis = axis_of(axis, len(source.shape))
    rest = source.shape[axis] - sum(size for size in sizes if size != -1)
    if len(sizes) != len(operator.outputs) or min(sizes) < -1 or sizes.count(-1) > 1 or rest < 0:
        raise Unfit(f"expected {len(operator.outputs)} parts of {source.shape[axis]}, got {sizes}")
    if rest and -1 not in sizes:
        raise Unfit(f"expected parts of {source.shape[axis]} together, got {sizes}")
    parts = [rest if size == -1 else size for size in sizes]
    return [whole((*source.shape[:axis], part, *source.shape[axis + 1 :])) for part in parts]


def _reshaped(operator: Operator, given: list[Sized]) -> list[Sized]:
    wanted = numbers(given[1]) if len(given) > 1 else None
    if len(given) < 2:
        wanted = [int(n) for n in operator.options.get("new_shape", ())]
        wanted = [] if wanted == [0] else wanted  # how scalars were written once
    if wanted is None or given[0].shape is None:
        return [Sized.upto(given[0].most)]
    count = math.prod(given[0].shape)
    others = math.prod(size for size in wanted if size != -1)
    if wanted.count(-1) == 1 and others > 0:
        wanted = [count // others if size == -1 else size for size in wanted]
    if any(size < 0 for size in wanted) or math.prod(wanted) != count:
        raise Unfit(f"expected a shape of {count:,} values, got {wanted[:9]}")
    return [whole(wanted)]


def _squeezed(operator: Operator, given: list[Sized]) -> list[Sized]:
    shape = given[0].shape
    if shape is None:
        return [Sized.upto(given[0].most)]
    axes = {axis_of(int(n), len(shape)) for n in operator.options.get("squeeze_dims", ())}
    axes = axes or {n for n, size in enumerate(shape) if size == 1}
    if any(shape[n] != 1 for n in axes):
        raise Unfit(f"expected sizes of 1 at {sorted(axes)}, got {shape}")
    return [whole([size for n, size in enumerate(shape) if n not in axes])]


def _expanded(_: Operator, given: list[Sized]) -> list[Sized]:
    shape, axis = given[0].shape, number(given[1])
    if shape is None or axis is None:
        return [Sized.upto(given[0].most)]
    axis = axis_of(axis, len(shape) + 1)
    return [whole((*shape[:axis], 1, *shape[axis:]))]


def _transposed(_: Operator, given: list[Sized]) -> list[Sized]:
    shape, order = given[0].shape, numbers(given[1])
    if shape is None or order is None:
        return [Sized.upto(given[0].most)]
    order = [axis_of(n, len(shape)) for n in order]
    if sorted(order) != [*range(len(shape))]:
        raise Unfit(f"expected an order of {len(shape)} axes, got {order}")
    return [whole([shape[n] for n in order])]


ALIKE = """
    ABS BUCKETIZE CAST CEIL COMPLEX_ABS COS CUMSUM DEQUANTIZE DYNAMIC_UPDATE_SLICE ELU EXP
    FAKE_QUANT FLOOR GELU HARD_SWISH IMAG L2_NORMALIZATION LEAKY_RELU LOCAL_RESPONSE_NORMALIZATION
    LOG LOGICAL_NOT LOGISTIC LOG_SOFTMAX MATRIX_SET_DIAG NEG QUANTIZE REAL RELU RELU6 RELU_0_TO_1
    RELU_N1_TO_1 REVERSE_SEQUENCE REVERSE_V2 ROUND RSQRT SIGN SIN SOFTMAX SQRT SQUARE TANH
    ZEROS_LIKE
"""

STRETCHED = """
    ADD SUB MUL DIV FLOOR_DIV FLOOR_MOD POW MAXIMUM MINIMUM SQUARED_DIFFERENCE EQUAL NOT_EQUAL
    GREATER GREATER_EQUAL LESS LESS_EQUAL LOGICAL_AND LOGICAL_OR SELECT_V2 ATAN2 BITWISE_XOR
    RIGHT_SHIFT
"""

RULES: dict[str, Rule] = {
    **dict.fromkeys(ALIKE.split(), alike),
    **dict.fromkeys(STRETCHED.split(), stretched),
    "ADD_N": _equal,
    "SELECT": _selected,
    "CONCATENATION": _concatenated,
    "PACK": _packed,
    "UNPACK": _unpacked,
    "SPLIT": _split,
    "SPLIT_V": _split_v,
    "RESHAPE": _reshaped,
    "SQUEEZE": _squeezed,
    "EXPAND_DIMS": _expanded,
    "TRANSPOSE": _transposed,
}
"""How the outputs' shapes follow from the inputs."""
