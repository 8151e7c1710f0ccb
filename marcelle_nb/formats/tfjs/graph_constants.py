"""The weights of a TensorFlow.js graph, put where its constants are."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.graphs.large_weights import IN_GRAPH, large_weights, leave_out

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping

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
    _fill_all(graph_def, weights, what, frozenset())


def fill_small_constants(
    graph_def: Any, weights: Mapping[str, NDArray[Any]], what: str, *, room: int = IN_GRAPH
) -> dict[str, NDArray[Any]]:
    """Do as `fill_constants`, but make placeholders of the graph's own largest constants.

    Parameters
    ----------
    graph_def : GraphDef
    weights : mapping of str to numpy.ndarray
    what : str
        What messages call the file.
    room : int
        Bytes of weights that may stand in the graph.

    Returns
    -------
    dict of str to numpy.ndarray
        What was left out, by the names of the nodes, of the types that these declare.

    Raises
    ------
    ModelFormatError
        As `fill_constants`.
    """
    found = {
        node.name: weights[node.name]
        for node in graph_def.node
        if node.op == "Const" and node.name in weights
    }
    beside = large_weights(found, room)
    return _fill_all(graph_def, weights, what, beside)


def _fill_all(
    graph_def: Any, weights: Mapping[str, NDArray[Any]], what: str, beside: Container[str]
) -> dict[str, NDArray[Any]]:
    limit = ALLOWANCE + 2 * sum(array.nbytes for array in weights.values())
    filled = 0
    left: dict[str, NDArray[Any]] = {}
    n = len(graph_def.node)
    for i, node in enumerate(_all_nodes(graph_def)):
        if node.op != "Const":
            continue
        if node.name in weights:
            array = weights[node.name]
            wanted = _type_of(node, array, what)
            filled += array.nbytes if wanted is None else array.size * wanted.itemsize
            if filled > limit:
                raise ModelFormatError(
                    f"{what}: expected constants of at most {limit:,} bytes, got more: "
                    f"{node.name!r:.100} is used again and again, or by wider numbers"
                )
            if i < n and node.name in beside:
                left[node.name] = _converted(array, wanted)
                leave_out(node, _number(node), array.shape)
            else:
                _fill(node, array, wanted)
        elif not _has_value(node.attr["value"].tensor):
            raise ModelFormatError(
                f"{what}: expected a weight for the constant {node.name!r:.100}, got none"
            )
    return left


def _all_nodes(graph_def: Any) -> Iterator[Any]:
    """Give the nodes of a graph, then those of its functions."""
    yield from graph_def.node
    for function in graph_def.library.function:
        yield from function.node_def


def _type_of(node: Any, array: NDArray[Any], what: str) -> np.dtype[Any] | None:
    """Give the type that a constant asks for, None for text."""
    number = _number(node)
    if array.dtype == object and number == TEXT:
        return None
    wanted = TYPES.get(number)
    if wanted is None or array.dtype == object or (array.dtype.kind == "c" and wanted.kind != "c"):
        got = "text" if array.dtype == object else str(array.dtype)
        raise ModelFormatError(
            f"{what}: expected a weight of type {number} for the constant {node.name!r:.100}, "
            f"got {got}"
        )
    return wanted


def _number(node: Any) -> int:
    return int(node.attr["dtype"].type or node.attr["value"].tensor.dtype)


def _fill(node: Any, array: NDArray[Any], wanted: np.dtype[Any] | None) -> None:
    number = _number(node)
    tensor = node.attr["value"].tensor
    tensor.Clear()
    tensor.dtype = node.attr["dtype"].type = number
    tensor.tensor_shape.SetInParent()
    for size in array.shape:
        tensor.tensor_shape.dim.add().size = size
    if wanted is None:
        tensor.string_val.extend(array.ravel())
    else:
        tensor.tensor_content = _converted(array, wanted).tobytes()


def _converted(array: NDArray[Any], wanted: np.dtype[Any] | None) -> NDArray[Any]:
    with np.errstate(invalid="ignore", over="ignore"):
        return np.asarray(array, wanted, order="C")


def _has_value(tensor: Any) -> bool:
    """Tell whether a constant's value stands in the graph itself; without weights it must."""
    if math.prod(dim.size for dim in tensor.tensor_shape.dim) == 0:
        return True
    return any(
        field.name == "tensor_content" or field.name.endswith("_val")
        for field, _ in tensor.ListFields()
    )
