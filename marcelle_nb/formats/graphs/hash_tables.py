"""The hash tables of a TensorFlow.js graph, which a graph of their own fills."""

from __future__ import annotations

import threading
import uuid
import weakref
from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.graphs.graph_bodies import MAIN, bodies_of, source_of
from marcelle_nb.formats.graphs.graph_check import order_nodes
from marcelle_nb.formats.graphs.op_names import op_names

if TYPE_CHECKING:
    from collections.abc import Mapping

TABLES = frozenset({"HashTable", "HashTableV2"})

_FILLING = op_names("InitializeTable InitializeTableV2 LookupTableImport LookupTableImportV2")
_CURRENT = {
    "HashTable": "HashTableV2",
    "InitializeTable": "InitializeTableV2",
    "LookupTableImport": "LookupTableImportV2",
    "LookupTableFind": "LookupTableFindV2",
    "LookupTableSize": "LookupTableSizeV2",
}


class HashTables:
    """The tables of one model, filled when they are first needed.

    TensorFlow finds a table by its name in the whole process, so that each model's get names of
    their own, and are let go with the model.

    Parameters
    ----------
    initializer : GraphDef or None
        Makes and fills the tables.
    resources : mapping of str to int
        By the name of a placeholder of the main graph, which of the initialiser's tables it stands
        for.
    outputs : mapping of int to str
        The initialiser's tables, as tensors.
    what : str
        What messages call the file.
    """

    def __init__(
        self,
        initializer: Any,
        resources: Mapping[str, int],
        outputs: Mapping[int, str],
        what: str,
    ) -> None:
        self._initializer = initializer
        self._what = what
        self._prefix = f"marcelle-nb-{uuid.uuid4().hex}/"
        self._lock = threading.Lock()
        self._filled = initializer is None
        nodes = {} if initializer is None else bodies_of(initializer, what)[MAIN].nodes
        self._tables = {
            placeholder: _table_of(nodes, outputs.get(number), placeholder, what)
            for placeholder, number in resources.items()
        }
        self._nodes = nodes
        if initializer is not None:
            self._named(initializer)

    def connect(self, graph_def: Any) -> None:
        """Let the main graph use the tables: its placeholders for them become the tables.

        Parameters
        ----------
        graph_def : GraphDef
            Changed in place.
        """
        for node in graph_def.node:
            if node.name in self._tables:
                name = node.name
                node.CopyFrom(self._nodes[self._tables[name]])
                node.name = name
                del node.input[:]
        self._named(graph_def)
        for function in graph_def.library.function:
            for node in function.node_def:
                node.op = _CURRENT.get(node.op, node.op)

    def fill(self) -> None:
        """Fill the tables, unless that was done."""
        with self._lock:
            if not self._filled:
                self._run()
                self._filled = True

    def _run(self) -> None:
        import tensorflow as tf

        graph_def = self._initializer
        body = bodies_of(graph_def, self._what)[MAIN]
        order_nodes(body)
        names = [name for name in body.order if body.nodes[name].op in _FILLING]
        wrapped = tf.compat.v1.wrap_function(
            lambda: tf.graph_util.import_graph_def(graph_def, name=""), []
        )
        with tf.device("/CPU:0"):
            wrapped.prune([], [wrapped.graph.get_operation_by_name(name) for name in names])()
        for node in body.nodes.values():
            if node.op in TABLES:
                weakref.finalize(self, _let_go, _as_dict(node))

    def _named(self, graph_def: Any) -> None:
        for node in graph_def.node:
            node.op = _CURRENT.get(node.op, node.op)
            if node.op in TABLES:
                known = self._tables.get(node.name, node.name)
                node.attr["shared_name"].s = (self._prefix + known).encode()
                node.attr["container"].s = b""
                node.attr["use_node_name_sharing"].b = False


def _table_of(nodes: Mapping[str, Any], tensor: str | None, placeholder: str, what: str) -> str:
    """Follow an output of the initialiser to the table that it is."""
    name = "" if tensor is None else source_of(tensor)
    for _ in range(len(nodes)):
        node = nodes.get(name)
        if node is None:
            break
        if node.op in TABLES:
            return name
        name = source_of(node.input[0]) if node.input else ""
    raise ModelFormatError(
        f"{what}: expected the initialiser to make a table for {placeholder!r:.100}, got none"
    )


def _as_dict(node: Any) -> dict[str, Any]:
    return {
        "key_dtype": node.attr["key_dtype"].type,
        "value_dtype": node.attr["value_dtype"].type,
        "shared_name": node.attr["shared_name"].s.decode(),
    }


def _let_go(table: dict[str, Any]) -> None:
    import tensorflow as tf
    from tensorflow.python.eager import context

    # memory is tidied up at any moment: while somebody builds a graph, this must not go into it
    with context.eager_mode(), tf.device("/CPU:0"):
        handle = tf.raw_ops.HashTableV2(**table)
        tf.raw_ops.DestroyResourceOp(resource=handle, ignore_lookup_error=True)
