"""Weights that stay beside a graph, since TensorFlow copies what stands in it again and again."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.formats.graphs.checkpoint import TYPES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

IN_GRAPH = 2**20
"""Bytes of weights that may stand in a graph: small ones tell shapes, and cost little."""


def large_weights(weights: Mapping[str, NDArray[Any]], room: int = IN_GRAPH) -> set[str]:
    """Choose the largest weights, so that the others take no more than some room.

    Parameters
    ----------
    weights : mapping of str to numpy.ndarray
        Texts are never chosen.
    room : int
        Bytes.
    """
    sizes = {name: array.nbytes for name, array in weights.items() if array.dtype != object}
    held = sum(sizes.values())
    chosen = set()
    for name in sorted(sizes, key=lambda name: -sizes[name]):
        if held <= room:
            break
        chosen.add(name)
        held -= sizes[name]
    return chosen


def take_constants(graph_def: Any, room: int = IN_GRAPH) -> dict[str, NDArray[Any]]:
    """Make placeholders of a graph's largest constants, and give what they held.

    Parameters
    ----------
    graph_def : GraphDef
        It is changed. Constants of loops and branches, which wait for these, stay.
    room : int
        Bytes of constants that may stand in the graph.

    Returns
    -------
    dict of str to numpy.ndarray
        By the names of the nodes.
    """
    nodes = {node.name: node for node in graph_def.node if node.op == "Const" and not node.input}
    held = {name: len(node.attr["value"].tensor.tensor_content) for name, node in nodes.items()}
    if sum(held.values()) <= room:
        return {}
    arrays = {name: _array(node.attr["value"].tensor) for name, node in nodes.items()}
    known = {name: array for name, array in arrays.items() if array is not None}
    taken = {name: known[name] for name in large_weights(known, room)}
    for name, array in taken.items():
        leave_out(nodes[name], nodes[name].attr["dtype"].type, array.shape)
    return taken


def _array(tensor: Any) -> NDArray[Any] | None:
    """Give what a constant holds as bytes; None where they are not as many as its shape says."""
    sizes = tuple(dim.size for dim in tensor.tensor_shape.dim)
    dtype = TYPES.get(tensor.dtype)
    content = tensor.tensor_content
    if dtype is None or min(sizes, default=0) < 0 or tensor.tensor_shape.unknown_rank:
        return None
    if not content or math.prod(sizes) * np.dtype(dtype).itemsize != len(content):
        return None
    return np.frombuffer(content, dtype).reshape(sizes)


def leave_out(node: Any, dtype: int, shape: Sequence[int]) -> None:
    """Make a node a placeholder for a weight; it belongs to no loop or branch."""
    node.op = "Placeholder"
    del node.input[:]
    node.attr.clear()
    node.attr["dtype"].type = dtype
    node.attr["shape"].shape.SetInParent()
    for size in shape:
        node.attr["shape"].shape.dim.add().size = size
