"""Checks of an ONNX file before the runtime reads it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.errors import ModelFormatError, UnsafeModel
from marcelle_nb.formats.onnx_models.operator_check import check_operators

if TYPE_CHECKING:
    from collections.abc import Iterator

DOMAINS = {"", "ai.onnx", "ai.onnx.ml"}

_CONTRIBUTED = """
    Attention BiasAdd BiasGelu BiasSoftmax BiasSplitGelu ConvTransposeWithDynamicPads CropAndResize
    DequantizeLinear DynamicQuantizeLSTM DynamicQuantizeMatMul EmbedLayerNormalization ExpandDims
    FastGelu FusedConv FusedGemm FusedMatMul FusedMatMulActivation GatherND Gelu GroupNorm
    GroupQueryAttention Inverse Irfft LayerNormalization MatMulInteger16 MatMulIntegerToFloat
    MatMulNBits MaxpoolWithMask MulInteger MultiHeadAttention NGramRepeatBlock NhwcConv
    NhwcFusedConv NhwcMaxPool Pad QAttention QEmbedLayerNormalization QGemm QLinearAdd
    QLinearAveragePool
    QLinearConcat QLinearConv QLinearGlobalAveragePool QLinearLeakyRelu QLinearMul QLinearReduceMean
    QLinearSigmoid QLinearSoftmax QLinearWhere QMoE QOrderedMatMul QuantizeLinear QuickGelu Range
    ReduceSumInteger Rfft RotaryEmbedding SampleOp SimplifiedLayerNormalization
    SkipGroupNorm SkipLayerNormalization SkipSimplifiedLayerNormalization Tokenizer
    TransposeMatMul Trilu Unique WordConvEmbedding
"""

CONTRIBUTED = frozenset(_CONTRIBUTED.split())
"""Operators of the runtime's own domain `com.microsoft` that only compute: its optimiser and its
quantiser write them."""

RUNTIME_DOMAIN = "com.microsoft"

MAX_BYTES = 2**31
MAX_DEPTH = 16
MAX_NODES = 500_000
MAX_CALLS = 64

_BITS = {2: 8, 3: 8, 4: 16, 5: 16, 9: 8, 10: 16, 16: 16, 6: 32, 1: 32, 12: 32}
_BITS |= {7: 64, 11: 64, 13: 64, 14: 64, 15: 128, 17: 8, 18: 8, 19: 8, 20: 8, 21: 4, 22: 4, 23: 4}
_TEXT = 8
_REPEATED = {1: "float_data", 14: "float_data", 7: "int64_data", 11: "double_data"}
_REPEATED |= {15: "double_data", 12: "uint64_data", 13: "uint64_data"}


def check_model(model: Any, what: str, *, trust: bool = False) -> None:
    """Check operators, sizes and references of a model.

    Parameters
    ----------
    model : onnx.ModelProto
        With all its weights inside.
    what : str
        What messages call the file.
    trust : bool
        Let operators of other domains pass.

    Raises
    ------
    UnsafeModel
        If it holds operators that the runtime does not have by itself.
    ModelFormatError
        If tensors do not fit their bytes, a shape is larger than any model's, or graphs are nested
        too deep.
    """
    _check_calls(model, what)
    # the runtime takes its own operators before functions that bear their names
    functions = {(function.domain, function.name) for function in model.functions}
    own = {each for each in functions if each[0] != RUNTIME_DOMAIN}
    bodies = [node for function in model.functions for node in function.node]
    for count, node in enumerate(_nodes([*model.graph.node, *bodies], what)):
        if count > MAX_NODES:
            raise ModelFormatError(f"{what}: expected at most {MAX_NODES:,} nodes, got more")
        if not trust and (node.domain, node.op_type) not in own:
            _check_domain(node, what)
        _check_attributes(node, what)
    for graph in _graphs(model):
        for sparse in graph.sparse_initializer:
            _check_sparse(sparse, what)
        for tensor in graph.initializer:
            check_tensor(tensor, what)
    _check_fills(model, what)
    if not trust:
        check_operators(_graphs(model), what)


def _check_attributes(node: Any, what: str) -> None:
    for attribute in node.attribute:
        for tensor in (*attribute.tensors, *_single(attribute, "t")):
            check_tensor(tensor, f"{what}: {node.op_type}")
        for sparse in (*attribute.sparse_tensors, *_single(attribute, "sparse_tensor")):
            _check_sparse(sparse, f"{what}: {node.op_type}")


def check_tensor(tensor: Any, what: str) -> None:
    """Check that a tensor's shape is what its bytes hold."""
    label = f"{what}: tensor {tensor.name!r:.80}"
    dims = list(tensor.dims)
    if any(size < 0 for size in dims) or len(dims) > 32:
        raise ModelFormatError(f"{label}: expected sizes of 0 and more, got {dims[:9]}")
    count = math.prod(dims)
    if tensor.data_location == 1:
        raise ModelFormatError(f"{label}: expected its values in the file, got another file's")
    if tensor.data_type == _TEXT:
        held, wanted = len(tensor.string_data), count
    elif tensor.data_type not in _BITS:
        raise ModelFormatError(f"{label}: expected a known type, got number {tensor.data_type}")
    elif tensor.HasField("raw_data"):
        held, wanted = len(tensor.raw_data), -(-count * _BITS[tensor.data_type] // 8)
    else:
        held, wanted = _repeated(tensor, count)
    if held != wanted:
        raise ModelFormatError(f"{label}: expected {wanted:,} values for {dims}, got {held:,}")


def _check_sparse(sparse: Any, what: str) -> None:
    """Check a tensor that tells a few of its values; the runtime writes out all of them."""
    check_tensor(sparse.values, what)
    check_tensor(sparse.indices, what)
    dims = list(sparse.dims)
    most = max(1024, 64 * math.prod(sparse.values.dims))
    if len(dims) > 32 or any(size < 0 for size in dims) or math.prod(dims) > most:
        raise ModelFormatError(
            f"{what}: tensor {sparse.values.name!r:.80}: expected at most {most:,} values, "
            f"got {dims[:9]}"
        )


def _check_calls(model: Any, what: str) -> None:
    """Refuse functions that call themselves, or each other so often that it has no end."""
    bodies = {(function.domain, function.name): function.node for function in model.functions}
    expanded: dict[tuple[str, str], int] = {}
    for _ in range(MAX_CALLS + 1):
        waiting = [key for key in bodies if key not in expanded]
        for key in waiting:
            called = [(node.domain, node.op_type) for node in _nodes(bodies[key], what)]
            if all(each in expanded for each in called if each in bodies):
                expanded[key] = sum(1 + expanded.get(each, 0) for each in called)
    if len(expanded) < len(bodies):
        raise ModelFormatError(
            f"{what}: expected functions that call each other at most {MAX_CALLS} deep, "
            "got a longer chain or a circle"
        )
    nodes = _nodes(model.graph.node, what)
    total = sum(1 + expanded.get((node.domain, node.op_type), 0) for node in nodes)
    if total > MAX_NODES:
        raise ModelFormatError(
            f"{what}: expected at most {MAX_NODES:,} nodes with all calls written out, "
            f"got {total:,}"
        )


def _repeated(tensor: Any, count: int) -> tuple[int, int]:
    """Give how many numbers a typed field holds, and how many it should."""
    held = len(getattr(tensor, _REPEATED.get(tensor.data_type, "int32_data")))
    if tensor.data_type in {14, 15}:
        return held, 2 * count
    bits = _BITS[tensor.data_type]
    return held, count if bits >= 8 else -(-count * bits // 8)


def _check_domain(node: Any, what: str) -> None:
    if node.domain in DOMAINS or (node.domain == RUNTIME_DOMAIN and node.op_type in CONTRIBUTED):
        return
    raise UnsafeModel(
        f"{what}: expected operators of ONNX, got {node.op_type!r:.60} of the domain "
        f"{node.domain!r:.60}; trust=True opens a file that you know"
    )


def _check_fills(model: Any, what: str) -> None:
    """Refuse a few bytes that ask for much: constant shapes of tensors that are filled."""
    known = {tensor.name: tensor for graph in _graphs(model) for tensor in graph.initializer}
    for node in _nodes(model.graph.node, what):
        if node.op_type == "Constant":
            for attribute in node.attribute:
                known.update({node.output[0]: attribute.t} if attribute.name == "value" else {})
    for node in _nodes(model.graph.node, what):
        shape = {"ConstantOfShape": 0, "Expand": 1, "Reshape": 1}.get(node.op_type)
        if shape is None or len(node.input) <= shape:
            continue
        tensor = known.get(node.input[shape])
        if tensor is not None and tensor.data_type == 7:
            raw = np.frombuffer(tensor.raw_data, "<i8") if tensor.raw_data else tensor.int64_data
            size = math.prod(max(int(n), 1) for n in raw)
            if 4 * size > MAX_BYTES // 2:
                raise ModelFormatError(
                    f"{what}: {node.op_type}: expected at most {MAX_BYTES // 8:,} values, "
                    f"got {size:,}"
                )


def _single(attribute: Any, name: str) -> list[Any]:
    return [getattr(attribute, name)] if attribute.HasField(name) else []


def _graphs(model: Any) -> Iterator[Any]:
    yield model.graph
    bodies = [node for function in model.functions for node in function.node]
    for node in _nodes([*model.graph.node, *bodies], ""):
        for attribute in node.attribute:
            yield from (*attribute.graphs, *_single(attribute, "g"))


def _nodes(nodes: Any, what: str, depth: int = 0) -> Iterator[Any]:
    """Walk nodes with those of the graphs in them."""
    if depth > MAX_DEPTH:
        raise ModelFormatError(f"{what}: expected graphs at most {MAX_DEPTH} deep, got deeper ones")
    for node in nodes:
        yield node
        for attribute in node.attribute:
            for graph in (*attribute.graphs, *_single(attribute, "g")):
                yield from _nodes(graph.node, what, depth + 1)
