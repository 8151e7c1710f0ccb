"""TensorFlow's checkpoints, read without its reader: an index of tensors, and their bytes."""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.graphs.checkpoint_index import slice_key, table_entries, varint

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from marcelle_nb.formats.model_files import ModelFiles

MAX_INDEX = 64 * 2**20

TYPES = {
    1: "<f4", 2: "<f8", 3: "<i4", 4: "u1", 5: "<i2", 6: "i1", 8: "<c8", 9: "<i8", 10: "?",
    17: "<u2", 18: "<c16", 19: "<f2", 22: "<u4", 23: "<u8",
}  # fmt: skip
"""NumPy's types by TensorFlow's numbers; text and `bfloat16` are read in another way."""

_BFLOAT16, _STRING = 14, 7


class Checkpoint:
    """The tensors of a checkpoint by name.

    Parameters
    ----------
    files : ModelFiles
    prefix : str
        What the names of its files begin with, as `"variables/variables"`.

    Attributes
    ----------
    names : tuple of str

    Raises
    ------
    ModelFormatError
        If the index is damaged, or tells of bytes that the files do not have.
    """

    def __init__(self, files: ModelFiles, prefix: str) -> None:
        self._files = files
        self._prefix = prefix
        self._what = f"{prefix}.index"
        self._shards: dict[int, bytes] = {}
        try:
            self._read_index(files.read(self._what, MAX_INDEX))
        except (struct.error, IndexError, ValueError, OverflowError) as error:
            if isinstance(error, ModelFormatError):
                raise
            raise self._damaged(str(error)) from error

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its tensors."""
        return tuple(self._entries)

    @property
    def nbytes(self) -> int:
        """How many bytes its tensors have."""
        return sum(entry.size for entry in (*self._entries.values(), *self._parts.values()))

    def array(self, name: str) -> NDArray[Any]:
        """Read a tensor.

        Raises
        ------
        ModelFormatError
            If there is none of this name, or it is neither of numbers nor of text.
        """
        entry = self._entry(name)
        shape = tuple(dim.size for dim in entry.shape.dim)
        if entry.slices:
            return self._joined(name, entry, shape)
        return self._decoded(name, entry, shape)

    def shape(self, name: str) -> tuple[int, ...]:
        """Give the shape of a tensor."""
        return tuple(dim.size for dim in self._entry(name).shape.dim)

    def _entry(self, name: str) -> Any:
        if name not in self._entries:
            raise ModelFormatError(f"{self._what}: expected a tensor {name!r:.200}, got none")
        return self._entries[name]

    def _decoded(self, name: str, entry: Any, shape: tuple[int, ...]) -> NDArray[Any]:
        stored = memoryview(self._shard(entry.shard_id))[entry.offset : entry.offset + entry.size]
        if entry.dtype == _STRING:
            return self._texts(name, stored, shape)
        if entry.dtype == _BFLOAT16:
            wide = np.frombuffer(stored, "<u2").astype(np.uint32) << 16
            return wide.view(np.float32).reshape(shape)
        return np.frombuffer(stored, TYPES[entry.dtype]).reshape(shape)

    def _texts(self, name: str, stored: memoryview, shape: tuple[int, ...]) -> NDArray[Any]:
        """Read texts: all lengths, a checksum of those, then all bytes."""
        n, at, lengths = math.prod(shape), 0, []
        for _ in range(n):
            length, at = varint(stored, at)
            lengths.append(length)
        at += 4
        if at + sum(lengths) != len(stored):
            raise self._damaged(f"a tensor {name!r:.200} whose texts do not fill it")
        texts = np.empty(n, object)
        for i, length in enumerate(lengths):
            texts[i] = bytes(stored[at : at + length])
            at += length
        return texts.reshape(shape)

    def _joined(self, name: str, entry: Any, shape: tuple[int, ...]) -> NDArray[Any]:
        """Put the parts of a tensor together that was saved in slices."""
        if entry.dtype not in TYPES:
            raise self._damaged(f"slices of a tensor {name!r:.200} of another type than numbers")
        whole: NDArray[Any] = np.zeros(shape, TYPES[entry.dtype])
        for part in entry.slices:
            place = tuple(
                slice(extent.start, extent.start + extent.length)
                if extent.HasField("length")
                else slice(None)
                for extent in part.extent
            )
            key = slice_key(name, part)
            if key not in self._parts:
                raise self._damaged(f"no slice {place} of {name!r:.200}")
            stored = self._parts[key]
            sizes = tuple(dim.size for dim in stored.shape.dim)
            if stored.dtype != entry.dtype or whole[place].shape != sizes:
                raise self._damaged(f"a slice of {name!r:.200} of another shape")
            whole[place] = self._decoded(name, stored, sizes)
        return whole

    def _shard(self, number: int) -> bytes:
        if number not in self._shards:
            self._shards[number] = self._files.read(self._shard_name(number))
        return self._shards[number]

    def _shard_name(self, number: int) -> str:
        return f"{self._prefix}.data-{number:05d}-of-{self._n_shards:05d}"

    def _read_index(self, data: bytes) -> None:
        from tensorflow.core.protobuf import tensor_bundle_pb2

        found = table_entries(data)
        try:
            header = tensor_bundle_pb2.BundleHeaderProto.FromString(found.pop(b"", b""))
            entries = {
                key: tensor_bundle_pb2.BundleEntryProto.FromString(value)
                for key, value in found.items()
            }
        except Exception as error:  # protobuf's own
            raise self._damaged("entries that are none") from error
        self._n_shards = header.num_shards
        if header.endianness or not 0 < header.num_shards <= 10_000:
            raise self._damaged("an order of bytes or number of files that no model has")
        for entry in entries.values():
            self._check(entry)
        self._entries = {
            key.decode("utf-8", "replace"): entry
            for key, entry in entries.items()
            if not key.startswith(b"\0")
        }
        self._parts = {key: entry for key, entry in entries.items() if key.startswith(b"\0")}

    def _check(self, entry: Any) -> None:
        """Compare what the index tells of a tensor with its files."""
        sizes = [dim.size for dim in entry.shape.dim]
        if any(size < 0 for size in sizes) or entry.shape.unknown_rank or len(sizes) > 32:
            raise self._damaged(f"a tensor of shape {sizes}")
        n = math.prod(sizes)
        if entry.slices:
            if n * 16 > 2**31:
                raise self._damaged(f"a tensor of shape {sizes}")
            return
        if not 0 <= entry.shard_id < self._n_shards or entry.offset < 0 or entry.size < 0:
            raise self._damaged("a tensor in no file")
        name = self._shard_name(entry.shard_id)
        if entry.offset + entry.size > self._files.size(name):
            raise self._damaged(f"{entry.offset + entry.size:,} bytes in {name}")
        if entry.dtype == _STRING:
            fits = n <= entry.size
        else:
            width = (
                2 if entry.dtype == _BFLOAT16 else np.dtype(TYPES.get(entry.dtype, "V1")).itemsize
            )
            fits = n * width == entry.size
        # other types are those of resources, and are only told of here
        if not fits and (entry.dtype in TYPES or entry.dtype in (_BFLOAT16, _STRING)):
            raise self._damaged(f"{entry.size:,} bytes for a tensor of shape {sizes}")

    def _damaged(self, got: str) -> ModelFormatError:
        return ModelFormatError(
            f"{self._what}: expected the index of a checkpoint, got {got}"[:400]
        )
