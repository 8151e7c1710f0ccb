"""The `model.json` of a graph model that is being written, and its weights."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from marcelle_nb._version import __version__
from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.graphs.graph_bodies import source_of
from marcelle_nb.formats.replaced_folder import replaced_folder
from marcelle_nb.formats.tfjs.graph_message import message_of, separated
from marcelle_nb.formats.tfjs.model_json import ModelJson
from marcelle_nb.formats.tfjs.table_initializer import initializer_of
from marcelle_nb.formats.tfjs.weights import read_weights
from marcelle_nb.formats.tfjs.weights_writer import write_weights

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from marcelle_nb.formats.graphs.flat_function import FlatFunction
    from marcelle_nb.formats.graphs.inference_graph import InferenceGraph
    from marcelle_nb.formats.graphs.lookup_table import LookupTable
    from marcelle_nb.formats.model_files import ModelFiles


@dataclass
class GraphDocument:
    """What is written.

    Attributes
    ----------
    raw : dict
        The document, still without its manifest.
    weights : dict of str to numpy.ndarray
        By the name of their node.
    """

    raw: dict[str, Any]
    weights: dict[str, NDArray[Any]]

    def describe(
        self,
        name: str | None,
        labels: Sequence[str] | None,
        metadata: Mapping[str, Any] | None,
    ) -> None:
        """Add what Marcelle reads, beside what a file had of it."""
        before = self.raw.get("marcelle")
        told: dict[str, Any] = dict(before) if isinstance(before, dict) else {}
        told.update(metadata or {})
        if labels is not None:
            told["labels"] = [str(label) for label in labels]
        told.setdefault("name", name or "model")
        told["type"], told["tfjsModelFormat"] = "tfjs-model", "graph-model"
        self.raw["marcelle"] = told

    def write(
        self, folder: Path, *, quantize: str | Mapping[str, Any] | None, shard_size: int
    ) -> list[Path]:
        """Write all files, or none."""
        stale = ("group*-shard*of*.bin",)
        with replaced_folder(folder, last="model.json", stale=stale) as new:
            groups = [[*self.weights.items()]] if self.weights else []
            manifest = write_weights(new, groups, shard_size=shard_size, quantize=quantize)
            raw = {"format": "graph-model", **self.raw, "weightsManifest": manifest}
            try:
                text = json.dumps(raw, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
            except (TypeError, ValueError) as error:
                raise ValueError(f"metadata: expected what JSON can say, got {error}") from error
            (new / "model.json").write_text(text, encoding="utf-8")
        paths = [path for group in manifest for path in group["paths"]]
        return [folder / "model.json", *(folder / path for path in paths)]


def document_of_graph(
    graph: InferenceGraph, tables: Sequence[LookupTable], function: FlatFunction
) -> GraphDocument:
    """Make the document of a graph that was rewritten for TensorFlow.js."""
    import tensorflow as tf

    weights: dict[str, NDArray[Any]] = {}
    raw: dict[str, Any] = {
        "format": "graph-model",
        "generatedBy": tf.__version__,
        "convertedBy": f"marcelle-nb v{__version__}",
        "signature": {
            "inputs": _entries(function.inputs, graph.inputs, graph.input_specs),
            "outputs": _entries(function.outputs, graph.outputs, graph.output_specs),
        },
    }
    if function.by_name:
        raw["userDefinedMetadata"] = {"structuredOutputKeys": [*function.outputs]}
    raw["modelTopology"] = message_of(separated(graph.graph_def, weights))
    if tables:
        initializer, outputs = initializer_of(tables, graph.graph_def.versions)
        raw["modelInitializer"] = message_of(separated(initializer, weights))
        raw["initializerSignature"] = {"outputs": {}}
        for i, (table, output) in enumerate(zip(tables, outputs, strict=True)):
            entry = {"dtype": "DT_RESOURCE", "tensorShape": {}, "resourceId": i}
            # a name of its own for the key: TensorFlow.js feeds the node of that name
            raw["signature"]["inputs"][table.node] = {"name": f"{table.node}:0", **entry}
            raw["initializerSignature"]["outputs"][f"{output}:0"] = {"name": f"{output}:0", **entry}
    return GraphDocument(raw, weights)


def document_of_file(
    files: ModelFiles, name: str, output_nodes: Sequence[str] | None = None
) -> GraphDocument:
    """Read a graph model's document and weights, to be written again as they are.

    Raises
    ------
    ModelFormatError
        If it is none, or weights are missing.
    ValueError
        If it has no such outputs.
    """
    model = ModelJson.read(files, name)
    if model.kind != "graph":
        raise ModelFormatError(f"{name}: expected a graph model, got a layers model")
    raw = {key: value for key, value in model.raw.items() if key != "weightsManifest"}
    raw.update(format="graph-model", convertedBy=f"marcelle-nb v{__version__}")
    document = GraphDocument(raw, read_weights(files, name, model.groups))
    if output_nodes is not None:
        _select(document, model, output_nodes)
    return document


def _select(document: GraphDocument, model: ModelJson, names: Sequence[str]) -> None:
    """Keep only what some outputs need."""
    nodes = {node["name"]: node for node in model.topology["node"]}
    signature = dict(model.signature or {})
    known = dict(signature.get("outputs") or {})
    outputs = {
        name: known.get(name) or {"name": name if ":" in name else f"{name}:0"} for name in names
    }
    kept: set[str] = set()
    waiting = [source_of(entry["name"]) for entry in outputs.values()]
    while waiting:
        node = waiting.pop()
        if node not in nodes:
            inside = [name for name, one in nodes.items() if one["op"] != "Const"]
            raise ValueError(
                f"output_nodes: expected one of the outputs {', '.join(sorted(known))!s:.200} or "
                f"another node of the graph, as {', '.join(inside[-5:])!s:.200}, got {node!r:.100}"
            )
        if node not in kept:
            kept.add(node)
            waiting.extend(source_of(source) for source in nodes[node].get("input") or ())
    inputs = signature.get("inputs") or {}
    kept.update(source_of(entry["name"]) for entry in inputs.values())
    gone = {name for name, node in nodes.items() if node["op"] == "Const" and name not in kept}
    document.weights = {key: value for key, value in document.weights.items() if key not in gone}
    document.raw["modelTopology"] = {
        **model.topology,
        "node": [node for name, node in nodes.items() if name in kept],
    }
    document.raw["signature"] = {**signature, "outputs": outputs}
    told = {
        key: value
        for key, value in (model.user_defined_metadata or {}).items()
        if key not in ("signature", "structuredOutputKeys")
    }
    document.raw["userDefinedMetadata"] = told


def _entries(
    names: Sequence[str], nodes: Sequence[str], specs: Sequence[tuple[int, Any]]
) -> dict[str, Any]:
    from tensorflow.core.framework import types_pb2

    return {
        name: {
            "name": f"{node}:0",
            "dtype": types_pb2.DataType.Name(dtype),
            "tensorShape": _shape(shape),
        }
        for name, node, (dtype, shape) in zip(names, nodes, specs, strict=True)
    }


def _shape(shape: Any) -> dict[str, Any]:
    if shape.rank is None:
        return {"unknownRank": True}
    return {"dim": [{"size": str(-1 if n is None else n)} for n in shape]} if shape.rank else {}
