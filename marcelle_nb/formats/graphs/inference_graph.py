"""A frozen graph made ready for TensorFlow.js: no training, no calls, only operations it has."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.graphs.allowed_ops import TFJS_OPS
from marcelle_nb.formats.graphs.control_edges import settle_control
from marcelle_nb.formats.graphs.decompose import decompose
from marcelle_nb.formats.graphs.graph_bodies import source_of
from marcelle_nb.formats.graphs.graph_part import GraphPart, canonical, part_of
from marcelle_nb.formats.graphs.grappler import simplified
from marcelle_nb.formats.graphs.layer_fusion import fuse_layers
from marcelle_nb.formats.graphs.result_types import result_type

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from marcelle_nb.formats.graphs.flat_function import FlatFunction
    from marcelle_nb.formats.graphs.freeze import FrozenGraph

BROKEN = frozenset({"BitwiseAnd", "NoOp", "Print"})
"""What TensorFlow.js 4.22 lists, but does not run."""

_NODE_NAME = re.compile(r"[^A-Za-z0-9_.\-/]")


@dataclass(frozen=True)
class InferenceGraph:
    """A graph that TensorFlow.js runs.

    Attributes
    ----------
    graph_def : GraphDef
    inputs, outputs : tuple of str
        Names of nodes, in order; an output is a node of its own, which gives one tensor.
    input_specs, output_specs : tuple of (int, tf.TensorShape)
        Numbers of types, and shapes.
    """

    graph_def: Any
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    input_specs: tuple[tuple[int, Any], ...]
    output_specs: tuple[tuple[int, Any], ...]


def inference_graph(frozen: FrozenGraph, function: FlatFunction) -> InferenceGraph:
    """Rewrite a graph so that TensorFlow.js runs it with the same results.

    Parameters
    ----------
    frozen : FrozenGraph
    function : FlatFunction
        What it was made from: it tells names, types and shapes.

    Raises
    ------
    ModelFormatError
        If operations are left that TensorFlow.js lacks; the message names them and where they are.
    """
    from tensorflow.core.framework import graph_pb2

    part = _simplified(frozen)
    part.prune()
    _check(part)
    inputs = _named_inputs(part, function.inputs, len(frozen.inputs))
    outputs = _named_outputs(part, function.outputs)
    _widen(part.nodes.values())
    graph_def = part.graph_def(graph_pb2.GraphDef(versions=frozen.graph_def.versions))
    return InferenceGraph(
        graph_def, inputs, outputs, _specs(function.arguments), _specs(function.tensors)
    )


def named_graph(frozen: FrozenGraph, function: FlatFunction) -> Any:
    """Give a frozen graph whose inputs and outputs are nodes with the function's names.

    Parameters
    ----------
    frozen : FrozenGraph
    function : FlatFunction
        What it was made from.

    Returns
    -------
    GraphDef
    """
    like = frozen.graph_def
    _allow_inlining(like)
    part = part_of(like.node, frozen.inputs, frozen.outputs)
    _simplify(part, like)
    part.prune()
    _named_inputs(part, function.inputs, len(frozen.inputs))
    _named_outputs(part, function.outputs)
    return part.graph_def(like)


def _specs(tensors: Iterable[Any]) -> tuple[tuple[int, Any], ...]:
    numbers = ((tensor.dtype.as_datatype_enum, tensor.shape) for tensor in tensors)
    return tuple((_WIDER.get(number, number), shape) for number, shape in numbers)


def _simplified(frozen: FrozenGraph) -> GraphPart:
    """Decompose what TensorFlow.js lacks, and compute what is constant."""
    import tensorflow as tf

    like = frozen.graph_def
    tables = [table.node for table in frozen.tables]
    for node in like.node:
        if node.name in tables and node.op == "HashTableV2":
            node.op = "Placeholder"
            node.attr.clear()
            node.attr["dtype"].type = tf.resource.as_datatype_enum
            node.attr["shape"].shape.SetInParent()
    _allow_inlining(like)
    part = part_of(like.node, [*frozen.inputs, *tables], frozen.outputs)
    _simplify(part, like)
    if decompose(part, like):
        _simplify(part, like)
    settle_control(part)
    part.prune()
    fuse_layers(part)
    return part


def _allow_inlining(graph_def: Any) -> None:
    """Let calls be replaced that ask for a compiler, as Keras's grouped convolutions do."""
    for nodes in (graph_def.node, *(f.node_def for f in graph_def.library.function)):
        for node in nodes:
            node.attr.pop("_XlaMustCompile", None)
    for function in graph_def.library.function:
        for key in ("_XlaMustCompile", "_noinline", "api_implements"):
            function.attr.pop(key, None)


def _simplify(part: GraphPart, like: Any) -> None:
    _bypass(part)
    outputs = [name if ":" in name else f"{name}:0" for name in part.outputs]
    graph_def = simplified(part.graph_def(like), outputs)
    inputs = {name: part.nodes[name] for name in part.inputs}
    part.nodes = inputs | {node.name: node for node in graph_def.node}
    like.library.CopyFrom(graph_def.library)


def _bypass(part: GraphPart) -> None:
    """Let all take constants themselves: what is behind copies of them would be copied too."""
    copies: dict[str, str] = {}
    for node in part.nodes.values():
        if node.op == "Identity" and node.input:
            source = canonical(node.input[0])
            if source in part.nodes and part.nodes[source].op == "Const":
                copies[node.name] = source
    part.outputs, outputs = [], part.outputs
    part.rename(copies)
    part.outputs = outputs


def _check(part: GraphPart) -> None:
    unknown: dict[str, str] = {}
    for node in part.nodes.values():
        if node.op not in TFJS_OPS or node.op in BROKEN:
            unknown.setdefault(node.op, node.name)
    if unknown:
        where = ", ".join(f"{op} (at {name!r})" for op, name in sorted(unknown.items()))
        raise ModelFormatError(f"model: expected operations that TensorFlow.js has, got {where}")


def _named_inputs(part: GraphPart, names: Sequence[str], n: int) -> tuple[str, ...]:
    """Call the placeholders of the first inputs by names of their own."""
    wanted = [_free(part, name, part.inputs[:n]) for name in names]
    renamed = dict(zip(part.inputs[:n], wanted, strict=True))
    moved = [(renamed[name], part.nodes.pop(name)) for name in renamed]
    for name, node in moved:
        node.name = name
    part.nodes = {**dict(moved), **part.nodes}
    part.rename(renamed)
    part.inputs = [*wanted, *part.inputs[n:]]
    return tuple(wanted)


def _named_outputs(part: GraphPart, names: Sequence[str]) -> tuple[str, ...]:
    """End in nodes that do nothing but bear the names of the outputs."""
    from tensorflow.core.framework import node_def_pb2

    result = []
    consumers = part.consumers()
    for i, (tensor, name) in enumerate(zip(part.outputs, names, strict=True)):
        node = part.nodes[source_of(tensor)]
        last = node.op == "Identity" and not consumers[node.name]
        if last and part.outputs.count(tensor) == 1:
            del part.nodes[node.name]
            node.name = _free(part, name, ())
        else:
            copied = result_type(node, int(tensor.partition(":")[2] or 0))
            node = node_def_pb2.NodeDef(op="Identity", name=_free(part, name, ()))
            node.attr["T"].type = copied
            node.input.append(tensor)
        part.nodes[node.name] = node
        part.outputs[i] = node.name
        result.append(node.name)
    return tuple(result)


def _free(part: GraphPart, name: str, replaced: Iterable[str]) -> str:
    """Give a name for a node that no other one has."""
    wanted = _NODE_NAME.sub("_", name)
    wanted = wanted if re.match(r"[A-Za-z0-9.]", wanted) else f"n{wanted}"
    free, i = wanted, 0
    while free in part.nodes and free not in replaced:
        i += 1
        free = f"{wanted}_{i}"
    return free


_WIDER = {2: 1, 14: 1, 19: 1, 18: 8}
"""Double, bfloat16 and half as float, complex128 as complex64: TensorFlow.js has no others."""


def _widen(nodes: Iterable[Any]) -> None:
    for node in nodes:
        for key, value in node.attr.items():
            kind = value.WhichOneof("value")
            if kind == "type":
                value.type = _WIDER.get(value.type, value.type)
            elif kind == "list" and value.list.type:
                value.list.type[:] = [_WIDER.get(number, number) for number in value.list.type]
            elif kind == "tensor" and key == "value" and value.tensor.dtype in _WIDER:
                _widen_constant(value)


def _widen_constant(value: Any) -> None:
    import tensorflow as tf

    number = _WIDER[value.tensor.dtype]
    array = tf.make_ndarray(value.tensor).astype(tf.as_dtype(number).as_numpy_dtype)
    value.tensor.CopyFrom(tf.make_tensor_proto(array))
