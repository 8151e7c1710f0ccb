"""What a model is outside the kernel: a name of a format, values, arrays and files."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.data.json_values import checked_document
from marcelle_nb.errors import BadRequest, ModelFormatError
from marcelle_nb.formats.json_document import parse_json

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from numpy.typing import NDArray

    from marcelle_nb.data.json_values import BlobPath

MAX_BYTES = 2**30
"""Of a whole model, unpacked."""

MAX_MEMBERS = 10_000

RESERVED = frozenset({"labels", "data", "features", "tfjsModelFormat"})
"""Keys of metadata that say what a model is: a caller's own cannot take their place."""

_CONTENTS = frozenset({"data"})

_NUMBERS = "biuf"
_HEAD = "model.json"
_DATE = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, eq=False)
class PackedModel:
    """What a model learned, in a form that can be stored, sent to another process and compared.

    Attributes
    ----------
    format : str
        As `StoredModel.format`.
    metadata : dict
        Values of JSON, and arrays of numbers anywhere in it. Lists have an order; objects have
        none.
    files : dict of str to bytes
        The files that the format has, by name.
    """

    format: str
    metadata: dict[str, Any] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of everything in it, in hexadecimal: equal exactly for equal models."""
        digest = hashlib.sha256()
        for name, data in sorted(self._members().items()):
            digest.update(f"{len(name.encode())} {len(data)} ".encode() + name.encode())
            digest.update(data)
        return digest.hexdigest()

    @property
    def description(self) -> dict[str, Any]:
        """The metadata without what is content: arrays, and the rows under `data`."""
        return {
            key: value
            for key, value in self.metadata.items()
            if key not in _CONTENTS and not _has_arrays(value)
        }

    def with_metadata(
        self, metadata: Mapping[str, Any] | None, reserved: Collection[str] = RESERVED
    ) -> PackedModel:
        """Give the same with metadata of a caller's beside its own, which stay as they are."""
        own = {k: v for k, v in (metadata or {}).items() if k not in reserved}
        return PackedModel(self.format, {**own, **self.metadata}, self.files)

    def users_metadata(self, own: Mapping[str, Any]) -> dict[str, Any]:
        """Give the metadata that are a caller's, where a model itself would say `own`."""
        return {
            key: value
            for key, value in self.metadata.items()
            if key not in own and key not in RESERVED
        }

    def to_bytes(self) -> bytes:
        """Pack it into one archive of JSON, npy arrays and files.

        Raises
        ------
        ModelFormatError
            If its metadata are not values of JSON and arrays of numbers, or it is too large.
        """
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
            for name, data in self._members().items():
                archive.writestr(zipfile.ZipInfo(name, _DATE), data)
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> PackedModel:
        """Unpack what `to_bytes` made.

        Raises
        ------
        ModelFormatError
            If it is something else, damaged, or larger than 1 GiB when unpacked.
        """
        try:
            return cls._unpacked(_read_members(data))
        except (
            zipfile.BadZipFile,
            ValueError,
            LookupError,
            TypeError,
            EOFError,
            NotImplementedError,
            RuntimeError,
        ) as error:
            if isinstance(error, ModelFormatError):
                raise
            raise ModelFormatError(f"model: expected a packed model, got {error}"[:300]) from error

    @classmethod
    def _unpacked(cls, members: Mapping[str, bytes]) -> PackedModel:
        head = parse_json(members[_HEAD], "model")
        metadata, kind = head["metadata"], head["format"]
        if not isinstance(metadata, dict) or not isinstance(kind, str):
            raise ModelFormatError("model: expected a format and metadata, got something else")
        for index, path in enumerate(head["arrays"]):
            _put(metadata, path, _read_array(members[f"arrays/{index}.npy"]))
        files = {name: members[f"files/{index}"] for index, name in enumerate(head["files"])}
        if not all(isinstance(name, str) for name in head["files"]):
            raise ModelFormatError("files: expected names, got something else")
        return cls(kind, metadata, files)

    def _members(self) -> dict[str, bytes]:
        try:
            document, arrays = checked_document(self.metadata, "metadata")
        except BadRequest as error:
            raise ModelFormatError(str(error)) from error
        names = sorted(self.files)
        arrays = sorted(arrays, key=lambda pair: json.dumps(pair[0]))
        head = {
            "format": self.format,
            "metadata": document,
            "arrays": [list(path) for path, _ in arrays],
            "files": names,
        }
        members = {_HEAD: json.dumps(head, sort_keys=True, allow_nan=False).encode()}
        members |= {f"arrays/{i}.npy": _npy(array) for i, (_, array) in enumerate(arrays)}
        members |= {f"files/{i}": bytes(self.files[name]) for i, name in enumerate(names)}
        size = sum(map(len, members.values()))
        if size > MAX_BYTES:
            raise ModelFormatError(
                f"model: expected at most {MAX_BYTES:,} bytes in all, got {size:,}"
            )
        return members


def _has_arrays(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(map(_has_arrays, value.values()))
    if isinstance(value, list | tuple):
        return any(map(_has_arrays, value))
    return isinstance(value, np.ndarray)


def _npy(array: NDArray[Any]) -> bytes:
    if array.dtype.kind not in _NUMBERS:
        raise ModelFormatError(f"array: expected real numbers, got type {array.dtype}")
    little = array.astype(array.dtype.newbyteorder("<"), order="C", copy=False)
    buffer = io.BytesIO()
    np.save(buffer, little, allow_pickle=False)
    return buffer.getvalue()


def _read_array(data: bytes) -> NDArray[Any]:
    loaded: Any = np.load(io.BytesIO(data), allow_pickle=False)
    if not isinstance(loaded, np.ndarray) or loaded.dtype.kind not in _NUMBERS:
        raise ModelFormatError("array: expected an array of numbers, got something else")
    array: NDArray[Any] = loaded
    array.flags.writeable = False
    return array


def _read_members(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        infos = archive.infolist()
        if len(infos) > MAX_MEMBERS or sum(info.file_size for info in infos) > MAX_BYTES:
            raise ModelFormatError(f"model: expected at most {MAX_BYTES:,} bytes, got more")
        return dict(_contents(archive, infos))


def _contents(
    archive: zipfile.ZipFile, infos: list[zipfile.ZipInfo]
) -> Iterator[tuple[str, bytes]]:
    for info in infos:
        if info.compress_type != zipfile.ZIP_STORED:  # nothing here grows when it is unpacked
            raise ModelFormatError("model: expected uncompressed members, got compressed ones")
        yield info.filename, archive.read(info)


def _put(tree: Any, path: BlobPath, array: NDArray[Any]) -> None:
    """Put an array where it was; only its description may be there."""
    *above, last = path
    for key in above:
        tree = tree[key]
    if not isinstance(tree[last], dict):
        raise ModelFormatError(f"model: expected an array at {path!r:.80}, got something else")
    tree[last] = array
