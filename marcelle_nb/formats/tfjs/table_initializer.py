"""The graph that fills a model's hash tables in TensorFlow.js."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from marcelle_nb.formats.graphs.lookup_table import LookupTable


def initializer_of(tables: Sequence[LookupTable], versions: Any) -> tuple[Any, list[str]]:
    """Give a graph with the tables and what they hold.

    Parameters
    ----------
    tables : sequence of LookupTable
    versions : VersionDef

    Returns
    -------
    GraphDef
    list of str
        Names of nodes: each gives a table, after it was filled.
    """
    from tensorflow.core.framework import graph_pb2

    graph_def = graph_pb2.GraphDef(versions=versions)
    outputs = []
    for i, table in enumerate(tables):
        _fill(graph_def, f"table_{i}", table)
        outputs.append(f"table_{i}/filled")
    return graph_def, outputs


def _fill(graph_def: Any, name: str, table: LookupTable) -> None:
    import tensorflow as tf

    keys, values = table.types
    node = graph_def.node.add(op="HashTableV2", name=name)
    node.attr["key_dtype"].type, node.attr["value_dtype"].type = keys, values
    node.attr["shared_name"].s = name.encode()
    for kind, array, dtype in (("keys", table.keys, keys), ("values", table.values, values)):
        constant = graph_def.node.add(op="Const", name=f"{name}/{kind}")
        constant.attr["dtype"].type = dtype
        constant.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(array, dtype))
    filling = graph_def.node.add(op="LookupTableImportV2", name=f"{name}/import")
    filling.input.extend([name, f"{name}/keys", f"{name}/values"])
    filling.attr["Tin"].type, filling.attr["Tout"].type = keys, values
    filled = graph_def.node.add(op="Identity", name=f"{name}/filled")
    filled.input.extend([name, f"^{name}/import"])
    filled.attr["T"].type = tf.resource.as_datatype_enum
