"""The weights of a TensorFlow.js graph, put where its constants are."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.errors import ModelFormatError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray


ALLOWANCE = 64 * 2**20
"""Bytes that constants may take beyond twice the weights, where functions share them."""

TEXT = 7

TYPES: dict[int, np.dtype[Any]] = {
    1: np.dtype("<f4"),
    2: np.dtype("<f8"),
    3: np.dtype("<i4"),
    4: np.dtype("u1"),
    5: np.dtype("<i2"),
    6: np.dtype("i1"),
    8: np.dtype("<c8"),
    9: np.dtype("<i8"),
    10: np.dtype("?"),
    17: np.dtype("<u2"),
    18: np.dtype("<c16"),
    19: np.dtype("<f2"),
    22: np.dtype("<u4"),
    23: np.dtype("<u8"),
}
"""Types of constants by TensorFlow's numbers of them."""


def fill_constants(graph_def: Any, weights: Mapping[str, NDArray[Any]], what: str) -> None:
    """Write each weight into the constant of its name, in the graph and in its functions.

    The weights are of the few types that files hold; a constant keeps the type that its node
    declares, as `int64` for weights of `int32`.

    Raises
    ------
    ModelFormatError
        If a constant has no weight and no value of its own, or one of another kind.
    """
    limit = ALLOWANCE + 2 * sum(array.nbytes for array in weights.values())
    filled = 0
    for node in constants(graph_def):
        if node.name in weights:
            filled += weights[node.name].nbytes
            if filled > limit:
                raise ModelFormatError(
                    f"{what}: expected constants of at most {limit:,} bytes, got more: "
                    f"{node.name!r:.100} is used again and again"
                )
            _fill(node, weights[node.name], what)
        elif not _has_value(node.attr["value"].tensor):
            raise ModelFormatError(
                f"{what}: expected a weight for the constant {node.name!r:.100}, got none"
            )


def constants(graph_def: Any) -> Iterator[Any]:
    """Give all constant nodes of a graph and its functions."""
    for nodes in (graph_def.node, *(f.node_def for f in graph_def.library.function)):
        yield from (node for node in nodes if node.op == "Const")


def _fill(node: Any, array: NDArray[Any], what: str) -> None:
    number = node.attr["dtype"].type or node.attr["value"].tensor.dtype
    tensor = node.attr["value"].tensor
    tensor.Clear()
    tensor.dtype = number
    tensor.tensor_shape.SetInParent()
    for size in array.shape:
        tensor.tensor_shape.dim.add().size = size
    node.attr["dtype"].type = number
    if array.dtype == object and number == TEXT:
        tensor.string_val.extend(array.ravel())
        return
    wanted = TYPES.get(number)
    if wanted is None or array.dtype == object or (array.dtype.kind == "c" and wanted.kind != "c"):
        got = "text" if array.dtype == object else str(array.dtype)
        raise ModelFormatError(
            f"{what}: expected a weight of type {number} for the constant {node.name!r:.100}, "
            f"got {got}"
        )
    with np.errstate(invalid="ignore", over="ignore"):
        tensor.tensor_content = np.ascontiguousarray(array, wanted).tobytes()


def _has_value(tensor: Any) -> bool:
    """Tell whether a constant's value stands in the graph itself; without weights it must."""
    if math.prod(dim.size for dim in tensor.tensor_shape.dim) == 0:
        return True
    return any(
        field.name == "tensor_content" or field.name.endswith("_val")
        for field, _ in tensor.ListFields()
    )
