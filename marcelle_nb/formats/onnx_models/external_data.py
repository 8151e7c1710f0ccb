"""Weights of an ONNX model that lie in files beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import ModelFormatError

if TYPE_CHECKING:
    from marcelle_nb.formats.model_files import ModelFiles

FREE_BYTES = 64 * 2**20
"""What pieces may have beyond the files that they are of: two tensors may share one."""

MAX_BYTES = 2**31 - 2**20
"""A protocol buffer holds no more."""


def take_in(model: Any, files: ModelFiles, name: str) -> None:
    """Put the values of external tensors into the model, from files in its own folder.

    Raises
    ------
    ModelFormatError
        If a file is missing or outside, a piece does not fit it, or all together are too large.
    """
    contents: dict[str, bytes] = {}
    total = own = model.ByteSize()
    for tensor in _external(model.graph):
        entries = {entry.key: entry.value for entry in tensor.external_data}
        what = f"{name}: tensor {tensor.name!r:.80}"
        beside = files.beside(name, entries.get("location", ""))
        if beside not in contents:
            contents[beside] = files.read(beside, MAX_BYTES)
        content = contents[beside]
        offset = _number(entries.get("offset", "0"), what)
        length = _number(entries.get("length", str(len(content) - offset)), what)
        if offset + length > len(content):
            raise ModelFormatError(
                f"{what}: expected a piece of {len(content):,} bytes, "
                f"got {offset:,} to {offset + length:,}"
            )
        total += length
        limit = min(MAX_BYTES, own + sum(map(len, contents.values())) + FREE_BYTES)
        if total > limit:
            raise ModelFormatError(f"{name}: expected at most {limit:,} bytes, got more")
        tensor.raw_data = content[offset : offset + length]
        tensor.data_location = 0
        del tensor.external_data[:]


def external_names(data: bytes, files: ModelFiles, name: str) -> list[str]:
    """Give the names of the files that an ONNX file, which was read before, has weights in."""
    from marcelle_nb.formats.onnx_models.extra import import_extra

    model = import_extra("onnx").ModelProto.FromString(data)
    entries = [entry for tensor in _external(model.graph) for entry in tensor.external_data]
    told = [entry.value for entry in entries if entry.key == "location"]
    return [files.beside(name, location) for location in dict.fromkeys(told)]


def _external(graph: Any, depth: int = 0) -> list[Any]:
    found = [tensor for tensor in graph.initializer if tensor.data_location == 1]
    for node in graph.node if depth < 16 else ():
        for attribute in node.attribute:
            if attribute.HasField("t") and attribute.t.data_location == 1:
                found.append(attribute.t)
            for inner in (*attribute.graphs, *([attribute.g] if attribute.HasField("g") else [])):
                found += _external(inner, depth + 1)
    return found


def _number(text: str, what: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise ModelFormatError(f"{what}: expected an offset and a length, got {text!r:.40}")
    return int(text)
