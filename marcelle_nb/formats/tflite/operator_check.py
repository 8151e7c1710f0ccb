"""Checks of single operators where native code would trust what the file says."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.tflite.operator_arity import ARITY, MANY, REQUIRED

if TYPE_CHECKING:
    from collections.abc import Container

    from marcelle_nb.formats.tflite.model_structure import Operator, Subgraph, Tensor

MAX_STEP = 2**15
"""Of strides, dilations, blocks and windows: none is longer than a picture."""

_STEPS = {"stride_", "dilation_", "filter_", "block_size", "depth_multiplier"}

_ALIKE = """
    ABS CAST CEIL COS DEQUANTIZE ELU EXP FLOOR GELU HARD_SWISH LEAKY_RELU
    LOCAL_RESPONSE_NORMALIZATION LOG LOGICAL_NOT LOGISTIC LOG_SOFTMAX NEG QUANTIZE RELU RELU6
    RELU_0_TO_1 RELU_N1_TO_1 REVERSE_V2
    ROUND RSQRT SIGN SIN SOFTMAX SQRT SQUARE TANH ZEROS_LIKE
"""
"""Operators whose output has the shape of their first input."""

_COUNTS = {"SPLIT": "num_splits", "SPLIT_V": "num_splits", "UNPACK": "num", "PACK": "values_count"}

_LEFT_OUT: dict[str, Container[int]] = {
    "CONV_2D": {2},
    "DEPTHWISE_CONV_2D": {2},
    "FULLY_CONNECTED": {2},
    "CONV_3D": {2},
    "TRANSPOSE_CONV": {3},
    "CONV_3D_TRANSPOSE": {3},
    "SVDF": {3},
    "LSTM": range(1, 24),
    "UNIDIRECTIONAL_SEQUENCE_LSTM": range(1, 24),
    "BIDIRECTIONAL_SEQUENCE_LSTM": range(1, 48),
    "BIDIRECTIONAL_SEQUENCE_RNN": range(1, 12),
    "CUSTOM": range(64),
}
"""Which inputs may be left out."""

_WEIGHTED = {"CONV_2D": (4, 0), "DEPTHWISE_CONV_2D": (4, 3), "FULLY_CONNECTED": (2, 0)}
"""The rank of the weights, and which of their axes the bias runs along."""


def check_operator(operator: Operator, subgraph: Subgraph, what: str) -> None:
    """Check one operator against the tensors that it names.

    Raises
    ------
    ModelFormatError
        If inputs are left out that must be there, options are out of bounds, or shapes do not fit
        each other.
    """
    allowed = _LEFT_OUT.get(operator.name, ())
    if any(number < 0 and place not in allowed for place, number in enumerate(operator.inputs)):
        raise ModelFormatError(f"{what}: expected all inputs, got {operator.inputs}")
    _check_arity(operator, what)
    tensors = [subgraph.tensors[number] if number >= 0 else None for number in operator.inputs]
    outputs = [subgraph.tensors[number] for number in operator.outputs]
    _check_steps(operator, what)
    _check_counts(operator, what)
    _check_window(operator, tensors, what)
    _check_weights(operator, tensors, what)
    if operator.name in _ALIKE.split() and tensors and tensors[0] and outputs:
        _check_alike(tensors[0], outputs[0], what)
    if operator.options_name in {"Conv2D", "DepthwiseConv2D", "Pool2D"} and tensors[0]:
        _check_shrinks(tensors[0], outputs[0], what)


def _check_arity(operator: Operator, what: str) -> None:
    wanted = REQUIRED.get(operator.name)
    if wanted is not None and (operator.options_name != wanted or not operator.options):
        raise ModelFormatError(
            f"{what}: expected the options {wanted}, got {operator.options_name or 'none'}"
        )
    for side, numbers, (low, high) in zip(
        ("inputs", "outputs"),
        (operator.inputs, operator.outputs),
        ARITY.get(operator.name, ((0, MANY), (0, MANY))),
        strict=True,
    ):
        if not low <= len(numbers) <= high:
            raise ModelFormatError(f"{what}: {side}: expected {low} to {high}, got {len(numbers)}")


def _check_steps(operator: Operator, what: str) -> None:
    radius = operator.options.get("radius", 0)
    if not 0 <= radius <= MAX_STEP:
        raise ModelFormatError(f"{what}: radius: expected 0 to {MAX_STEP:,}, got {radius}")
    for name, value in operator.options.items():
        if any(name.startswith(step) for step in _STEPS) and not 0 < value <= MAX_STEP:
            if name == "depth_multiplier" and value == 0:
                continue  # some converters leave it to the shape of the weights
            raise ModelFormatError(f"{what}: {name}: expected 1 to {MAX_STEP:,}, got {value}")


def _check_counts(operator: Operator, what: str) -> None:
    name = _COUNTS.get(operator.name)
    if name is None or name not in operator.options:
        return
    side = operator.inputs if operator.name == "PACK" else operator.outputs
    if operator.options[name] != len(side):
        raise ModelFormatError(
            f"{what}: {name}: expected {len(side)}, got {operator.options[name]}"
        )


def _check_window(operator: Operator, inputs: list[Tensor | None], what: str) -> None:
    """Refuse a pooling window that is much larger than the picture, for which memory is taken."""
    if "filter_width" not in operator.options or not inputs or inputs[0] is None:
        return
    area = operator.options["filter_width"] * operator.options["filter_height"]
    sizes = inputs[0].sizes
    limit = 2**16
    if sizes is not None and len(sizes) == 4 and sizes[1] is not None and sizes[2] is not None:
        limit = max(64, 4 * sizes[1] * sizes[2])
    if area > limit:
        raise ModelFormatError(f"{what}: expected a window of at most {limit:,}, got {area:,}")


def _check_shrinks(given: Tensor, made: Tensor, what: str) -> None:
    """Check the output of a convolution or pooling, whose steps are 1 and more."""
    if not given.sizes or not made.sizes or len(given.sizes) != 4:
        return
    pairs = zip(given.sizes[:3], made.sizes, strict=False)
    if len(made.sizes) != 4 or any(a is not None and b is not None and b > a for a, b in pairs):
        raise ModelFormatError(
            f"{what}: expected an output no larger than {given.shape}, got {made.shape}"
        )


def _check_weights(operator: Operator, inputs: list[Tensor | None], what: str) -> None:
    if operator.name not in _WEIGHTED:
        return
    rank, axis = _WEIGHTED[operator.name]
    weights = inputs[1] if len(inputs) > 1 else None
    if weights is None or len(weights.shape) != rank or 0 in weights.shape:
        got = None if weights is None else weights.shape
        raise ModelFormatError(f"{what}: expected weights with {rank} sizes, got {got}")
    bias = inputs[2] if len(inputs) > 2 else None
    if bias is None and operator.name == "DEPTHWISE_CONV_2D":
        raise ModelFormatError(f"{what}: expected biases with weights of {weights.dtype}, got none")
    if bias is not None and bias.data is not None and math.prod(bias.shape) != weights.shape[axis]:
        raise ModelFormatError(
            f"{what}: expected {weights.shape[axis]} biases for weights of {weights.shape}, "
            f"got {bias.shape}"
        )


def _check_alike(given: Tensor, made: Tensor, what: str) -> None:
    fixed = _fixed(given) and _fixed(made)
    if (fixed or given.data is not None) and given.shape != made.shape:
        raise ModelFormatError(f"{what}: expected an output of {given.shape}, got {made.shape}")


def _fixed(tensor: Tensor) -> bool:
    return tensor.sizes is not None and None not in tensor.sizes
