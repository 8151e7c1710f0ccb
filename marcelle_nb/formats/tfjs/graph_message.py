"""Graph definitions as the JSON of TensorFlow.js, their constants apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

_INT32 = np.iinfo(np.int32)


def separated(graph_def: Any, weights: dict[str, NDArray[Any]]) -> Any:
    """Take the values out of a graph's constants.

    Parameters
    ----------
    graph_def : GraphDef
        It is changed.
    weights : dict of str to numpy.ndarray
        Gets the values by the names of their nodes.

    Returns
    -------
    GraphDef
        The same one.
    """
    for nodes in (graph_def.node, *(f.node_def for f in graph_def.library.function)):
        bounds = _only_bounds(nodes)
        for node in nodes:
            if node.op == "Const":
                weights[node.name] = _taken(node, clip=node.name in bounds)
    return graph_def


def message_of(graph_def: Any) -> dict[str, Any]:
    """Give a graph without values as JSON."""
    from google.protobuf import json_format

    for nodes in (graph_def.node, *(f.node_def for f in graph_def.library.function)):
        for node in nodes:
            node.ClearField("device")
            node.ClearField("experimental_debug_info")
            for key in [key for key in node.attr if key.startswith("_")]:
                del node.attr[key]
    for function in graph_def.library.function:
        function.attr.clear()
        function.arg_attr.clear()
    result: dict[str, Any] = json_format.MessageToDict(graph_def)
    return {"versions": {}, **result}


def _taken(node: Any, *, clip: bool) -> NDArray[Any]:
    import tensorflow as tf

    tensor = node.attr["value"].tensor
    array: NDArray[Any] = tf.make_ndarray(tensor)
    if clip and array.dtype == np.int64:
        array = np.clip(array, _INT32.min, _INT32.max)
    for field in ("tensor_content", *_VALUES):
        tensor.ClearField(field)
    return array


_VALUES = [
    f"{kind}_val"
    for kind in (
        *("half", "float", "double", "int", "string", "scomplex", "int64", "bool", "dcomplex"),
        *("uint32", "uint64"),
    )
]


def _only_bounds(nodes: Iterable[Any]) -> set[str]:
    """Give the constants that say where slices end: no tensor is longer than an int32 tells."""
    slices: set[str] = set()
    others: set[str] = set()
    for node in nodes:
        names = {name.split(":")[0].removeprefix("^") for name in node.input}
        (slices if node.op in {"StridedSlice", "Slice"} else others).update(names)
    return slices - others
