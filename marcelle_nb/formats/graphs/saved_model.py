"""TensorFlow's SavedModel folders: read as a graph with its weights, after a check of all of it."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.graphs.allowed_ops import FILLING_OPS, SAVED_MODEL_OPS
from marcelle_nb.formats.graphs.called_function import called_function
from marcelle_nb.formats.graphs.checkpoint import Checkpoint
from marcelle_nb.formats.graphs.constant_types import check_constants
from marcelle_nb.formats.graphs.graph_bodies import bodies_of, reachable, source_of
from marcelle_nb.formats.graphs.graph_check import check_graph
from marcelle_nb.formats.graphs.restored_variables import VARIABLES, restored_variables
from marcelle_nb.formats.graphs.saved_graph import SavedGraph
from marcelle_nb.formats.graphs.saved_model_writer import write_saved_model
from marcelle_nb.formats.graphs.table_files import inline_table_files

if TYPE_CHECKING:
    from collections.abc import Sequence

    from marcelle_nb.formats.graphs.graph_loaded_model import GraphLoadedModel
    from marcelle_nb.formats.model_files import ModelFiles

__all__ = ["load_saved_model", "write_saved_model"]

FILE = "saved_model.pb"
MAX_FILE = 2**31 - 1
"""What one message may hold."""

_OWN = ("__saved_model_init_op", "__saved_model_train_op")
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
    meta_graph = _meta_graph(files, name, [tags] if isinstance(tags, str) else tags)
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
    chosen = _signature(meta_graph, signature, name)
    inputs = {key: info.name for key, info in _ordered_inputs(meta_graph, chosen)}
    outputs = {key: chosen.outputs[key].name for key in sorted(chosen.outputs, key=_by_number)}
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
        metadata={"tags": sorted(meta_graph.meta_info_def.tags), "signatures": _names(meta_graph)},
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


def _meta_graph(files: ModelFiles, name: str, tags: Sequence[str] | None) -> Any:
    from tensorflow.core.protobuf import saved_model_pb2

    try:
        saved = saved_model_pb2.SavedModel.FromString(files.read(name, MAX_FILE))
    except ModelFormatError:
        raise
    except Exception as error:  # protobuf's own
        raise ModelFormatError(f"{name}: expected a SavedModel, got {error}"[:300]) from error
    graphs = {frozenset(graph.meta_info_def.tags): graph for graph in saved.meta_graphs}
    if not graphs:
        raise ModelFormatError(f"{name}: expected a SavedModel with a graph, got none")
    known = " or ".join(", ".join(sorted(each)) or "no tags" for each in graphs)
    if tags is not None:
        if frozenset(tags) not in graphs:
            raise ModelFormatError(f"{name}: expected the tags {known}, got {', '.join(tags)}")
        return graphs[frozenset(tags)]
    if len(graphs) == 1:
        return next(iter(graphs.values()))
    if frozenset({"serve"}) not in graphs:
        raise ModelFormatError(f"{name}: expected to be told which tags: {known}")
    return graphs[frozenset({"serve"})]


def _names(meta_graph: Any) -> list[str]:
    return sorted(name for name in meta_graph.signature_def if name not in _OWN)


def _signature(meta_graph: Any, name: str | None, what: str) -> Any:
    known = [key for key in _names(meta_graph) if meta_graph.signature_def[key].outputs]
    if not known:
        raise ModelFormatError(
            f"{what}: expected a SavedModel with signatures, got none; save it with signatures="
        )
    if name is None:
        name = "serving_default" if "serving_default" in known else known[0]
        if len(known) > 1 and name != "serving_default":
            raise ModelFormatError(
                f"{what}: expected to be told which signature: {', '.join(known)}"
            )
    if name not in known:
        raise ModelFormatError(
            f"{what}: expected a signature {', '.join(known)}, got {name!r:.100}"
        )
    return meta_graph.signature_def[name]


def _by_number(key: str) -> list[Any]:
    """Sort `a_10` behind `a_9`."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", key)]


def _ordered_inputs(meta_graph: Any, signature: Any) -> list[tuple[str, Any]]:
    """Give inputs as the signature's function passes them to the model's, else by name."""
    entries = sorted(signature.inputs.items(), key=lambda item: _by_number(item[0]))
    placeholders = {source_of(info.name): key for key, info in entries}
    functions = {f.signature.name: f for f in meta_graph.graph_def.library.function}
    for call in meta_graph.graph_def.node:
        wrapper = functions.get(called_function(call))
        if wrapper is None or not {source_of(n) for n in call.input} >= {*placeholders}:
            continue
        given = zip(wrapper.signature.input_arg, call.input, strict=False)
        keys = {a.name: placeholders.get(source_of(name)) for a, name in given}
        for inner in wrapper.node_def:
            passed = [keys[source_of(n)] for n in inner.input if keys.get(source_of(n))]
            if sorted(map(str, passed)) == sorted(placeholders.values()):
                return [(key, signature.inputs[key]) for key in passed if key is not None]
    return entries


def _checkpoint(files: ModelFiles, folder: str) -> Checkpoint | None:
    prefix = f"{folder}/variables/variables".lstrip("/")
    return Checkpoint(files, prefix) if f"{prefix}.index" in files else None


def _initializer(meta_graph: Any) -> str | None:
    """Give the node that fills tables."""
    for key in ("saved_model_main_op", "main_op", "legacy_init_op"):
        values = meta_graph.collection_def[key].node_list.value
        if len(values) == 1:
            return source_of(values[0])
    outputs = (
        meta_graph.signature_def[_OWN[0]].outputs if _OWN[0] in meta_graph.signature_def else {}
    )
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
