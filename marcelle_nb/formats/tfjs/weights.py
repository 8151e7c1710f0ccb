"""TensorFlow.js weights: from the bytes of shard files to arrays."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.tfjs.quantization import dequantise

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from marcelle_nb.formats.model_files import ModelFiles
    from marcelle_nb.formats.tfjs.weight_spec import WeightSpec
    from marcelle_nb.formats.tfjs.weights_manifest import WeightGroup

_LENGTH = struct.Struct("<I")


def read_weights(
    files: ModelFiles, main: str, groups: Sequence[WeightGroup]
) -> dict[str, NDArray[Any]]:
    """Read all weights of a manifest, as TensorFlow.js does.

    The files of all groups count as one run of bytes, so a tensor may begin in one file and end in
    another. At no time is more than one file in memory beside the arrays.

    Parameters
    ----------
    files : ModelFiles
    main : str
        The name of the file that holds the manifest.
    groups : sequence of WeightGroup

    Returns
    -------
    dict of str to numpy.ndarray
        Of the type that the manifest says; text as an array of objects, each `bytes`.

    Raises
    ------
    ModelFormatError
        If a file is missing or lies elsewhere, or the files are shorter or longer than what the
        manifest tells of. Without texts, whose lengths stand in the files, that is found out before
        anything is read.

    Notes
    -----
    TensorFlow.js ignores bytes that are left over. No converter writes any: where there are some,
    the weights are those of another model, and what it answers would be wrong without a word.
    """
    names = [files.beside(main, path) for group in groups for path in group.paths]
    specs = [spec for group in groups for spec in group.specs]
    stored, needed = sum(files.size(name) for name in names), sum(spec.nbytes for spec in specs)
    texts = any(spec.dtype == "string" for spec in specs)
    if stored < needed or (stored > needed and not texts):
        raise _another_size(main, needed, len(names), stored)
    shards = _Shards(files, names, stored)
    weights = {spec.name: _read(spec, shards) for spec in specs}
    if shards.left:
        raise _another_size(main, stored - shards.left, len(names), stored)
    return weights


def _another_size(main: str, needed: int, n_files: int, stored: int) -> ModelFormatError:
    return ModelFormatError(
        f"{main}: expected {needed:,} bytes of weights in {n_files:,} files, got {stored:,}: the"
        " files are not of one model, or damaged"
    )


class _Shards:
    """The bytes of several files, one after another, each read when it is reached."""

    def __init__(self, files: ModelFiles, names: list[str], total: int) -> None:
        self._files = files
        self._names = iter(names)
        self._shard = memoryview(b"")
        self.left = total

    def take(self, n: int) -> memoryview | bytearray:
        """Give the next `n` bytes, of which there are as many."""
        while n and not self._shard:
            self._next()
        if n <= len(self._shard):
            piece, self._shard = self._shard[:n], self._shard[n:]
            self.left -= n
            return piece
        joined = bytearray(n)
        filled = 0
        while filled < n:
            part = self.take(min(n - filled, len(self._shard) or self._next()))
            joined[filled : filled + len(part)] = part
            filled += len(part)
        return joined

    def _next(self) -> int:
        """Go on to the next file; give its size."""
        name = next(self._names, None)
        if name is None:  # a file became shorter since it was measured
            raise ModelFormatError("weights: expected more bytes than the files hold")
        self._shard = memoryview(self._files.read(name))
        return len(self._shard)


def _read(spec: WeightSpec, shards: _Shards) -> NDArray[Any]:
    if spec.dtype == "string":
        return _texts(spec, shards)
    stored = spec.quantization.dtype if spec.quantization else spec.dtype
    dtype = np.dtype(np.uint8 if stored == "bool" else stored).newbyteorder("<")
    values = np.frombuffer(shards.take(spec.nbytes), dtype)
    if spec.quantization:
        values = dequantise(values, spec.quantization, spec.dtype)
    elif stored == "bool":
        values = values != 0
    else:
        values = values.astype(spec.dtype)  # a copy: the file's bytes are let go
    return values.reshape(spec.shape)


def _texts(spec: WeightSpec, shards: _Shards) -> NDArray[Any]:
    values = np.empty(spec.size, object)
    for i in range(spec.size):
        length = _taken(spec, shards, _LENGTH.size)
        values[i] = bytes(_taken(spec, shards, *_LENGTH.unpack(length)))
    return values.reshape(spec.shape)


def _taken(spec: WeightSpec, shards: _Shards, n: int) -> memoryview | bytearray:
    if n > shards.left:
        raise ModelFormatError(
            f"{spec.name!r:.100}: expected a text within the {shards.left:,} bytes left, got {n:,}"
        )
    return shards.take(n)
