"""HDF5 files that are not trusted: opened, and checked as a whole before anything is read.

An HDF5 file can point into other files, at itself in a circle, and at arrays that take a thousand
times the bytes that they are stored in.
"""

from __future__ import annotations

import contextlib
import io
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.errors import ModelFormatError, UnsafeModel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import h5py
    from numpy.typing import NDArray

MAX_OBJECTS = 30_000
"""A large network has three thousand; each takes a tenth of a millisecond to look at."""

MAX_DEPTH = 60
MAX_BYTES = 2**31
MAX_ATTRIBUTE = 64 * 2**20
FREE_BYTES = 64 * 2**20
"""What arrays may take in memory whatever they are stored in."""

_MOST_PACKED = 100  # gzip makes real weights smaller by a tenth, zeros by a thousand
_FILTERS = {1, 2, 3}  # deflate, shuffle, checksum: others would load a plug-in


@contextlib.contextmanager
def opened(source: Path | bytes, what: str) -> Iterator[h5py.File]:
    """Open an HDF5 file for reading, checked.

    Parameters
    ----------
    source : Path or bytes
    what : str
        What messages call the file.

    Raises
    ------
    UnsafeModel
        If it points into other files.
    ModelFormatError
        If it is no HDF5 file, is damaged, or declares more than a model has.
    """
    import h5py

    with reading(what):
        # libver cannot be trusted to a file; locking would fail in a read-only folder
        file = h5py.File(source if not isinstance(source, bytes) else io.BytesIO(source), "r")
    with file:
        with reading(what):
            _check(file, what)
        yield file


@contextlib.contextmanager
def reading(what: str) -> Iterator[None]:
    """Turn whatever HDF5 says about a damaged file into one error of ours."""
    try:
        yield
    except ModelFormatError:
        raise
    # the library reports damage as any of a dozen exceptions
    except Exception as error:
        raise ModelFormatError(
            f"{what}: expected a readable HDF5 file, got {type(error).__name__}: {error}"[:300]
        ) from error


def attribute(group: h5py.Group, name: str) -> Any:
    """Read an attribute of moderate size: text, a number or an array; None where there is none."""
    import h5py

    if name not in group.attrs:
        return None
    identifier = h5py.h5a.open(group.id, name.encode())
    kind = identifier.get_type()
    count = math.prod(identifier.shape)
    size = count * kind.get_size()
    if count > 1 and _is_text(kind):  # each may be the same piece of the file
        size += count * group.file.id.get_filesize()
    if size > MAX_ATTRIBUTE or isinstance(kind, h5py.h5t.TypeReferenceID):
        raise ModelFormatError(f"{group.name}: expected a smaller attribute {name!r}")
    value = group.attrs[name]
    return value.decode() if isinstance(value, bytes) else value


def _is_text(kind: h5py.h5t.TypeID) -> bool:
    """Tell texts of any length, which the attribute itself does not hold."""
    import h5py

    return isinstance(kind, h5py.h5t.TypeStringID) and kind.is_variable_str()


def texts(group: h5py.Group, name: str) -> list[str]:
    """Read a list of names; Keras cuts long ones into `name0`, `name1` and so on."""
    whole = attribute(group, name)
    parts = [] if whole is None else [whole]
    total = 0
    while whole is None and (part := attribute(group, f"{name}{len(parts)}")) is not None:
        parts.append(part)
        total += len(part) if isinstance(part, str) else np.asarray(part).nbytes
        if total > MAX_ATTRIBUTE:
            raise ModelFormatError(f"{group.name}: expected fewer names in {name!r}")
    found = [each for part in parts for each in np.ravel(part).tolist()]
    return [each.decode() if isinstance(each, bytes) else str(each) for each in found]


def array(group: h5py.Group, name: str) -> NDArray[Any]:
    """Read one array of a checked file."""
    import h5py

    found = group.get(name)
    if not isinstance(found, h5py.Dataset):
        raise ModelFormatError(f"{group.name}: expected an array {name!r:.100}, got none")
    return np.asarray(found[()])


def _check(file: h5py.File, what: str) -> None:
    """Walk over the whole file by its links, following none that leads elsewhere."""
    import h5py

    seen: set[int] = set()
    total = stored = 0
    stack: list[tuple[h5py.Group, int]] = [(file, 0)]
    while stack:
        group, depth = stack.pop()
        for name in group:
            link = group.get(name, getlink=True)
            if not isinstance(link, h5py.HardLink):
                raise UnsafeModel(f"{what}: {name!r:.100}: expected no link to elsewhere")
            item = group[name]
            address = h5py.h5o.get_info(item.id).addr
            if address in seen:
                raise ModelFormatError(f"{what}: {name!r:.100}: expected each object once")
            seen.add(address)
            if len(seen) > MAX_OBJECTS or depth >= MAX_DEPTH:
                raise ModelFormatError(
                    f"{what}: expected at most {MAX_OBJECTS:,} objects in {MAX_DEPTH} levels"
                )
            if isinstance(item, h5py.Group):
                stack.append((item, depth + 1))
            elif isinstance(item, h5py.Dataset):
                total += _check_dataset(item, f"{what}: {item.name!r:.200}")
                stored += item.id.get_storage_size()
            else:
                raise ModelFormatError(f"{what}: {name!r:.100}: expected an array or a group")
    limit = min(MAX_BYTES, stored * _MOST_PACKED + FREE_BYTES)
    if total > limit:
        raise ModelFormatError(f"{what}: expected arrays of at most {limit:,} bytes, got {total:,}")


def _check_dataset(dataset: h5py.Dataset, what: str) -> int:
    """Check one array without reading it; give its bytes in memory."""
    if dataset.external or dataset.is_virtual:
        raise UnsafeModel(f"{what}: expected an array in this file, got one kept elsewhere")
    # bfloat16 is two bytes that HDF5 knows nothing about
    known = dataset.dtype.kind in "fiub" or dataset.dtype.str == "|V2"
    if dataset.shape is None or not known:
        raise ModelFormatError(f"{what}: expected an array of numbers, got {dataset.dtype}")
    filters = dataset.id.get_create_plist()
    for i in range(filters.get_nfilters()):
        if filters.get_filter(i)[0] not in _FILTERS:
            raise ModelFormatError(f"{what}: expected an array packed by gzip or not at all")
    size = math.prod(dataset.shape) * dataset.dtype.itemsize
    chunk = math.prod(dataset.chunks or ()) * dataset.dtype.itemsize
    return int(max(size, chunk))  # a whole piece is unpacked for one number of it
