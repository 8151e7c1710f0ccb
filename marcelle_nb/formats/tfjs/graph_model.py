"""TensorFlow.js graph models: from a `model.json` and its weights to something that predicts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.graphs.allowed_ops import TFJS_OPS
from marcelle_nb.formats.graphs.constant_types import check_constants
from marcelle_nb.formats.graphs.graph_bodies import MAIN, bodies_of
from marcelle_nb.formats.graphs.graph_check import check_graph
from marcelle_nb.formats.graphs.graph_loaded_model import GraphLoadedModel
from marcelle_nb.formats.graphs.hash_tables import HashTables
from marcelle_nb.formats.graphs.loop_frames import carry_into_loops
from marcelle_nb.formats.graphs.merged_constants import settle_merges
from marcelle_nb.formats.graphs.rewrite import rewrite
from marcelle_nb.formats.labels import told_labels
from marcelle_nb.formats.tfjs.graph_constants import fill_constants, fill_small_constants
from marcelle_nb.formats.tfjs.graph_json import parse_graph
from marcelle_nb.formats.tfjs.graph_signature import GraphSignature, table_outputs
from marcelle_nb.formats.tfjs.model_json import ModelJson
from marcelle_nb.formats.tfjs.weights import read_weights

if TYPE_CHECKING:
    from collections.abc import Mapping

    from marcelle_nb.formats.model_files import ModelFiles


def load_graph_model(files: ModelFiles, name: str, *, trust: bool = False) -> GraphLoadedModel:
    """Read a TensorFlow.js graph model.

    Parameters
    ----------
    files : ModelFiles
    name : str
        Of the `model.json` among them.
    trust : bool
        Allow operations that TensorFlow.js does not run, whatever they do.

    Returns
    -------
    GraphLoadedModel
        Outputs are those of TensorFlow.js 4.22, in its order and of its types.

    Raises
    ------
    UnsafeModel
        If the graph, one of its functions or its initialiser holds another operation.
    ModelFormatError
        If the files are damaged, or hold something else.

    Notes
    -----
    Thread: any.
    """
    model = ModelJson.read(files, name)
    if model.kind != "graph":
        raise ModelFormatError(f"{name}: expected a graph model, got a layers model")
    graph_def = parse_graph(model.topology, name)
    initializer = parse_graph(model.initializer, name) if model.initializer else None
    nodes = bodies_of(graph_def, name)[MAIN].nodes
    metadata = model.user_defined_metadata or {}
    signature = GraphSignature.of(
        nodes, model.signature, name, structured=metadata.get("structuredOutputKeys")
    )
    weights = read_weights(files, name, model.groups)
    if initializer is not None:
        fill_constants(initializer, weights, name)
        _check(initializer, name, trust=trust)
    large = fill_small_constants(graph_def, weights, name)
    weights.clear()  # the graphs hold them now
    declared = sum(array.nbytes for array in large.values())
    _check(graph_def, name, trust=trust, declared=declared)
    tables = HashTables(
        initializer,
        signature.resources,
        table_outputs(model.initializer_signature, name),
        name,
    )
    ops = _counted(model.topology)
    tables.connect(graph_def)
    settle_merges(graph_def, large, name)
    rewrite(graph_def, name)
    carry_into_loops(graph_def, name)
    return GraphLoadedModel(
        "tfjs-graph",
        graph_def,
        feeds=signature.feeds,
        fetches=signature.fetches,
        shapes=signature.shapes,
        tables=tables,
        weights=large,
        what=name,
        ops=ops,
        size=files.size(name) + sum(files.size(path) for path in _shards(files, model)),
        labels=told_labels((model.marcelle or {}).get("labels")),
        metadata=model.about,
    )


def _check(graph_def: Any, name: str, *, trust: bool, declared: int = 0) -> None:
    check_graph(graph_def, allowed=TFJS_OPS, what=name, trust=trust, declared=declared)
    check_constants(graph_def, name)


def _shards(files: ModelFiles, model: ModelJson) -> list[str]:
    return [files.beside(model.name, path) for group in model.groups for path in group.paths]


def _counted(topology: Mapping[str, Any]) -> dict[str, int]:
    """Count operations as the file has them, not as they run."""
    counts: dict[str, int] = {}
    functions = (topology.get("library") or {}).get("function") or ()
    for nodes in (topology["node"], *(f.get("nodeDef") or () for f in functions)):
        for node in nodes:
            counts[node["op"]] = counts.get(node["op"], 0) + 1
    return counts
