"""The replacement of one node of a graph by several that do the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.formats.graphs.graph_bodies import source_of
from marcelle_nb.formats.graphs.op_names import op_names

if TYPE_CHECKING:
    from collections.abc import Sequence

RESULTS = {
    **dict.fromkeys(op_names("Relu Relu6 Elu LeakyRelu Selu"), "activations"),
    **dict.fromkeys(op_names("AddV2 Sub Mul FloorMod FloorDiv RealDiv"), "z"),
    **dict.fromkeys(op_names("Sigmoid Tanh Neg Cast Transpose"), "y"),
    **dict.fromkeys(
        op_names("""
        Conv2D DepthwiseConv2dNative BiasAdd Const Identity ExpandDims Squeeze Fill NextAfter
        Placeholder PlaceholderWithDefault Shape StridedSlice RFFT IRFFT NonMaxSuppressionV2
        """),
        "output",
    ),
    "MatMul": "product",
    "LookupTableFind": "values",
    "LookupTableFindV2": "values",
    "Reshape": "output",
    "Maximum": "z",
}
"""What the first result of an operation is called: functions name it where graphs say `:0`."""


class NodeBuilder:
    """Makes the nodes that stand for one; the last takes over its name.

    Parameters
    ----------
    node : NodeDef
        The node to be replaced.
    taken : set of str
        All names of the graph or function; those of new nodes are added.
    inside : bool
        In a function, whose nodes name results by their arguments.
    """

    def __init__(self, node: Any, taken: set[str], *, inside: bool) -> None:
        self.node = node
        self.data = [name for name in node.input if not name.startswith("^")]
        self.nodes: list[Any] = []
        self._control = [name for name in node.input if name.startswith("^")]
        self._taken = taken
        self._inside = inside

    def type(self, name: str, default: int = 1) -> int:
        """Give a type attribute's number."""
        return self.node.attr[name].type if name in self.node.attr else default

    def text(self, name: str, default: str) -> str:
        """Give a text attribute."""
        return self.node.attr[name].s.decode("latin-1") if name in self.node.attr else default

    def add(self, op: str, inputs: Sequence[str], *, last: bool = False, **attributes: Any) -> str:
        """Add a node; give the name of its first result, for those that follow.

        Parameters
        ----------
        op : str
        inputs : sequence of str
        last : bool
            It takes the place of the node.
        **attributes : AttrValue, int, bool, float, bytes or list of int
            An int below the name of a type is its number.
        """
        from tensorflow.core.framework import node_def_pb2

        made = node_def_pb2.NodeDef(op=op, name=self.node.name if last else self._fresh(op))
        made.input.extend(inputs)
        for key, value in attributes.items():
            set_attribute(made.attr[key], key, value)
        if not self.nodes:
            made.input.extend(self._control)
        self.nodes.append(made)
        return f"{made.name}:{RESULTS[op]}:0" if self._inside else made.name

    def constant(self, value: Any, dtype: Any = np.int32) -> str:
        """Add a small constant, in the loop that the node is in."""
        import tensorflow as tf

        array = np.asarray(value, dtype)
        anchor = [f"^{source_of(self.data[0])}"] if self.data else []
        proto = tf.make_tensor_proto(array)
        return self.add("Const", anchor, dtype=proto.dtype, value=proto)

    def _fresh(self, op: str) -> str:
        i = 0
        while (name := f"{self.node.name}/{op}" + (f"_{i}" if i else "")) in self._taken:
            i += 1
        self._taken.add(name)
        return name


_TYPES = op_names("T dtype Tperm Tdim Tshape index_type Index out_type")


def set_attribute(target: Any, key: str, value: Any) -> None:
    """Fill an `AttrValue` by what a value is; an int below the name of a type is its number."""
    from tensorflow.core.framework import attr_value_pb2, tensor_pb2

    if isinstance(value, attr_value_pb2.AttrValue):
        target.CopyFrom(value)
    elif isinstance(value, tensor_pb2.TensorProto):
        target.tensor.CopyFrom(value)
    elif key in _TYPES:
        target.type = value
    elif isinstance(value, bool):
        target.b = value
    elif isinstance(value, int):
        target.i = value
    elif isinstance(value, float):
        target.f = value
    elif isinstance(value, bytes):
        target.s = value
    else:
        target.list.i.extend(value)
