"""Which graph and which signature of a SavedModel are read, and in what order it takes inputs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.graphs.called_function import called_function
from marcelle_nb.formats.graphs.graph_bodies import source_of
from marcelle_nb.formats.tensorflow_start import start_tensorflow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from marcelle_nb.formats.model_files import ModelFiles

MAX_FILE = 2**31 - 1
"""What one message may hold."""

OWN = ("__saved_model_init_op", "__saved_model_train_op")
"""Signatures that TensorFlow writes for itself."""


def meta_graph_of(files: ModelFiles, name: str, tags: Sequence[str] | None) -> Any:
    """Read a SavedModel, and choose one of its graphs by tags."""
    start_tensorflow()
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


def signature_names(meta_graph: Any) -> list[str]:
    """Give the names of the signatures that users call."""
    return sorted(name for name in meta_graph.signature_def if name not in OWN)


def signature_of(meta_graph: Any, name: str | None, what: str) -> Any:
    """Choose a signature: `serving_default` by default, or the only one."""
    known = [key for key in signature_names(meta_graph) if meta_graph.signature_def[key].outputs]
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


def by_number(key: str) -> list[Any]:
    """Sort `a_10` behind `a_9`."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", key)]


def ordered_inputs(meta_graph: Any, signature: Any) -> list[tuple[str, Any]]:
    """Give inputs as the signature's function passes them to the model's, else by name."""
    entries = sorted(signature.inputs.items(), key=lambda item: by_number(item[0]))
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
