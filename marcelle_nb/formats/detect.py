"""Tells which of a model's files is the model, and in which format."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.json_document import MAX_BYTES
from marcelle_nb.formats.tfjs.model_json import ModelJson

if TYPE_CHECKING:
    from collections.abc import Iterable

    from marcelle_nb.formats.model_files import ModelFiles

SUFFIXES = {
    "tfjs-layers": (".json",),
    "tfjs-graph": (".json",),
    "keras": (".keras",),
    "h5": (".h5", ".hdf5"),
    "saved-model": (),
    "frozen-graph": (".pb",),
    "tflite": (".tflite", ".lite"),
    "onnx": (".onnx",),
}
"""Every format with the ends of the names that its files have; see `is_named`."""

FORMATS = tuple(SUFFIXES)

SAVED_MODEL = "saved_model.pb"
"""The whole name of a SavedModel's main file, in the folder that is the model."""

TFJS = "tfjs"
"""TensorFlow.js in either format."""

_HDF5 = b"\x89HDF\r\n\x1a\n"
_PICKLES = (".pkl", ".pickle", ".pt", ".pth", ".joblib", ".npy")
_LFS = b"version https://git-lfs.github.com/spec/"
_PAGE = re.compile(rb"(\xef\xbb\xbf)?\s*<(!doctype\s+html|html|head)\b", re.IGNORECASE)
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_MAX_JSON_FILES = 50
_MAX_JSON_BYTES = MAX_BYTES
"""Of all that are searched for a model, together."""

START = 256
"""Bytes of a file that tell its format."""


def detect(files: ModelFiles, format: str | None = None) -> tuple[str, str]:
    """Find the model among files.

    Parameters
    ----------
    files : ModelFiles
    format : str, optional
        The format that the user named; None to find out.

    Returns
    -------
    format, name : str
        One of `FORMATS`, and the file's name; of a SavedModel that of its `saved_model.pb`.

    Raises
    ------
    ModelFormatError
        If there is no model, or more than one.
    ValueError
        If there is no such format.
    """
    if format is not None:
        checked_format(format)
    name = files.main or _main(files, "tfjs-layers" if format == TFJS else format)
    _refuse_what_stands_for_a_model(files, name)
    if format == TFJS:
        return f"tfjs-{ModelJson.read(files, name).kind}", name
    return format or _format(files, name), name


def checked_format(format: str) -> str:
    """Give a format's name back.

    Raises
    ------
    ValueError
        If there is no such format.
    """
    if format not in (TFJS, *FORMATS):
        known = ", ".join((TFJS, *FORMATS))
        raise ValueError(f"format: expected one of {known}, got {format!r}")
    return format


def is_named(name: str, format: str) -> bool:
    """Tell whether a file may be of a format by its name, with folders before it or not."""
    base = PurePosixPath(name).name.lower()
    if base == SAVED_MODEL:
        return format == "saved-model"
    return base.endswith(SUFFIXES[format])


def is_json(start: bytes, name: str) -> bool:
    """Tell a JSON object by its first `START` bytes and its name.

    A graph may begin with a line feed and a brace, which are the mark and length of its first node.
    """
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n")
    return (
        text.startswith(b"{")
        and not name.lower().endswith((".pb", ".onnx", ".tflite"))
        and not _CONTROL.search(text)
    )


def _main(files: ModelFiles, format: str | None) -> str:
    formats = [format] if format else FORMATS
    candidates = _without_parts(
        name for name in files.names if any(is_named(name, known) for known in formats)
    )
    documents = [name for name in candidates if name.endswith(".json")]
    if documents:
        models = _models(files, documents)
        candidates = [name for name in candidates if name not in documents or name in models]
    top = min((name.count("/") for name in candidates), default=0)
    candidates = [name for name in candidates if name.count("/") == top]
    if len(candidates) == 1:
        return candidates[0]
    if len(candidates) > 1:
        raise ModelFormatError(
            f"{files.origin}: expected one model, got {', '.join(sorted(candidates)[:5])}; "
            "open one of them"
        )
    _refuse_what_is_known(files.names, files.origin)
    got = ", ".join(sorted(files.names)[:5]) or "no files"
    raise ModelFormatError(f"{files.origin}: expected a model in it, got {got}")


def _without_parts(names: Iterable[str]) -> list[str]:
    """Leave out files that are parts of another model among them."""
    names = list(names)
    saved = {
        str(PurePosixPath(name).parent) for name in names if PurePosixPath(name).name == SAVED_MODEL
    }
    candidates = [
        name
        for name in names
        if PurePosixPath(name).name == SAVED_MODEL
        or not saved & {str(folder) for folder in PurePosixPath(name).parents}
    ]
    # `.weights.h5` holds no architecture
    whole = [name for name in candidates if not name.endswith(".weights.h5")]
    return whole or candidates


def _models(files: ModelFiles, documents: list[str]) -> list[str]:
    """Give those JSON documents that are models; a `model.json` is one by its name."""
    named = [name for name in documents if PurePosixPath(name).name == "model.json"]
    if named:
        return named
    found, left = [], _MAX_JSON_BYTES
    for name in sorted(documents[:_MAX_JSON_FILES], key=files.size):
        left -= files.size(name)
        if left < 0:  # and so are all after it
            break
        if b'"modelTopology"' in files.read(name):
            found.append(name)
    return found


def _format(files: ModelFiles, name: str) -> str:
    start = files.start(name, START)
    if is_json(start, name):
        return f"tfjs-{ModelJson.read(files, name).kind}"
    if start.startswith(_HDF5):
        return "h5"
    if start[4:8] == b"TFL3":
        return "tflite"
    if start.startswith(b"PK\x03\x04"):
        return "keras"
    for known in ("saved-model", "frozen-graph", "tflite", "onnx"):  # others have a mark
        if is_named(name, known):
            return known
    _refuse_what_is_known([name], files.origin)
    return _protobuf_format(start, name)


def _protobuf_format(start: bytes, name: str) -> str:
    """Tell protobuf messages by their first fields; the format has no mark of its own."""
    if start.startswith(b"\x08\x01\x12"):  # saved_model_schema_version = 1, then meta_graphs
        return "saved-model"
    if start.startswith(b"\x0a"):  # GraphDef.node
        return "frozen-graph"
    if len(start) > 2 and start[0] == 0x08 and 3 <= start[1] < 0x40:  # ModelProto.ir_version
        return "onnx"
    raise ModelFormatError(
        f"{name}: expected a model of TensorFlow.js, Keras, TensorFlow, TensorFlow Lite or ONNX, "
        "got a file of another kind"
    )


def _refuse_what_stands_for_a_model(files: ModelFiles, name: str) -> None:
    """Say so where somebody saved something else under a model's name."""
    start = files.start(name, START)
    if start.startswith(_LFS):
        raise ModelFormatError(
            f"{name}: expected a model, got a Git LFS pointer, which says where the file is: run "
            "`git lfs pull`, or download the file itself"
        )
    if _PAGE.match(start):
        raise ModelFormatError(
            f"{name}: expected a model, got a web page: open the address that it came from in a "
            "browser, to see what is there"
        )


def _refuse_what_is_known(names: Iterable[str], origin: str) -> None:
    names = list(names)
    if names and all(name.lower().endswith(".bin") for name in names):
        raise ModelFormatError(
            f"{origin}: expected a model, got its weights alone; give the model.json with them"
        )
    for name in names:
        if name.lower().endswith(_PICKLES):
            raise ModelFormatError(
                f"{origin}: expected a model that can be read without running code, got {name!r}; "
                "export it from the software that wrote it, as ONNX for example"
            )
