"""TensorFlow's SavedModel folders: read as a graph with its weights, after a check of all of it."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.description import KEY, MAX_BYTES, parse_description
from marcelle_nb.formats.graphs.allowed_ops import FILLING_OPS, SAVED_MODEL_OPS
from marcelle_nb.formats.graphs.checkpoint import Checkpoint
from marcelle_nb.formats.graphs.constant_types import check_constants
from marcelle_nb.formats.graphs.graph_bodies import bodies_of, reachable, source_of
from marcelle_nb.formats.graphs.graph_check import check_graph
from marcelle_nb.formats.graphs.restored_variables import VARIABLES, restored_variables
from marcelle_nb.formats.graphs.saved_graph import SavedGraph
from marcelle_nb.formats.graphs.saved_model_writer import ABOUT, write_saved_model
from marcelle_nb.formats.graphs.saved_signature import (
    OWN,
    by_number,
    meta_graph_of,
    ordered_inputs,
    signature_names,
    signature_of,
)
from marcelle_nb.formats.graphs.table_files import inline_table_files

if TYPE_CHECKING:
    from collections.abc import Sequence

    from marcelle_nb.formats.graphs.graph_loaded_model import GraphLoadedModel
    from marcelle_nb.formats.model_files import ModelFiles

__all__ = ["load_saved_model", "write_saved_model"]

FILE = "saved_model.pb"
_TABLES = frozenset({"HashTable", "HashTableV2"})


def load_saved_model(
    files: ModelFiles,
    *,
    tags: Sequence[str] | str | None = None,
    signature: str | None = None,
    trust: bool = False,
) -> GraphLoadedModel:
    """Read one signature of a SavedModel.

    TensorFlow's own loader is not used: it would run what the file says. The graph is checked, cut
    down to what the signature needs, and the weights are put into it.

    Parameters
    ----------
    files : ModelFiles
        With a `saved_model.pb` and what belongs to it, in one folder.
    tags : sequence of str or str, optional
        Which graph, where there are several; the one with the tag `serve` by default.
    signature : str, optional
        `serving_default` by default, or the only one.
    trust : bool
        Allow all operations, whatever they do.

    Returns
    -------
    GraphLoadedModel
        A SavedModel does not keep the order of inputs and outputs. Inputs are in the order in which
        the signature's function passes them on, where it tells, else by name; outputs are by name,
        `output_10` behind `output_9`.

    Raises
    ------
    UnsafeModel
        If what the signature needs, functions included, holds operations that could do more than
        compute.
    ModelFormatError
        If the files are damaged, or there is no such graph or signature.

    Notes
    -----
    Thread: any.
    """
    name, folder = _found(files)
    meta_graph = meta_graph_of(files, name, [tags] if isinstance(tags, str) else tags)
    try:
        return _loaded(files, folder, meta_graph, signature, name, trust=trust)
    except (LookupError, ValueError, TypeError, OverflowError) as error:
        if isinstance(error, ModelFormatError):
            raise
        raise ModelFormatError(
            f"{name}: expected a SavedModel, got {type(error).__name__}: {str(error)[:300]}"
        ) from error


def _loaded(
    files: ModelFiles,
    folder: str,
    meta_graph: Any,
    signature: str | None,
    name: str,
    *,
    trust: bool,
) -> GraphLoadedModel:
    """Check and cut down the graph, and put the weights into it."""
    chosen = signature_of(meta_graph, signature, name)
    inputs = {key: info.name for key, info in ordered_inputs(meta_graph, chosen)}
    outputs = {key: chosen.outputs[key].name for key in sorted(chosen.outputs, key=by_number)}
    for key, tensor in (inputs | outputs).items():
        if not tensor:
            raise ModelFormatError(f"{name}: expected a dense tensor for {key!r:.100}")
    inline_table_files(meta_graph, files, folder)
    checkpoint = _checkpoint(files, folder)
    stored = {} if checkpoint is None else restored_variables(meta_graph, checkpoint)
    initializer = _initializer(meta_graph)
    declared = 0 if checkpoint is None else checkpoint.nbytes
    graph_def = _needed(meta_graph.graph_def, [*inputs.values(), *outputs.values()], name)
    starting = None
    if initializer is not None and any(node.op in _TABLES for node in graph_def.node):
        starting = _needed(meta_graph.graph_def, [initializer], name)
        check_graph(
            starting,
            allowed=FILLING_OPS,
            what=f"{name}: what fills its tables",
            trust=trust,
            declared=declared,
        )
        check_constants(starting, name)
    check_graph(graph_def, allowed=SAVED_MODEL_OPS, what=name, trust=trust, declared=declared)
    check_constants(graph_def, name)
    _compare(graph_def, stored, checkpoint, name)
    graph = SavedGraph(graph_def, inputs, outputs, starting, initializer, name)
    return graph.loaded(
        {
            node.name: stored[node.name].read(checkpoint)
            for node in graph_def.node
            if node.op in VARIABLES and node.name in stored and checkpoint is not None
        },
        size=sum(files.size(known) for known in files.names if _within(known, folder)),
        metadata=_metadata(meta_graph, files, folder),
    )


def _found(files: ModelFiles) -> tuple[str, str]:
    """Give the name of the file, and its folder."""
    if files.main is not None and PurePosixPath(files.main).name == FILE:
        found = [files.main]
    else:
        found = [name for name in files.names if PurePosixPath(name).name == FILE]
    if len(found) != 1:
        raise ModelFormatError(f"{files.origin}: expected one {FILE}, got {len(found)}")
    folder = str(PurePosixPath(found[0]).parent)
    return found[0], "" if folder == "." else folder


def _within(name: str, folder: str) -> bool:
    return name.startswith(f"{folder}/") if folder else True


def _metadata(meta_graph: Any, files: ModelFiles, folder: str) -> dict[str, Any]:
    tags = sorted(meta_graph.meta_info_def.tags)
    metadata: dict[str, Any] = {"tags": tags, "signatures": signature_names(meta_graph)}
    about = f"{folder}/{ABOUT}".lstrip("/")
    if about in files:
        metadata[KEY] = parse_description(files.read(about, MAX_BYTES), about)
    return metadata


def _checkpoint(files: ModelFiles, folder: str) -> Checkpoint | None:
    prefix = f"{folder}/variables/variables".lstrip("/")
    return Checkpoint(files, prefix) if f"{prefix}.index" in files else None


def _initializer(meta_graph: Any) -> str | None:
    """Give the node that fills tables."""
    for key in ("saved_model_main_op", "main_op", "legacy_init_op"):
        values = meta_graph.collection_def[key].node_list.value
        if len(values) == 1:
            return source_of(values[0])
    outputs = meta_graph.signature_def[OWN[0]].outputs if OWN[0] in meta_graph.signature_def else {}
    return next((source_of(info.name) for info in outputs.values()), None)


def _needed(graph_def: Any, roots: list[str], what: str) -> Any:
    """Give what some tensors need of a graph, and the functions called there."""
    from tensorflow.core.framework import graph_pb2

    bodies = bodies_of(graph_def, what)
    main, *called = reachable(bodies, roots, what)
    kept = {id(body) for body in called}
    result = graph_pb2.GraphDef(versions=graph_def.versions)
    result.node.extend(main.nodes.values())
    result.library.function.extend(
        f for f in graph_def.library.function if id(bodies[f.signature.name]) in kept
    )
    return result


def _compare(graph_def: Any, stored: Any, checkpoint: Checkpoint | None, what: str) -> None:
    """Compare variables with the checkpoint before anything is read."""
    for node in graph_def.node:
        if node.op not in VARIABLES:
            continue
        if checkpoint is None or node.name not in stored:
            raise ModelFormatError(
                f"{what}: expected the value of the variable {node.name!r:.200} in the checkpoint"
            )
        shape = node.attr["shape"].shape
        sizes = tuple(dim.size for dim in shape.dim)
        value = stored[node.name]
        if value.part or shape.unknown_rank:
            continue
        got = checkpoint.shape(value.name)
        if len(got) != len(sizes) or any(a not in (-1, b) for a, b in zip(sizes, got, strict=True)):
            raise ModelFormatError(
                f"{what}: {node.name!r:.200}: expected shape {sizes}, got {got} in the checkpoint"
            )
