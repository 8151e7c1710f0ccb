"""Hash tables of a saved graph that are filled from text files beside it.

The operation that reads the file is replaced by what the file says, so that no operation that
reads files is left.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.graphs.called_function import called_function
from marcelle_nb.formats.graphs.graph_bodies import source_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from marcelle_nb.formats.model_files import ModelFiles

READING = frozenset({"InitializeTableFromTextFile", "InitializeTableFromTextFileV2"})

MAX_BYTES = 16 * 2**20
"""Of all files together; in a graph a text takes many times its size."""

MAX_CALLS = 100
MAX_LINES = 1_000_000
"""Of all files together, each as often as it is read."""
_WHOLE_LINE, _LINE_NUMBER = -2, -1
_STRING, _INT64 = 7, 9


@dataclass
class _Work:
    """What is looked up meanwhile, and what is done."""

    functions: Mapping[str, Any]
    files: ModelFiles
    done: set[tuple[str, frozenset[tuple[str, str]]]] = field(default_factory=set)
    lines: int = 0
    nbytes: int = 0


def inline_table_files(meta_graph: Any, files: ModelFiles, folder: str) -> None:
    """Put the contents of text files into the graph that would read them.

    Parameters
    ----------
    meta_graph : MetaGraphDef
        It is changed.
    files : ModelFiles
    folder : str
        Where the saved model is among them, without `/` behind it.

    Raises
    ------
    ModelFormatError
        If a file is not there, or not such as the graph says, or they are larger than any
        vocabulary. A file that is none of the model's own is left to the check of operations.
    """
    graph_def = meta_graph.graph_def
    assets = {
        source_of(asset.tensor_info.name): f"{folder}/assets/{asset.filename}".lstrip("/")
        for asset in (*meta_graph.asset_file_def, *_older(meta_graph))
    }
    _set_paths(graph_def, assets)
    functions = {f.signature.name: f for f in graph_def.library.function}
    if not any(node.op in READING for f in functions.values() for node in f.node_def) and not any(
        node.op in READING for node in graph_def.node
    ):
        return
    _inline(graph_def.node, assets, _Work(functions, files), depth=0)


def _older(meta_graph: Any) -> list[Any]:
    """Give the files that TensorFlow 1 lists in another place."""
    from tensorflow.core.protobuf import meta_graph_pb2

    found = []
    for packed in meta_graph.collection_def["saved_model_assets"].any_list.value:
        asset = meta_graph_pb2.AssetFileDef()
        try:
            told = packed.Unpack(asset)
        except Exception as error:  # protobuf's own
            raise ModelFormatError(
                f"saved model: expected the name of a file, got {error}"
            ) from error
        if told:
            found.append(asset)
    return found


def _set_paths(graph_def: Any, assets: Mapping[str, str]) -> None:
    """Let what stands for a file's path be a constant, which tells no path."""
    import tensorflow as tf

    for node in graph_def.node:
        if node.name in assets:
            node.op = "Const"
            del node.input[:]
            node.attr.clear()
            node.attr["dtype"].type = _STRING
            node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(b"", tf.string))


def _inline(nodes: Any, assets: Mapping[str, str], work: _Work, depth: int) -> None:
    """Replace the operations among some nodes, and in the functions that these call."""
    if depth > MAX_CALLS:
        raise ModelFormatError(
            "saved model: expected functions that do not call each other for ever"
        )
    named = {node.name: node for node in nodes}
    for node in [*nodes]:
        if node.op in READING:
            asset = _asset(source_of(node.input[1]), named, assets)
            if asset is not None:
                _replace(node, nodes, work, asset, ":output:0" if depth else "")
        called = called_function(node)
        if called in work.functions:
            function = work.functions[called]
            given = zip(function.signature.input_arg, node.input, strict=False)
            inside = {
                argument.name: asset
                for argument, name in given
                if (asset := _asset(source_of(name), named, assets)) is not None
            }
            # once for each way to call it: functions that call others twice are soon millions
            way = (called, frozenset(inside.items()))
            if way not in work.done and any(
                inner.op in READING or "f" in inner.attr for inner in function.node_def
            ):
                work.done.add(way)
                _inline(function.node_def, inside, work, depth + 1)


def _asset(name: str, nodes: Mapping[str, Any], assets: Mapping[str, str]) -> str | None:
    """Follow a path back to the file that it is of."""
    for _ in range(10):
        if name in assets:
            return assets[name]
        node = nodes.get(name)
        if node is None or node.op not in {"Identity", "ReadVariableOp"} or not node.input:
            return None
        name = source_of(node.input[0])
        if node.op == "ReadVariableOp":
            written = [
                source_of(other.input[1])
                for other in nodes.values()
                if other.op == "AssignVariableOp" and source_of(other.input[0]) == name
            ]
            if len(written) != 1:
                return None
            name = written[0]
    return None


def _replace(node: Any, nodes: Any, work: _Work, asset: str, result: str) -> None:
    import tensorflow as tf

    columns = [node.attr[name].i for name in ("key_index", "value_index")]
    delimiter = node.attr["delimiter"].s or b"\t"
    lines = _lines(work, asset)[node.attr["offset"].i :]
    size = node.attr["vocab_size"].i
    if size > len(lines) or any(column < _WHOLE_LINE for column in columns):
        raise ModelFormatError(
            f"{PurePosixPath(asset).name}: expected {size:,} lines, got {len(lines):,}"
        )
    lines = lines[:size] if size > 0 else lines
    names = []
    for kind, column in zip(("keys", "values"), columns, strict=True):
        constant = nodes.add(op="Const", name=f"{node.name}/{kind}")
        array = _column(lines, column, delimiter, asset)
        constant.attr["dtype"].type = _INT64 if array.dtype == np.int64 else _STRING
        constant.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(array))
        names.append(constant.name)
    table = node.input[0]
    del node.input[:]
    node.op = "InitializeTableV2"
    node.input.extend([table, *(f"{name}{result}" for name in names)])
    node.attr.clear()
    for key, name in (("Tkey", names[0]), ("Tval", names[1])):
        node.attr[key].type = next(n for n in nodes if n.name == name).attr["dtype"].type


def _lines(work: _Work, asset: str) -> list[bytes]:
    data = work.files.read(asset, MAX_BYTES - work.nbytes)
    work.nbytes += len(data)
    work.lines += 1 + data.count(b"\n") + data.count(b"\r")  # before they take memory
    if work.lines > MAX_LINES:
        raise ModelFormatError(
            f"{PurePosixPath(asset).name}: expected at most {MAX_LINES:,} lines in all files of "
            f"tables, got {work.lines:,}"
        )
    return data.splitlines()


def _column(lines: list[bytes], column: int, delimiter: bytes, asset: str) -> Any:
    if column == _LINE_NUMBER:
        return np.arange(len(lines), dtype=np.int64)
    if column == _WHOLE_LINE:
        return np.array(lines, object)
    try:
        return np.array([line.split(delimiter)[column] for line in lines], object)
    except IndexError:
        raise ModelFormatError(
            f"{PurePosixPath(asset).name}: expected {column + 1} columns in each line"
        ) from None
