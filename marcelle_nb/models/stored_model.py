"""What a store says of a model that is in it."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from marcelle_nb.errors import ModelFormatError


@dataclass(frozen=True)
class StoredModel:
    """A model in a store, or one that was uploaded, in the fields that Marcelle's have.

    Attributes
    ----------
    id : str or None
        That of its document; None where it is in no store.
    name : str
        As it was saved.
    files : list of [str, str]
        The name of each file, and where it is; empty for what is whole in its document.
    format : str
        "tfjs", "knn-classifier", "ml-kmeans", "ml-pca", "keras".
    metadata : dict
        Labels and what the caller added; without contents such as the rows of a KNN.
    """

    id: str | None
    name: str
    files: list[list[str]] = field(default_factory=list)
    format: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def from_document(cls, document: Mapping[str, Any], default_format: str = "") -> StoredModel:
        """Read a document, that of an older Marcelle (with `url` for `files`) too.

        Parameters
        ----------
        document : dict
            As a service gives it.
        default_format : str
            What it is where the document is too old to say.

        Raises
        ------
        ModelFormatError
            If a field is of another type.
        """
        name = _text(document.get("name", ""), "name")
        metadata = document.get("metadata")
        metadata = {} if metadata is None else metadata
        if not isinstance(metadata, Mapping):
            raise ModelFormatError(f"metadata: expected an object, got {metadata!r:.60}")
        identifier = document.get("id", document.get("_id"))
        return cls(
            None if identifier is None else _text(identifier, "id"),
            name,
            _files(document),
            _text(document.get("format", default_format), "format"),
            dict(metadata),
        )

    @property
    def url(self) -> str:
        """Where the file is that names the others, as in older versions of Marcelle.

        Empty for what is whole in its document.
        """
        return self.files[0][1] if self.files else ""

    def to_dict(self) -> dict[str, Any]:
        """Give the fields as Marcelle knows them."""
        return {
            "id": self.id,
            "name": self.name,
            "files": [list(pair) for pair in self.files],
            "format": self.format,
            "metadata": dict(self.metadata),
        }


def _text(value: object, what: str) -> str:
    if not isinstance(value, str):
        raise ModelFormatError(f"{what}: expected a text, got {value!r:.60}")
    return value


def _files(document: Mapping[str, Any]) -> list[list[str]]:
    files = document.get("files")
    if files is None:
        url = _text(document.get("url") or "", "url")
        return [[posixpath.basename(url) or "model.json", url]] if url else []
    if not isinstance(files, list | tuple):
        raise ModelFormatError(f"files: expected a list, got {files!r:.60}")
    return [_pair(entry) for entry in files]


def _pair(entry: object) -> list[str]:
    if isinstance(entry, list | tuple) and len(entry) == 2:
        return [_text(entry[0], "files"), _text(entry[1], "files")]
    raise ModelFormatError(f"files: expected pairs of a name and a place, got {entry!r:.60}")
