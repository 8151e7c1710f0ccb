"""The shapes that TensorFlow Lite operators make of rows in time, with weights of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from marcelle_nb.formats.tflite.shape_rules import whole
from marcelle_nb.formats.tflite.sized import UNKNOWN, Sized
from marcelle_nb.formats.tflite.unfit import Unfit

if TYPE_CHECKING:
    from marcelle_nb.formats.tflite.model_structure import Operator
    from marcelle_nb.formats.tflite.shape_rules import Rule, Shape


def _fit(given: list[Sized], place: int, shape: Shape) -> None:
    """Check the shape of an input that may be left out."""
    known = given[place].shape if place < len(given) and given[place] is not UNKNOWN else None
    if known is not None and known != shape:
        raise Unfit(f"expected {shape} as input {place}, got {known}")


def _lstm(operator: Operator, given: list[Sized]) -> list[Sized]:
    """Check the weights of four gates; a gate without weights is left out."""
    shape, weights, recurrent = given[0].shape, given[2].shape, given[6].shape
    if weights is None or recurrent is None or len(weights) != 2 or len(recurrent) != 2:
        raise Unfit(f"expected weights of two sizes, got {weights} and {recurrent}")
    (cells, taken), made = weights, recurrent[1]
    for places, wanted in (
        (range(1, 5), (cells, taken)),
        (range(5, 9), (cells, made)),
        (range(9, 16), (cells,)),
        (range(16, 17), (made, cells)),
        (range(17, 18), (made,)),
        (range(20, 24), (cells,)),
    ):
        for place in places:
            _fit(given, place, wanted)
    if shape is None:
        return [UNKNOWN]
    if len(shape) != 3 or shape[2] != taken or 0 in shape:
        raise Unfit(f"expected rows of {taken} values in time, got {shape}")
    rows = shape[1] if operator.options.get("time_major") else shape[0]
    _fit(given, 18, (rows, made))
    _fit(given, 19, (rows, cells))
    return [whole((*shape[:2], made))]


def _rnn(operator: Operator, given: list[Sized]) -> list[Sized]:
    shape, weights, recurrent = (size.shape for size in given[:3])
    if weights is None or recurrent is None or len(weights) != 2:
        raise Unfit(f"expected weights of two sizes, got {weights}")
    units, taken = weights
    for place, wanted in ((2, (units, units)), (3, (units,))):
        _fit(given, place, wanted)
    if shape is None:
        return [UNKNOWN]
    sequence = operator.name != "RNN"
    if len(shape) != 2 + sequence or shape[-1] != taken:
        raise Unfit(f"expected rows of {taken} values, got {shape}")
    rows = shape[1] if sequence and operator.options.get("time_major") else shape[0]
    _fit(given, 4, (rows, units))
    return [whole((*shape[:-1], units))]


def _svdf(operator: Operator, given: list[Sized]) -> list[Sized]:
    shape, feature, time = (size.shape for size in given[:3])
    rank = operator.options.get("rank", 0)
    if feature is None or time is None or len(feature) != 2 or len(time) != 2:
        raise Unfit(f"expected weights of two sizes, got {feature} and {time}")
    filters, taken = feature
    if rank < 1 or filters % rank or time[0] != filters:
        raise Unfit(f"expected filters in groups of {rank}, got {feature} and {time}")
    _fit(given, 3, (filters // rank,))
    if shape is None:
        return [UNKNOWN]
    if len(shape) != 2 or shape[1] != taken:
        raise Unfit(f"expected rows of {taken} values, got {shape}")
    _fit(given, 4, (shape[0], time[1] * filters))
    return [whole((shape[0], filters // rank))]


RULES: dict[str, Rule] = {
    "UNIDIRECTIONAL_SEQUENCE_LSTM": _lstm,
    **dict.fromkeys(("RNN", "UNIDIRECTIONAL_SEQUENCE_RNN"), _rnn),
    "SVDF": _svdf,
}
"""How the outputs' shapes follow from the inputs."""
