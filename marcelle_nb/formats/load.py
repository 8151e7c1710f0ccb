"""Reads a model file of any format: `marcelle_nb.load`."""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from marcelle_nb.formats.addresses import is_address
from marcelle_nb.formats.checksums import normalised
from marcelle_nb.formats.detect import detect
from marcelle_nb.formats.download import download, open_local
from marcelle_nb.formats.labels import find_labels, fits
from marcelle_nb.formats.model_files import ModelFiles
from marcelle_nb.formats.sidecar import checked_treatment, read_sidecar
from marcelle_nb.formats.teachable_machine import (
    image_treatment,
    is_converted,
    teachable_labels,
    teachable_metadata,
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

_OPTIONS = {
    "saved-model": {"tags", "signature"},
    "frozen-graph": {"input_nodes", "output_nodes"},
    "tflite": {"signature"},
}
"""What a reader takes beyond the file."""


def load(  # noqa: PLR0913 - by name, and none of the rare ones has to be given
    source: Any,
    *,
    format: str | None = None,
    trust: bool = False,
    sha256: str | Mapping[str, str] | None = None,
    allow_http: bool = False,
    tags: Sequence[str] | None = None,
    signature: str | None = None,
    input_nodes: Sequence[str] | None = None,
    output_nodes: Sequence[str] | None = None,
) -> LoadedModel:
    """Read a model from a file, a folder, a zip archive, an address or uploaded files.

    Parameters
    ----------
    source : path, str, or iterable of paths, binary files and (name, bytes)
        TensorFlow.js (`model.json`), Keras (`.keras`, `.h5`), SavedModel (the folder), frozen
        graphs (`.pb`), TensorFlow Lite, ONNX, and what Teachable Machine exports.
    format : str, optional
        `"tfjs-layers"`, `"tfjs-graph"`, `"keras"`, `"h5"`, `"saved-model"`, `"frozen-graph"`,
        `"tflite"` or `"onnx"`. By default what the files look like.
    trust : bool
        Open also what could run code or touch files. Only for files that you made yourself.
    sha256, allow_http
        See `marcelle_nb.formats.download.download`.
    tags, signature
        Which graph of a SavedModel, and which of its functions; `signature` also of a TensorFlow
        Lite model.
    input_nodes, output_nodes
        Of a frozen graph, which does not tell.

    Returns
    -------
    LoadedModel

    Raises
    ------
    ModelFormatError
        If it is no model, or one that cannot be read; `UnsafeModel` where `trust` would help.
    DownloadRefused
        If it cannot be fetched, or its checksum differs.
    FileNotFoundError
        If there is nothing at a path.

    Notes
    -----
    Thread: any.
    """
    files = open_files(source, sha256, allow_http=allow_http)
    kind, name = detect(files, format)
    options = {
        "tags": tags,
        "signature": signature,
        "input_nodes": input_nodes,
        "output_nodes": output_nodes,
    }
    given = {key: value for key, value in options.items() if value is not None}
    if unused := sorted(set(given) - _OPTIONS.get(kind, set())):
        raise ValueError(f"{', '.join(unused)}: expected with another format, got {kind}")
    model = _read(kind, files, name, trust=trust, **given)
    _describe(model, files, name)
    if kind == "tfjs-graph":
        model.source = files, name
    return model


def open_files(
    source: Any, sha256: str | Mapping[str, str] | None = None, *, allow_http: bool = False
) -> ModelFiles:
    """Open what `load` takes as source, and compare it with its checksum."""
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


def _label_place(name: str) -> str:
    """Give the name beside which labels lie: of a SavedModel that of its folder."""
    folder = name.rpartition("/")[0]
    return folder if folder and name.endswith("/saved_model.pb") else name


def _describe(model: LoadedModel, files: ModelFiles, name: str) -> None:
    """Add what the files beside the model tell: names of classes, and how pictures go into it."""
    beside = checked_treatment(model.metadata.get("marcelle") or {}, name)
    beside |= read_sidecar(files, name)
    labels = beside.pop("labels", None)
    teachable = teachable_metadata(files, name)
    if teachable is not None:
        labels = labels or teachable_labels(teachable)
        beside = {**image_treatment(model, teachable), **beside}
    found, is_numbered = find_labels(files, _label_place(name)) or (None, False)
    if is_converted(name, is_numbered=is_numbered):
        beside = {**image_treatment(model, None), **beside}
    model.metadata.update(beside)
    for names in (labels, found):
        if model.labels is None and names is not None and fits(names, model):
            model.labels = names
