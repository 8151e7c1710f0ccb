"""What an operation multiplies each channel by and adds to it, where constants tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.formats.graphs.graph_bodies import source_of
from marcelle_nb.formats.graphs.graph_part import canonical
from marcelle_nb.formats.graphs.node_attributes import has_last_channels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from marcelle_nb.formats.graphs.graph_part import GraphPart

    Vector = NDArray[np.float64]
    Shape = tuple[int, int]
    Factors = tuple[Vector | None, Vector | None]

_NORMALISING = frozenset({"FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"})


def factors_of(part: GraphPart, node: Any, source: str, shape: Shape) -> Factors | None:
    """Give the factor and the summand of each channel by which a node changes a tensor.

    Parameters
    ----------
    part : GraphPart
    node : NodeDef
        It takes the tensor.
    source : str
        The name of the node that gives it.
    shape : tuple of int
        Its rank, and the number of its channels, which are its last axis.

    Returns
    -------
    tuple of array or None, or None
        Shapes `(n,)`, float64; None in the tuple where nothing is multiplied or added. None alone
        if the node does anything else.
    """
    data = [name for name in node.input if not name.startswith("^")]
    if len(data) < 2 or source not in map(canonical, data):
        return None
    found: Factors | None
    if node.op in _NORMALISING:
        found = _normalised(part, node, data, source, shape)
    else:
        found = _simple(part, node, data, source, shape)
    if found is None or any(x is not None and not np.isfinite(x).all() for x in found):
        return None
    return found


def _simple(
    part: GraphPart, node: Any, data: list[str], source: str, shape: Shape
) -> Factors | None:
    if node.op not in {"Add", "AddV2", "BiasAdd", "Mul", "Sub"} or len(data) != 2:
        return None
    if node.op == "BiasAdd" and not has_last_channels(node):
        return None
    first = canonical(data[0]) == source
    if node.op == "Sub" and not first:
        return None
    vector = _vector(part, data[1 if first else 0], shape)
    if vector is None:
        return None
    if node.op == "Mul":
        return vector, None
    return None, -vector if node.op == "Sub" else vector


def _normalised(
    part: GraphPart, node: Any, data: list[str], source: str, shape: Shape
) -> Factors | None:
    vectors = [_vector(part, name, shape) for name in data[1:5]]
    training = "is_training" not in node.attr or node.attr["is_training"].b
    known = [vector for vector in vectors if vector is not None]
    if canonical(data[0]) != source or training or len(known) != 4:
        return None
    if not has_last_channels(node):
        return None
    gamma, beta, mean, variance = known
    epsilon = node.attr["epsilon"].f if "epsilon" in node.attr else 1e-4
    scale = gamma / np.sqrt(variance + epsilon)
    return scale, beta - mean * scale


def _vector(part: GraphPart, name: str, shape: Shape) -> Vector | None:
    """Give a constant that is one number, or one for each channel."""
    import tensorflow as tf

    constant = part.nodes[source_of(name)]
    if constant.op != "Const" or constant.attr["dtype"].type != 1:
        return None
    array = tf.make_ndarray(constant.attr["value"].tensor)
    rank, n = shape
    if array.size not in (1, n) or array.size != (array.shape or (1,))[-1] or array.ndim > rank:
        return None
    return np.broadcast_to(array.astype(np.float64).reshape(-1), (n,))
