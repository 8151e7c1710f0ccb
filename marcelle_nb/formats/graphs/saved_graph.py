"""A checked graph of a SavedModel, and what makes a model of it: weights and tables."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.graphs.bound_variables import bind_variables
from marcelle_nb.formats.graphs.freeze import FrozenGraph, tables_of
from marcelle_nb.formats.graphs.graph_loaded_model import GraphLoadedModel
from marcelle_nb.formats.graphs.grappler import inlined
from marcelle_nb.formats.graphs.hash_tables import HashTables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray


class SavedGraph:
    """A graph whose variables still are without values.

    Parameters
    ----------
    graph_def : GraphDef
        What was checked; it is changed.
    inputs, outputs : dict of str to str
        Tensors by name.
    starting : GraphDef or None
        What fills the tables, checked too.
    initializer : str or None
        The node of `starting` that does it.
    what : str
        What messages call it.
    """

    def __init__(
        self,
        graph_def: Any,
        inputs: dict[str, str],
        outputs: dict[str, str],
        starting: Any,
        initializer: str | None,
        what: str,
    ) -> None:
        self._graph_def = graph_def
        self._inputs = inputs
        self._outputs = outputs
        self._starting = starting
        self._initializer = initializer
        self._what = what

    def loaded(self, values: Mapping[str, NDArray[Any]], **about: Any) -> GraphLoadedModel:
        """Put values into the variables, and make a model.

        Parameters
        ----------
        values : mapping of str to numpy.ndarray
            By the name of the variable's node.
        **about
            As for `LoadedModel`.

        Raises
        ------
        ModelFormatError
            If TensorFlow does not take the graph.
        """
        counts: dict[str, int] = {}
        for nodes in (
            self._graph_def.node,
            *(f.node_def for f in self._graph_def.library.function),
        ):
            for node in nodes:
                counts[node.op] = counts.get(node.op, 0) + 1
        try:
            frozen, weights = self._frozen(values)
        except ModelFormatError:
            raise
        except Exception as error:  # whatever TensorFlow raises, the file is what is wrong
            raise ModelFormatError(
                f"{self._what}: expected a graph that TensorFlow takes, "
                f"got {type(error).__name__}: {str(error)[:500]}"
            ) from error
        return loaded_graph(
            "saved-model",
            frozen,
            self._inputs,
            self._outputs,
            self._what,
            weights=weights,
            ops=counts,
            **about,
        )

    def _frozen(
        self, values: Mapping[str, NDArray[Any]]
    ) -> tuple[FrozenGraph, dict[str, NDArray[Any]]]:
        import tensorflow as tf

        prefix = f"marcelle_nb_{uuid.uuid4().hex}"
        for graph_def in (self._graph_def, self._starting):
            if graph_def is not None:
                _rename(graph_def, prefix)
        if self._starting is not None:
            _run(self._starting, self._initializer)
        weights = bind_variables(self._graph_def, values, self._what)
        with tf.Graph().as_default(), tf.device("/CPU:0"):
            # what the importer refuses ends the process where it is simplified
            tf.graph_util.import_graph_def(self._graph_def, name="")
        graph_def = inlined(self._graph_def, [*self._inputs.values(), *self._outputs.values()])
        frozen = FrozenGraph(
            graph_def,
            tuple(self._inputs.values()),
            tuple(self._outputs.values()),
            tuple(tables_of(graph_def, {})),
        )
        return frozen, weights


def _run(graph_def: Any, name: str | None) -> None:
    """Run one operation of a graph, for what it leaves behind."""
    import tensorflow as tf

    with tf.device("/CPU:0"):
        wrapped = tf.compat.v1.wrap_function(
            lambda: tf.graph_util.import_graph_def(graph_def, name=""), []
        )
        wrapped.prune([], [wrapped.graph.get_operation_by_name(name)])()


def _rename(graph_def: Any, prefix: str) -> None:
    """Give names of their own to what TensorFlow finds by name in the whole process."""
    names = {f.signature.name: f"{prefix}_{f.signature.name}" for f in graph_def.library.function}
    for function in graph_def.library.function:
        function.signature.name = names[function.signature.name]
    for nodes in (graph_def.node, *(f.node_def for f in graph_def.library.function)):
        for node in nodes:
            node.op = names.get(node.op, node.op)
            # they hold for the graph before its functions were put in the place of their calls
            node.attr.pop("_output_shapes", None)
            if node.op in {"HashTable", "HashTableV2", "VarHandleOp"}:
                node.attr["shared_name"].s = f"{prefix}/{node.name}".encode()
            for value in node.attr.values():
                if value.WhichOneof("value") == "func":
                    value.func.name = names.get(value.func.name, value.func.name)
                for called in value.list.func if value.WhichOneof("value") == "list" else ():
                    called.name = names.get(called.name, called.name)


def loaded_graph(
    format: str,
    frozen: FrozenGraph,
    inputs: Mapping[str, str],
    outputs: Mapping[str, str],
    what: str,
    **about: Any,
) -> GraphLoadedModel:
    """Make a model of a frozen graph with its tables."""
    import tensorflow as tf

    from marcelle_nb.formats.tfjs.table_initializer import initializer_of

    tables = None
    if frozen.tables:
        initializer, names = initializer_of(frozen.tables, frozen.graph_def.versions)
        numbers = {table.node: i for i, table in enumerate(frozen.tables)}
        tables = HashTables(initializer, numbers, dict(enumerate(names)), what)
        for node in frozen.graph_def.node:
            if node.name in numbers:
                node.op = "Placeholder"
                node.attr.clear()
                node.attr["dtype"].type = tf.resource.as_datatype_enum
                node.attr["shape"].shape.SetInParent()
        tables.connect(frozen.graph_def)
    return GraphLoadedModel(
        format,
        frozen.graph_def,
        feeds=dict(zip(inputs, frozen.inputs, strict=True)),
        fetches=dict(zip(outputs, frozen.outputs, strict=True)),
        tables=tables,
        what=what,
        **about,
    )
