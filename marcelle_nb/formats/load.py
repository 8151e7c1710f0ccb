"""Reads a model file of any format: `marcelle_nb.load`."""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from marcelle_nb.formats.addresses import is_address
from marcelle_nb.formats.checksums import normalised
from marcelle_nb.formats.describe import describe
from marcelle_nb.formats.detect import detect
from marcelle_nb.formats.download import download, open_local
from marcelle_nb.formats.model_files import ModelFiles
from marcelle_nb.formats.source_options import (
    check_source_options,
    source_options,
    told_format,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from marcelle_nb.formats.loaded_model import LoadedModel


_READERS = {
    "tfjs-layers": ("tfjs.layers_model", "load_layers_model"),
    "tfjs-graph": ("tfjs.graph_model", "load_graph_model"),
    "keras": ("keras_models.keras_file", "load_keras"),
    "h5": ("keras_models.h5_file", "load_h5"),
    "saved-model": ("graphs.saved_model", "load_saved_model"),
    "frozen-graph": ("graphs.frozen_graph", "load_frozen_graph"),
    "tflite": ("tflite.reader", "load_tflite"),
    "onnx": ("onnx_models.reader", "load_onnx"),
}


def load(  # noqa: PLR0913 - by name, and none of the rare ones has to be given
    source: Any,
    *,
    format: str | None = None,
    trust: bool = False,
    sha256: str | Mapping[str, str] | None = None,
    allow_http: bool = False,
    tags: Sequence[str] | str | None = None,
    signature: str | None = None,
    input_nodes: Sequence[str] | str | None = None,
    output_nodes: Sequence[str] | str | None = None,
) -> LoadedModel:
    """Read a model from a file, a folder, a zip archive, an address or uploaded files.

    Parameters
    ----------
    source : path, str, or iterable of paths, binary files and (name, bytes)
        TensorFlow.js (`model.json`), Keras (`.keras`, `.h5`), SavedModel (the folder), frozen
        graphs (`.pb`), TensorFlow Lite, ONNX, and what Teachable Machine exports.
    format : str, optional
        `"tfjs"`, `"tfjs-layers"`, `"tfjs-graph"`, `"keras"`, `"h5"`, `"saved-model"`,
        `"frozen-graph"`, `"tflite"` or `"onnx"`. By default what the files look like.
    trust : bool
        Open also what could run code or touch files. Only for files that you made yourself.
    sha256 : str or mapping of str to str, optional
        The checksum of the file at a path or an address; of a TensorFlow.js model one for each
        file by name, or one over `model.json` and its shards in the order of the manifest.
    allow_http : bool
        Take `http:` from another machine even without a checksum, as from a teacher's laptop.
    tags : sequence of str, optional
        Which graph of a SavedModel, by all its tags; `serve` by default.
    signature : str, optional
        Which function of a SavedModel or a TensorFlow Lite model; `serving_default` by default.
    input_nodes, output_nodes : sequence of str, optional
        Of a frozen graph, which does not tell what goes in and comes out: names of its nodes, or,
        with `:1` behind one, of its second tensor. By default its placeholders, and the nodes from
        which no other takes anything.

    Returns
    -------
    LoadedModel

    Raises
    ------
    ModelFormatError
        If it is no model, or one that cannot be read; or if packages of an extra are missing.
    UnsafeModel
        If it could run code or touch files, where `trust` would help. It is a `ModelFormatError`.
    DownloadRefused
        If it cannot be fetched, or its checksum differs.
    ValueError
        If there is no such format, or no such node; or if an option is given that the format does
        not have, which is refused before anything is fetched as far as the address tells.
    TypeError
        If the source or an option is of another type, or a checksum is given for an upload.
    FileNotFoundError
        If there is nothing at a path; other `OSError`s if it cannot be read.

    Warns
    -----
    UserWarning
        If there are more or fewer names of classes than classes: they are left out. The text is
        also in `metadata["notes"]`. And if nobody answers at an address, and what came from there
        before is used.

    Notes
    -----
    Thread: any.
    """
    given = source_options(
        signature=signature, tags=tags, input_nodes=input_nodes, output_nodes=output_nodes
    )
    told = told_format(source, format)
    if told is not None:
        check_source_options(told, given)
    files = open_files(source, sha256, allow_http=allow_http)
    kind, name = detect(files, format)
    check_source_options(kind, given)
    model = _read(kind, files, name, trust=trust, **given)
    describe(model, files, name)
    if kind == "tfjs-graph" or isinstance(source, ModelFiles):  # who opened them holds them
        model.source = files, name
    return model


def open_files(
    source: Any, sha256: str | Mapping[str, str] | None = None, *, allow_http: bool = False
) -> ModelFiles:
    """Open what `load` takes as source, and compare it with its checksum.

    Raises
    ------
    DownloadRefused
        If it cannot be fetched, or its checksum differs.
    ModelFormatError
        If an archive cannot be read, there is too much in it, or a name leaves the folder.
    TypeError
        If it is neither a path nor files, or a checksum comes with an upload.
    FileNotFoundError
        If there is nothing at a path.
    """
    if is_address(source):
        return download(source, sha256=sha256, allow_http=allow_http)
    if sha256 is None:
        return ModelFiles.open(source)
    if not isinstance(source, str | os.PathLike):
        raise TypeError(f"sha256: expected with an address or a path, got {type(source).__name__}")
    return open_local(Path(source), normalised(sha256))


def _read(kind: str, files: ModelFiles, name: str, *, trust: bool, **options: Any) -> LoadedModel:
    """Call a format's reader; it is imported when it is needed, with what it imports."""
    module, function = _READERS[kind]
    reader = getattr(import_module(f"marcelle_nb.formats.{module}"), function)
    if kind == "saved-model":  # the folder is the model
        model: LoadedModel = reader(_around(files, name), trust=trust, **options)
    else:
        model = reader(files, name, trust=trust, **options)
    return model


def _around(files: ModelFiles, name: str) -> ModelFiles:
    """Give the files of the folder in which a SavedModel's `saved_model.pb` lies."""
    folder = name.rpartition("/")[0]
    return files.inside(folder) if folder else files
