"""Checks of a TensorFlow Lite file before native code reads it, which would trust its numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from marcelle_nb.errors import ModelFormatError, UnsafeModel
from marcelle_nb.formats.tflite.abstract_run import RULES
from marcelle_nb.formats.tflite.call_check import check_calls
from marcelle_nb.formats.tflite.detection import is_detection
from marcelle_nb.formats.tflite.operator_check import check_operator
from marcelle_nb.formats.tflite.operator_types import SIGNATURES, UNTYPED, check_types
from marcelle_nb.formats.tflite.quantization import STORED
from marcelle_nb.formats.tflite.schema import BITS
from marcelle_nb.formats.tflite.type_check import check_text, check_variables

if TYPE_CHECKING:
    from marcelle_nb.formats.tflite.model_structure import (
        ModelStructure,
        Operator,
        Subgraph,
        Tensor,
    )

MAX_TENSOR_BYTES = 2**30
"""A picture of 2,000 × 2,000 pixels in 64 channels of float32."""

MAX_FREE_BYTES = 2**24
"""Of a tensor with free sizes, as recorded: converters record 1 for them, and native code takes
memory for what is recorded before it knows better."""

KNOWN = (set(SIGNATURES) & set(RULES)) | {*UNTYPED, "READ_VARIABLE"} - {"CUSTOM"}
"""Operators whose types and shapes are known before they run."""

MAX_SUBGRAPHS = 2_000


def check_structure(model: ModelStructure, what: str, *, trust: bool = False) -> None:
    """Check all subgraphs.

    Parameters
    ----------
    model : ModelStructure
    what : str
        What messages call the file.
    trust : bool
        Let custom operators and those of TensorFlow pass.

    Raises
    ------
    UnsafeModel
        If it holds operators that are not TensorFlow Lite's own.
    ModelFormatError
        If sizes do not fit bytes, an operator reads what nothing wrote or writes what is constant,
        subgraphs call each other in a circle, or a tensor is larger than any model's.
    """
    if len(model.subgraphs) > MAX_SUBGRAPHS:
        raise ModelFormatError(f"{what}: expected at most {MAX_SUBGRAPHS:,} subgraphs, got more")
    for number, subgraph in enumerate(model.subgraphs):
        label = f"{what}: subgraph {number}" if number else what
        for operator in subgraph.operators:
            _check_safe(operator, what, trust=trust)
        for tensor in subgraph.tensors:
            _check_tensor(tensor, f"{label}: tensor {tensor.name!r:.80}")
        _check_order(subgraph, label)
        for operator in subgraph.operators:
            check_operator(operator, subgraph, f"{label}: {operator.name}")
            check_text(operator, subgraph, f"{label}: {operator.name}")
            check_types(operator, subgraph, f"{label}: {operator.name}")
    check_calls(model, what)
    check_variables(model, what)


def uses_tensorflow(model: ModelStructure) -> bool:
    """Tell whether some operators are TensorFlow's, which only its own interpreter runs."""
    return any(
        operator.name == "CUSTOM" and operator.custom.startswith("Flex")
        for subgraph in model.subgraphs
        for operator in subgraph.operators
    )


def _check_safe(operator: Operator, what: str, *, trust: bool) -> None:
    if operator.name in {"DELEGATE", "PLACEHOLDER_FOR_GREATER_OP_CODES"}:
        raise ModelFormatError(f"{what}: expected TensorFlow Lite operators, got {operator.name}")
    if trust or is_detection(operator) or operator.name in KNOWN:
        return
    if operator.name not in {"CUSTOM", "STABLEHLO_CUSTOM_CALL"}:
        raise ModelFormatError(
            f"{what}: expected operators that are checked before they run, got {operator.name}; "
            "trust=True opens a file that you know"
        )
    kind = "custom operator"
    if operator.custom.startswith("Flex"):
        kind = "TensorFlow operator"
    raise UnsafeModel(
        f"{what}: expected TensorFlow Lite's own operators, got the {kind} "
        f"{operator.custom or operator.name!r}; trust=True opens a file that you know"
    )


def _check_tensor(tensor: Tensor, what: str) -> None:
    if tensor.external:
        raise ModelFormatError(f"{what}: expected its values in the file, got them in another one")
    n_bits = math.prod(tensor.shape) * BITS.get(tensor.dtype, 8)
    if n_bits > 8 * MAX_TENSOR_BYTES:
        raise ModelFormatError(
            f"{what}: expected at most {MAX_TENSOR_BYTES:,} bytes, got {n_bits // 8:,}"
        )
    free = tensor.sizes is not None and None in tensor.sizes
    if free and n_bits > 8 * MAX_FREE_BYTES:
        raise ModelFormatError(
            f"{what}: expected at most {MAX_FREE_BYTES:,} bytes with a free size, "
            f"got {n_bits // 8:,}"
        )
    if tensor.sparsity is not None:
        raise ModelFormatError(f"{what}: expected a dense tensor, got a sparse one")
    _check_quantization(tensor, what)
    if tensor.data is None:
        return
    if tensor.dtype == "string":
        _check_text(tensor.data, math.prod(tensor.shape), what)
    elif tensor.dtype not in BITS:
        raise ModelFormatError(
            f"{what}: expected no stored values of type {tensor.dtype}, got some"
        )
    elif len(tensor.data) != -(-n_bits // 8):
        raise ModelFormatError(
            f"{what}: expected {-(-n_bits // 8):,} bytes for {tensor.shape} of {tensor.dtype}, "
            f"got {len(tensor.data):,}"
        )


def _check_text(data: np.ndarray, count: int, what: str) -> None:
    """Check a text constant: the number of texts, where each begins, where the last ends."""
    limits = np.frombuffer(data.tobytes()[: len(data) // 4 * 4], "<i4")
    if not len(limits) or limits[0] != count or len(limits) < count + 2:
        raise ModelFormatError(f"{what}: expected {count} texts, got another number")
    ends = limits[1 : count + 2]
    if ends[0] != 4 * (count + 2) or np.any(np.diff(ends) < 0) or ends[-1] > len(data):
        raise ModelFormatError(f"{what}: expected texts inside {len(data)} bytes, got others")


def _check_quantization(tensor: Tensor, what: str) -> None:
    n = len(tensor.scale)
    if not n and len(tensor.zero_point) < 2:
        return
    stored = tensor.dtype in STORED
    least = np.finfo(np.float32).tiny if stored else 0
    if not np.all(np.isfinite(tensor.scale)) or np.any(tensor.scale < least):
        raise ModelFormatError(f"{what}: expected scales above 0, got {tensor.scale[:4]}")
    if len(tensor.zero_point) not in {0, 1, n}:
        raise ModelFormatError(f"{what}: expected {n} zero points, got {len(tensor.zero_point)}")
    if n > 1 and not (0 <= tensor.axis < len(tensor.shape) and tensor.shape[tensor.axis] == n):
        raise ModelFormatError(
            f"{what}: expected a scale for each slice of {tensor.shape} along axis {tensor.axis}, "
            f"got {n}"
        )
    limits = np.iinfo(tensor.dtype if stored else np.int32)
    if np.any(tensor.zero_point < limits.min) or np.any(tensor.zero_point > limits.max):
        raise ModelFormatError(
            f"{what}: expected zero points of {limits.min} to {limits.max}, "
            f"got {tensor.zero_point[:4]}"
        )


def _check_order(subgraph: Subgraph, what: str) -> None:
    """Check that each value is there when it is read, and that no constant is written."""
    tensors = subgraph.tensors
    known = {n for n, tensor in enumerate(tensors) if tensor.data is not None or tensor.variable}
    known |= {n for n, tensor in enumerate(tensors) if 0 in tensor.shape}
    if len(set(subgraph.inputs)) != len(subgraph.inputs):
        raise ModelFormatError(f"{what}: expected each input once, got {subgraph.inputs}")
    if any(tensors[n].data is not None for n in subgraph.inputs):
        raise ModelFormatError(f"{what}: expected inputs without stored values, got some with")
    known |= set(subgraph.inputs)
    written = set(subgraph.inputs)
    for operator in subgraph.operators:
        missing = [n for n in operator.inputs if n >= 0 and n not in known]
        if missing:
            name = tensors[missing[0]].name
            raise ModelFormatError(
                f"{what}: {operator.name}: expected computed inputs, got {name!r:.80}"
            )
        made, outputs = operator.outputs, (*operator.outputs, *operator.intermediates)
        fixed = any(tensors[n].data is not None for n in outputs)
        if fixed or written.intersection(outputs) or any(tensors[n].variable for n in made):
            raise ModelFormatError(
                f"{what}: {operator.name}: expected outputs of its own, got others"
            )
        written.update(operator.outputs)
        known.update(operator.outputs)
    missing = [n for n in subgraph.outputs if n not in known]
    if missing:
        name = tensors[missing[0]].name
        raise ModelFormatError(f"{what}: expected outputs that are computed, got {name!r:.80}")
