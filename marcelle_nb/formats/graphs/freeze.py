"""A traced function as a graph that holds its own weights."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.graphs.graph_bodies import source_of
from marcelle_nb.formats.graphs.lookup_table import LookupTable
from marcelle_nb.formats.native_messages import native_messages_kept

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from marcelle_nb.formats.graphs.flat_function import FlatFunction


@dataclass(frozen=True)
class FrozenGraph:
    """A graph whose variables became constants.

    Attributes
    ----------
    graph_def : GraphDef
        No function is called but by loops and branches.
    inputs, outputs : tuple of str
        Names of tensors in it, in the order of the function.
    tables : tuple of LookupTable
    """

    graph_def: Any
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    tables: tuple[LookupTable, ...] = field(default=())


def freeze(function: FlatFunction, *, lower: bool = True) -> FrozenGraph:
    """Put the present values of all variables into a function's graph.

    Parameters
    ----------
    function : FlatFunction
    lower : bool
        Give loops and branches as those of TensorFlow 1; else they call functions.

    Raises
    ------
    ModelFormatError
        If it has resources other than variables and hash tables.
    """
    from tensorflow.python.framework import convert_to_constants

    concrete, graph_def = function.concrete, function.graph_def
    captured = {}
    if graph_def is None:
        with native_messages_kept(others=False):  # it tells how many devices it has found
            _, graph_def = convert_to_constants.convert_variables_to_constants_v2_as_graph(
                concrete, lower_control_flow=lower, aggressive_inlining=True
            )
        captured = {inside.op.name: outside for outside, inside in concrete.graph.captures}
    return FrozenGraph(
        graph_def,
        tuple(tensor.name for tensor in function.arguments),
        tuple(tensor.name for tensor in function.tensors),
        tuple(tables_of(graph_def, captured)),
    )


def tables_of(graph_def: Any, captured: Mapping[str, Any]) -> Iterable[LookupTable]:
    """Read the hash tables that a graph uses.

    Parameters
    ----------
    graph_def : GraphDef
    captured : mapping of str to tf.Tensor
        Resources by the names of the placeholders that stand for them.

    Raises
    ------
    ModelFormatError
        If there is a resource of another kind.
    """
    import tensorflow as tf

    resources = {
        node.name: node
        for node in graph_def.node
        if (node.op == "Placeholder" and node.attr["dtype"].type == tf.resource.as_datatype_enum)
        or node.op == "HashTableV2"
    }
    types = {
        source_of(node.input[0]): (node.attr["Tin"].type, node.attr["Tout"].type)
        for node in graph_def.node
        if node.op == "LookupTableFindV2"
    }
    for name, node in resources.items():
        if node.op == "HashTableV2":
            types[name] = (node.attr["key_dtype"].type, node.attr["value_dtype"].type)
        if name not in types or (node.op == "Placeholder" and name not in captured):
            raise ModelFormatError(
                f"{name}: expected a variable or a hash table, got a resource of another kind"
            )
        handle = captured[name] if node.op == "Placeholder" else _shared(node)
        keys, values = tf.raw_ops.LookupTableExportV2(
            table_handle=handle,
            Tkeys=tf.as_dtype(types[name][0]),
            Tvalues=tf.as_dtype(types[name][1]),
        )
        yield LookupTable(name, keys.numpy(), values.numpy(), types[name])


def _shared(node: Any) -> Any:
    """Give the table that a node of TensorFlow 1 refers to by name."""
    import tensorflow as tf

    return tf.raw_ops.HashTableV2(
        key_dtype=tf.as_dtype(node.attr["key_dtype"].type),
        value_dtype=tf.as_dtype(node.attr["value_dtype"].type),
        container=node.attr["container"].s.decode(),
        shared_name=node.attr["shared_name"].s.decode() or node.name,
    )
