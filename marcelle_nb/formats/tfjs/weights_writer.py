"""TensorFlow.js weights: from arrays to shard files and their manifest."""

from __future__ import annotations

import fnmatch
from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.tfjs.quantization import QUANTIZATIONS, quantise

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    Weight = tuple[str, NDArray[Any]] | tuple[str, NDArray[Any], str | None]

SHARD_SIZE = 4 * 2**20
"""What every browser caches."""


def write_weights(
    folder: Path,
    groups: Sequence[Sequence[Weight]],
    *,
    shard_size: int = SHARD_SIZE,
    quantize: str | Mapping[str, Any] | None = None,
) -> list[dict[str, Any]]:
    """Write weights into a folder, as the TensorFlow.js converter does.

    Types that TensorFlow.js does not load are written as wider ones that hold the same numbers:
    small whole numbers and `int64` as `int32`, `float64` and `float16` as `float32`.

    Parameters
    ----------
    folder : Path
        It exists. The files are called `group1-shard1of2.bin` and so on.
    groups : sequence of sequences of (name, array) or (name, array, group)
        The third is `"optimizer"` for what only training needs; that is never quantised.
    shard_size : int
        The most bytes in one file.
    quantize : str or dict, optional
        `"uint8"`, `"uint16"` or `"float16"` for every float32 array, or for each of them the
        patterns of names that it is for, or True for all that no pattern matches.

    Returns
    -------
    list of dict
        What belongs under `weightsManifest`.

    Raises
    ------
    ValueError
        If `shard_size` or `quantize` are not as above.
    ModelFormatError
        If two weights have one name, or an array holds what TensorFlow.js cannot.
    """
    if type(shard_size) is not int or shard_size < 1:
        raise ValueError(f"shard_size: expected a whole number >= 1, got {shard_size!r}")
    names = [weight[0] for group in groups for weight in group]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ModelFormatError(f"weights: expected one named {twice!r}, got two")
    chosen = _choices(quantize)
    return [
        _write_group(folder, i, [_entry(*weight, chosen=chosen) for weight in group], shard_size)
        for i, group in enumerate(groups, start=1)
    ]


def _choices(quantize: str | Mapping[str, Any] | None) -> dict[str, Any]:
    choices = {quantize: True} if isinstance(quantize, str) else dict(quantize or {})
    for dtype in choices:
        if dtype not in QUANTIZATIONS:
            expected = ", ".join(QUANTIZATIONS)
            raise ValueError(f"quantize: expected one of {expected}, got {dtype!r}")
    if list(choices.values()).count(True) > 1:
        raise ValueError(f"quantize: expected True for one type only, got {choices!r}")
    return choices


def _choice(name: str, choices: Mapping[str, Any]) -> str | None:
    """Give the type that a weight is stored in; a pattern comes before what takes all the rest."""
    found: str | None = None
    for dtype, patterns in choices.items():
        listed = [patterns] if isinstance(patterns, str) else patterns
        if isinstance(listed, bool) or not any(fnmatch.fnmatchcase(name, p) for p in listed):
            continue
        if found is not None:
            raise ValueError(f"quantize: expected one type for {name!r}, got {found} and {dtype}")
        found = dtype
    return found or next((dtype for dtype, all_ in choices.items() if all_ is True), None)


def _entry(
    name: str, array: NDArray[Any], group: str | None = None, *, chosen: Mapping[str, Any]
) -> tuple[dict[str, Any], bytes | memoryview]:
    """Give a weight's entry in the manifest, and its bytes."""
    array = np.asarray(array)
    spec: dict[str, Any] = {"name": name, "shape": list(array.shape), "dtype": "string"}
    if array.dtype.kind in "OSU":
        stored: bytes | memoryview = b"".join(_text(name, value) for value in array.flat)
    else:
        array = _plain(name, array)
        spec["dtype"] = array.dtype.name
        dtype = _choice(name, chosen) if group != "optimizer" else None
        if dtype is not None and array.dtype == np.float32:
            try:
                array, quantization = quantise(array, dtype)
            except ModelFormatError as error:
                raise ModelFormatError(f"{name}: {error}") from None
            spec["quantization"] = quantization.to_json(spec["dtype"])
        array = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
        stored = array.reshape(-1).view(np.uint8).data
    if group is not None:
        spec["group"] = group
    return spec, stored


def _plain(name: str, array: NDArray[Any]) -> NDArray[Any]:
    """Give the same numbers in a type that TensorFlow.js loads."""
    kind = array.dtype.kind
    wide = {"b": "bool", "i": "int32", "u": "int32", "f": "float32", "c": "complex64"}.get(kind)
    # bfloat16 and its like are known to NumPy as nothing in particular
    if wide is None and array.dtype.name in {"bfloat16", "float8_e4m3fn", "float8_e5m2"}:
        wide = "float32"
    if wide is None:
        raise ModelFormatError(f"{name}: expected numbers or text, got {array.dtype}")
    if array.dtype == wide:
        return array
    with np.errstate(over="ignore", invalid="ignore"):
        result = array.astype(wide)
    fits = np.array_equal(result, array) if wide == "int32" else _as_finite(result, array)
    if not fits:
        raise ModelFormatError(f"{name}: expected numbers that fit into {wide}, got {array.dtype}")
    return result


def _as_finite(result: NDArray[Any], array: NDArray[Any]) -> bool:
    return bool((np.isfinite(result) == np.isfinite(array)).all())


def _text(name: str, value: Any) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    if not isinstance(data, bytes):
        raise ModelFormatError(f"{name}: expected text, got {type(value).__name__}")
    return len(data).to_bytes(4, "little") + data


def _write_group(
    folder: Path,
    number: int,
    entries: list[tuple[dict[str, Any], bytes | memoryview]],
    shard_size: int,
) -> dict[str, Any]:
    total = sum(len(stored) for _, stored in entries)
    count = -(-total // shard_size)
    paths = [f"group{number}-shard{k}of{count}.bin" for k in range(1, count + 1)]
    shards = _shards((stored for _, stored in entries), shard_size)
    for path, pieces in zip(paths, shards, strict=True):
        with (folder / path).open("wb") as file:
            file.writelines(pieces)
    return {"paths": paths, "weights": [spec for spec, _ in entries]}


def _shards(stored: Iterable[bytes | memoryview], size: int) -> Iterator[list[memoryview]]:
    """Cut a run of bytes into pieces that together fill one file each."""
    pieces: list[memoryview] = []
    room = size
    for data in stored:
        view = memoryview(data)
        while view:
            pieces.append(view[:room])
            view, room = view[len(pieces[-1]) :], room - len(pieces[-1])
            if not room:
                yield pieces
                pieces, room = [], size
    if pieces:
        yield pieces
