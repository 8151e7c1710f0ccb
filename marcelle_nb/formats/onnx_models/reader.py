"""Reading of ONNX files."""

from __future__ import annotations

import ast
import json
from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.description import KEY, parse_description
from marcelle_nb.formats.labels import told_labels
from marcelle_nb.formats.onnx_models.external_data import MAX_BYTES, take_in
from marcelle_nb.formats.onnx_models.extra import import_extra
from marcelle_nb.formats.onnx_models.model_check import check_model
from marcelle_nb.formats.onnx_models.onnx_model import OnnxModel
from marcelle_nb.formats.onnx_models.zip_map import without_zip_maps

if TYPE_CHECKING:
    from collections.abc import Mapping

    from marcelle_nb.formats.model_files import ModelFiles

LABEL_KEYS = ("names", "labels", "classes", "class_names")
MAX_LABEL_CHARACTERS = 1_000_000


def load_onnx(files: ModelFiles, name: str, *, trust: bool = False) -> OnnxModel:
    """Read an ONNX file.

    Parameters
    ----------
    files : ModelFiles
        Weights outside the file are read from here and from nowhere else.
    name : str
        The file among them.
    trust : bool
        Let operators of other domains than ONNX's pass. Sizes are checked all the same.

    Returns
    -------
    OnnxModel

    Raises
    ------
    UnsafeModel
        If it holds custom operators.
    ModelFormatError
        If it cannot be read or run, or packages of the extra `onnx` are missing.
    """
    onnx = import_extra("onnx")
    import_extra("onnxruntime")
    data = files.read(name, MAX_BYTES)
    model = onnx.ModelProto()
    try:
        model.ParseFromString(data)
    except Exception as error:  # the implementations of protobuf raise different ones
        raise ModelFormatError(f"{name}: expected an ONNX model, got {error}"[:300]) from error
    if not model.HasField("graph") or not model.opset_import:
        raise ModelFormatError(f"{name}: expected an ONNX model, got no graph or no operator set")
    try:
        return _checked(model, files, name, len(data), trust=trust)
    except UnicodeError as error:
        raise ModelFormatError(f"{name}: expected names in UTF-8, got {error}"[:300]) from error


def _checked(model: Any, files: ModelFiles, name: str, size: int, *, trust: bool) -> OnnxModel:
    size += _take_in(model, files, name)
    check_model(model, name, trust=trust)
    metadata: dict[str, Any] = {entry.key: entry.value for entry in model.metadata_props}
    if model.producer_name:
        metadata.setdefault("producer", f"{model.producer_name} {model.producer_version}".strip())
    if KEY in metadata:
        metadata[KEY] = parse_description(metadata[KEY], f"{name}: {KEY}")
    named = without_zip_maps(model)
    return OnnxModel(model, name, size=size, labels=_labels(metadata) or named, metadata=metadata)


def _take_in(model: Any, files: ModelFiles, name: str) -> int:
    before = model.ByteSize()
    take_in(model, files, name)
    return max(0, int(model.ByteSize()) - int(before))


def _labels(metadata: Mapping[str, Any]) -> list[str] | None:
    """Read class names from the file's metadata, where exporters put them as JSON or as Python."""
    for key in LABEL_KEYS:
        text = metadata.get(key, "")
        if not text or len(text) > MAX_LABEL_CHARACTERS:
            continue
        labels = told_labels(_parsed(text))  # or {0: "person", 1: "bicycle"}
        if labels is not None:
            return labels
    return None


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
        return text.split(",") if "," in text and text[0] not in "{[(" else None
