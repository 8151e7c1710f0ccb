"""How large the tensors of a graph will be, as far as the graph itself tells."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.graphs.constant_values import ConstantValues
from marcelle_nb.formats.graphs.op_names import op_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from marcelle_nb.formats.graphs.graph_bodies import Body

ALLOWANCE = 64 * 2**20
"""Bytes that a graph may ask for beyond twice what its file holds."""

SMALL = 1024
"""Values that every operation may ask for without being counted."""

MAX_DIMENSION = 2**31
MAX_RANK = 254

ITEM_SIZES = {1: 4, 2: 8, 3: 4, 4: 1, 5: 2, 6: 1, 7: 1, 8: 8, 9: 8, 10: 1} | {
    14: 2, 17: 2, 18: 16, 19: 2, 22: 4, 23: 8
}  # fmt: skip
"""Bytes of one value by the number of its type; a text is at least its own length."""


def _product(values: Sequence[int]) -> int:
    return math.prod(max(int(v), 1) for v in values)


def _padded(values: Sequence[int]) -> int:
    """Give the least size of what is padded by pairs (before, after)."""
    return math.prod(
        1 + max(a, 0) + max(b, 0) for a, b in zip(values[::2], values[1::2], strict=False)
    )


def _largest(values: Sequence[int]) -> int:
    return max((int(v) for v in values), default=0)


ASKING: dict[str, tuple[int, Callable[[Sequence[int]], int]]] = {
    **dict.fromkeys(
        op_names("""
        Fill Ones Zeros Empty RandomUniform RandomUniformInt RandomStandardNormal TruncatedNormal
        ParameterizedTruncatedNormal StatelessRandomUniform StatelessRandomNormal RandomGamma
        StatelessRandomUniformV2 StatelessRandomNormalV2 StatelessTruncatedNormal
        StatelessTruncatedNormalV2 StatelessRandomUniformInt StatelessRandomUniformIntV2
        StatelessRandomUniformFullInt StatelessRandomUniformFullIntV2 RandomPoisson RandomPoissonV2
        StatelessRandomBinomial StatelessRandomGammaV2 StatelessRandomPoisson
        """),
        (0, _product),
    ),
    **dict.fromkeys(
        op_names("StatefulUniform StatefulStandardNormalV2 StatefulTruncatedNormal"), (2, _product)
    ),
    **dict.fromkeys(
        op_names("""
        BroadcastTo Tile SparseToDense ResizeBilinear ResizeNearestNeighbor ResizeBicubic ResizeArea
        ScaleAndTranslate
        """),
        (1, _product),
    ),
    **dict.fromkeys(
        op_names("ScatterNd ImageProjectiveTransformV2 ImageProjectiveTransformV3"), (2, _product)
    ),
    **dict.fromkeys(
        op_names("Conv2DBackpropInput DepthwiseConv2dNativeBackpropInput"), (0, _product)
    ),
    **dict.fromkeys(op_names("Conv3DBackpropInputV2 Conv3DBackpropInput"), (0, _product)),
    "CropAndResize": (3, _product),
    **dict.fromkeys(op_names("Pad PadV2 MirrorPad"), (1, _padded)),
    "SpaceToBatchND": (2, _padded),
    **dict.fromkeys(
        op_names("OneHot Multinomial Bincount DenseBincount TensorListReserve"), (1, _largest)
    ),
    **dict.fromkeys(op_names("EmptyTensorList LinSpace MatrixDiagV2 MatrixDiagV3"), (2, _largest)),
    **dict.fromkeys(op_names("RaggedBincount SparseBincount"), (2, _largest)),
    **dict.fromkeys(
        op_names("TensorArrayV3 TensorArrayV2 TensorArray EmptyTensorMap"), (0, _largest)
    ),
    **dict.fromkeys(op_names("TensorListResize"), (1, _largest)),
    **dict.fromkeys(op_names("TensorListScatterV2"), (3, _largest)),
    **dict.fromkeys(
        op_names("UnsortedSegmentSum UnsortedSegmentMax UnsortedSegmentMin UnsortedSegmentProd"),
        (2, _largest),
    ),
    **dict.fromkeys(op_names("RFFT IRFFT RFFT2D IRFFT2D RFFT3D IRFFT3D"), (1, _product)),
}
"""Operations whose results are as large as the numbers in one input say, and which input."""


def check_sizes(bodies: Iterable[Body], what: str, declared: int = 0) -> None:
    """Refuse graphs that ask for more memory than a model of their size needs.

    What a graph computes from its inputs cannot be known here; what its constants say can, also
    through the few operations by which shapes are put together.

    Raises
    ------
    ModelFormatError
        If a shape is none, a constant holds less than its shape says and is large, or an
        operation is asked for a large result by constants.
    """
    held = declared
    asked = 0
    for body in bodies:
        values = ConstantValues(body)
        for name in body.order or body.nodes:
            node = body.nodes[name]
            for shape in _shapes(node):
                _check_shape(shape, body.what, name)
            if node.op == "Const":
                content, size = _constant(node, body.what)
                held += content
                asked += size - content
            else:
                asked += _asked(node, values)
    limit = ALLOWANCE + 2 * held
    if asked > limit:
        raise ModelFormatError(
            f"{what}: expected a graph that asks for at most {limit:,} bytes, got {asked:,}"
        )


def _asked(node: Any, values: ConstantValues) -> int:
    """Give the bytes of the result that constants ask an operation for, 0 where they do not."""
    if node.op == "Range":
        start, limit, delta = (values.of_input(node, i) for i in range(3))
        if not start or not limit or not delta or delta[0] == 0:
            return 0
        return max(0, (limit[0] - start[0]) // delta[0]) * 8
    if node.op not in ASKING:
        return 0
    index, size = ASKING[node.op]
    asked = values.of_input(node, index)
    if asked is None:
        return 0
    count = size(asked)
    if node.op in {"Tile", "OneHot"}:
        count *= max(values.size_of_input(node, 0), 1)
    return count * 4 if count > SMALL else 0


def _constant(node: Any, what: str) -> tuple[int, int]:
    """Give the bytes that a constant holds in the file, and those that it takes in memory."""
    tensor = node.attr["value"].tensor
    shape = [dim.size for dim in tensor.tensor_shape.dim]
    if tensor.tensor_shape.unknown_rank or any(n < 0 for n in shape):
        raise ModelFormatError(f"{what}: expected constants with sizes, got {node.name!r:.100}")
    content = tensor.ByteSize()
    return content, max(content, math.prod(shape) * ITEM_SIZES.get(tensor.dtype, 8))


def _shapes(node: Any) -> Iterable[Any]:
    for key, value in node.attr.items():
        if key.startswith("_"):
            continue  # a compiler's notes, where negative sizes stand for each other
        kind = value.WhichOneof("value")
        if kind == "shape":
            yield value.shape
        elif kind == "list":
            yield from value.list.shape
            yield from (tensor.tensor_shape for tensor in value.list.tensor)
        elif kind == "tensor":
            yield value.tensor.tensor_shape


def _check_shape(shape: Any, what: str, name: str) -> None:
    sizes = [dim.size for dim in shape.dim]
    if len(sizes) > MAX_RANK or any(n < -1 for n in sizes) or _product(sizes) > MAX_DIMENSION:
        got = " × ".join(str(n) for n in sizes[:10])
        raise ModelFormatError(
            f"{what}: expected {name!r:.100} to have a shape of at most {MAX_DIMENSION:,} values, "
            f"got {got}"
        )
