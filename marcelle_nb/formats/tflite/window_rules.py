"""The shapes that TensorFlow Lite operators make by moving a window over pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from marcelle_nb.formats.tflite.shape_rules import numbers, whole
from marcelle_nb.formats.tflite.sized import UNKNOWN, Sized
from marcelle_nb.formats.tflite.unfit import Unfit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from marcelle_nb.formats.tflite.model_structure import Operator
    from marcelle_nb.formats.tflite.shape_rules import Rule, Shape

SAME = 0


def known(given: Sequence[Sized], *ranks: int) -> list[Shape] | None:
    """Give the first shapes, whose ranks are those wanted (-1 is any), if all are known."""
    shapes = [size.shape for size, _ in zip(given, ranks, strict=False)]
    for shape, rank in zip(shapes, ranks, strict=False):
        if shape is not None and rank >= 0 and len(shape) != rank:
            raise Unfit(f"expected {rank} sizes, got {shape}")
    return None if None in shapes else [shape for shape in shapes if shape is not None]


def windows(operator: Operator, size: int, window: int, letter: str) -> int:
    """Count the places of a window along one axis."""
    options = operator.options
    step: int = options.get(f"stride_{letter}", 1)
    spread: int = options.get(f"dilation_{letter}_factor", 1)
    reach = (window - 1) * spread + 1
    if options.get("padding", SAME) == SAME:
        return -(-size // step)
    if reach > size:
        raise Unfit(f"expected a window of at most {size}, got {reach}")
    return (size + step - reach) // step


def _convolved(operator: Operator, given: list[Sized]) -> list[Sized]:
    shapes = known(given, 4, 4)
    if shapes is None:
        return [UNKNOWN]
    (rows, height, width, depth), weights = shapes
    deep = operator.name == "DEPTHWISE_CONV_2D"
    made, each = (weights[3], 0) if deep else (weights[0], weights[3])
    if deep and (weights[0] != 1 or not depth or made % depth):
        raise Unfit(f"expected weights for {depth} channels, got {weights}")
    if not deep and (not each or depth % each or made % (depth // each)):
        raise Unfit(f"expected weights for {depth} channels, got {weights}")
    factor = operator.options.get("depth_multiplier", 0)
    if deep and factor and made != depth * factor:
        raise Unfit(f"expected {depth * factor} channels, got {made}")
    check_bias(given, made)
    high = windows(operator, height, weights[1], "h")
    return [whole((rows, high, windows(operator, width, weights[2], "w"), made))]


def check_bias(given: list[Sized], made: int, place: int = 2) -> None:
    """Check that there is a bias for each channel, if there are any."""
    if len(given) > place and given[place].most not in (None, made):
        raise Unfit(f"expected {made} biases, got {given[place].shape}")


def _convolved_3d(operator: Operator, given: list[Sized]) -> list[Sized]:
    shapes = known(given, 5, 5)
    if shapes is None:
        return [UNKNOWN]
    image, weights = shapes
    if image[4] != weights[3]:
        raise Unfit(f"expected weights for {image[4]} channels, got {weights}")
    check_bias(given, weights[4])
    sizes = [windows(operator, image[n + 1], weights[n], letter) for n, letter in enumerate("dhw")]
    return [whole((image[0], *sizes, weights[4]))]


def _unconvolved(operator: Operator, given: list[Sized]) -> list[Sized]:
    """Check the wanted shape of a transposed convolution by the convolution that undoes it."""
    flat = operator.name == "TRANSPOSE_CONV"
    shapes, wanted = known(given[1:], *((4, 4) if flat else (5, 5))), numbers(given[0])
    if shapes is None or wanted is None:
        return [UNKNOWN]
    weights, image = shapes
    made, taken, extent = weights[0], weights[3], weights[1:3]
    if not flat:
        made, taken, extent = weights[3], weights[4], weights[:3]
    if len(wanted) != len(image) or (wanted[0], wanted[-1]) != (image[0], made):
        raise Unfit(f"expected {image[0]} pictures of {made} channels, got {wanted}")
    letters = "hw" if flat else "dhw"
    back = [
        windows(operator, size, window, letter)
        for size, window, letter in zip(wanted[1:-1], extent, letters, strict=True)
    ]
    if taken != image[-1] or back != list(image[1:-1]):
        raise Unfit(f"expected a shape that is convolved to {image}, got {wanted} to {back}")
    check_bias(given, made, 3)
    return [whole(wanted)]


def _pooled(operator: Operator, given: list[Sized]) -> list[Sized]:
    shapes = known(given, 4)
    if shapes is None:
        return [Sized.upto(given[0].most)]
    ((rows, height, width, depth),) = shapes
    high = windows(operator, height, operator.options["filter_height"], "h")
    wide = windows(operator, width, operator.options["filter_width"], "w")
    return [whole((rows, high, wide, depth))]


RULES: dict[str, Rule] = {
    **dict.fromkeys(("CONV_2D", "DEPTHWISE_CONV_2D"), _convolved),
    "CONV_3D": _convolved_3d,
    **dict.fromkeys(("TRANSPOSE_CONV", "CONV_3D_TRANSPOSE"), _unconvolved),
    **dict.fromkeys(("AVERAGE_POOL_2D", "MAX_POOL_2D", "L2_POOL_2D"), _pooled),
}
"""How the outputs' shapes follow from the inputs."""
