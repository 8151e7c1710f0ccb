"""Documents between the form that users see and the rows that a store keeps."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from marcelle_nb.data.blobs import Blob, packed, packed_thumbnail
from marcelle_nb.data.json_values import BlobPath, checked_document
from marcelle_nb.data.shown_document import ShownDocument

if TYPE_CHECKING:
    from collections.abc import Mapping

Document: TypeAlias = dict[str, Any]

_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


@dataclass(slots=True)
class Record:
    """One document as it is stored.

    Attributes
    ----------
    body : dict
        What JSON says of it; the place of an array or thumbnail holds a note of it.
    blobs : dict
        The bytes of those, by their paths.
    values : dict
        What users see in their place; arrays that cannot be written to.
    left_out : set of str
        The keys in which there are arrays or thumbnails that were not read.
    n_bytes : int
        About how much memory it takes, where it was read.
    """

    body: Document
    blobs: dict[BlobPath, Blob] = field(default_factory=dict)
    values: dict[BlobPath, Any] = field(default_factory=dict)
    left_out: set[Any] = field(default_factory=set)
    n_bytes: int = 0

    @classmethod
    def of(cls, given: Mapping[str, Any], what: str = "document") -> Record:
        """Check a document and take its arrays out; see `checked_document`."""
        body, arrays = checked_document(given, what)
        record = cls(body)
        for path, array in arrays:
            blob = packed(array)
            record.blobs[path] = blob
            record.values[path] = _frozen(array, blob)
        thumbnail = packed_thumbnail(body.get("thumbnail"))
        if thumbnail is not None:
            record.blobs["thumbnail",] = thumbnail
            record.values["thumbnail",] = body["thumbnail"]
            body["thumbnail"] = {"type": "image/jpeg"}
        return record

    def encoded(self) -> str:
        """Write the body as JSON."""
        return _encode(self.body)

    def document(self) -> Document:
        """Give the document as users see it; the record's own body stays as it is."""
        if self.left_out:
            return self.plain()
        result = ShownDocument(self.body)
        for path, value in self.values.items():
            if len(path) > 1:
                return self._nested()
            result[str(path[0])] = value
        return result

    def _nested(self) -> Document:
        result = ShownDocument(copied(self.body))
        for path, value in self.values.items():
            place(result, path, value)
        return result

    def plain(self) -> Document:
        """Give the document without the keys in which there are arrays or thumbnails."""
        gone = self.left_out.union(path[0] for path in self.values)
        return ShownDocument({key: it for key, it in self.body.items() if key not in gone})


@lru_cache(maxsize=1024)
def encoded_path(path: BlobPath) -> str:
    """Write a blob's path as the table of blobs keeps it."""
    return _encode(list(path))


def place(document: Document, path: BlobPath, value: Any) -> None:
    """Put a value in its place; a path that leads nowhere is left alone."""
    inside: Any = document
    try:
        for key in path[:-1]:
            inside = inside[key]
        inside[path[-1]] = value
    except (KeyError, IndexError, TypeError):  # left over from a document that was replaced
        return


def copied(value: Any) -> Any:
    """Copy a document for somebody else who may change it; arrays, which nobody can, are shared."""
    if isinstance(value, dict):
        return {key: copied(item) for key, item in value.items()}
    if isinstance(value, list):
        return [copied(item) for item in value]
    return value


def _frozen(array: Any, blob: Blob) -> Any:
    """Give an array that nobody can write to: where they hold its numbers, the bytes themselves."""
    if blob.kind == "npy":
        return np.ndarray(array.shape, array.dtype, blob.data, len(blob.data) - array.nbytes)
    copy_ = np.array(array, order="C", subok=False)
    copy_.flags.writeable = False
    return copy_
