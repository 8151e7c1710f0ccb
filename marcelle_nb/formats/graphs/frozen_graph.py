"""Frozen TensorFlow graphs: one `.pb` file with the weights in it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from marcelle_nb.data.replaced_file import replace_file
from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.graphs.allowed_ops import SAVED_MODEL_OPS
from marcelle_nb.formats.graphs.constant_types import check_constants
from marcelle_nb.formats.graphs.graph_bodies import MAIN, bodies_of, reachable, source_of
from marcelle_nb.formats.graphs.graph_check import check_graph
from marcelle_nb.formats.graphs.graph_loaded_model import GraphLoadedModel
from marcelle_nb.formats.graphs.restored_variables import VARIABLES
from marcelle_nb.formats.graphs.result_types import result_types
from marcelle_nb.formats.tensorflow_start import start_tensorflow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from marcelle_nb.formats.model_files import ModelFiles

MAX_FILE = 2**31 - 1
"""What one message may hold."""

_SAVED_MODEL = b"\x08\x01\x12"
"""How a SavedModel's message begins: the version of its schema, then its graphs."""

_NO_OUTPUT = frozenset({"Assert", "Const", "NoOp", "Placeholder", "Print"})


def load_frozen_graph(
    files: ModelFiles,
    name: str,
    *,
    input_nodes: Sequence[str] | None = None,
    output_nodes: Sequence[str] | None = None,
    trust: bool = False,
) -> GraphLoadedModel:
    """Read a graph that holds its own weights.

    Parameters
    ----------
    files : ModelFiles
    name : str
        Of the `.pb` file among them.
    input_nodes, output_nodes : sequence of str, optional
        Names of nodes or, with `:1` behind them, of tensors. By default the placeholders that
        outputs need, and the nodes that no other takes, in the file's order.
    trust : bool
        Allow all operations, whatever they do.

    Returns
    -------
    GraphLoadedModel

    Raises
    ------
    UnsafeModel
        If operations could do more than compute.
    ModelFormatError
        If the file is damaged, holds no graph, or one whose weights are elsewhere.
    ValueError
        If there are no such nodes.

    Notes
    -----
    Thread: any.
    """
    graph_def = _parsed(files, name)
    nodes = bodies_of(graph_def, name)[MAIN].nodes
    check_graph(graph_def, allowed=SAVED_MODEL_OPS, what=name, trust=trust)
    check_constants(graph_def, name)
    outputs = _tensors(nodes, output_nodes, "output_nodes") or _unused(nodes)
    if not outputs:
        raise ModelFormatError(f"{name}: expected a graph with an output, got none")
    inputs = _tensors(nodes, input_nodes, "input_nodes")
    inputs = inputs or _placeholders(graph_def, outputs, name)
    variables = [node.name for node in nodes.values() if node.op in VARIABLES]
    if variables:
        raise ModelFormatError(
            f"{name}: expected a frozen graph, got one whose variable {variables[0]!r:.200} has "
            "its value elsewhere"
        )
    return GraphLoadedModel(
        "frozen-graph", graph_def, feeds=inputs, fetches=outputs, what=name, size=files.size(name)
    )


def write_frozen_graph(
    source: Any, path: Path | str, *, inputs: Sequence[Any] | None = None
) -> list[Path]:
    """Write a model as one graph that holds its weights, for inference only.

    Parameters
    ----------
    source : keras.Model, LoadedModel, tf.function, ConcreteFunction or callable
    path : path
        Of the `.pb` file.
    inputs : sequence of tf.TensorSpec, optional
        What a function takes that has no `input_signature`.

    Returns
    -------
    list of Path

    Raises
    ------
    ModelFormatError
        If the model has hash tables, or TensorFlow cannot run it.

    Notes
    -----
    Nodes of the model's inputs and outputs bear their names. Thread: any.
    """
    from marcelle_nb.formats.graphs.flat_function import flat_function
    from marcelle_nb.formats.graphs.freeze import freeze
    from marcelle_nb.formats.graphs.inference_graph import named_graph

    function = flat_function(source, inputs)
    frozen = freeze(function)
    if frozen.tables:
        raise ModelFormatError("model: expected one without hash tables, which a graph cannot hold")
    data = named_graph(frozen, function).SerializeToString()
    return [replace_file(Path(path), data)]


def _parsed(files: ModelFiles, name: str) -> Any:
    start_tensorflow()
    from tensorflow.core.framework import graph_pb2

    data = files.read(name, MAX_FILE)
    if data.startswith(_SAVED_MODEL):
        raise ModelFormatError(
            f"{name}: expected a graph, got the main file of a SavedModel; its name is "
            "saved_model.pb, and it is opened in the folder that it was written in"
        )
    try:
        graph_def = graph_pb2.GraphDef.FromString(data)
    except Exception as error:  # protobuf's own
        raise ModelFormatError(f"{name}: expected a graph, got {error}"[:300]) from error
    if not graph_def.node:
        raise ModelFormatError(f"{name}: expected a graph with nodes, got none")
    return graph_def


def _tensors(
    nodes: Mapping[str, Any], names: Sequence[str] | None, what: str
) -> dict[str, str] | None:
    if names is None:
        return None
    for name in names:
        if source_of(name) not in nodes:
            known = [node for node, value in nodes.items() if value.op not in _NO_OUTPUT]
            raise ValueError(
                f"{what}: expected names of nodes in the graph, as {', '.join(known[-5:])!s:.200}, "
                f"got {name!r:.100}"
            )
    return {name.removesuffix(":0"): name if ":" in name else f"{name}:0" for name in names}


def _unused(nodes: Mapping[str, Any]) -> dict[str, str]:
    used = {source_of(name) for node in nodes.values() for name in node.input}
    return {
        name: f"{name}:0"
        for name, node in nodes.items()
        if name not in used and node.op not in _NO_OUTPUT and _gives_values(node)
    }


def _gives_values(node: Any) -> bool:
    """Tell what an array can hold from handles of tables, variables and lists."""
    from tensorflow.core.framework import types_pb2

    return result_types(node)[:1] not in ([], [types_pb2.DT_RESOURCE], [types_pb2.DT_VARIANT])


def _placeholders(graph_def: Any, outputs: Mapping[str, str], what: str) -> dict[str, str]:
    needed = reachable(bodies_of(graph_def, what), outputs.values(), what)[0].nodes
    return {name: f"{name}:0" for name, node in needed.items() if node.op == "Placeholder"}
