"""Datasets as a zip archive: the rows as JSON, the arrays as npy files, the images as PNG."""

from __future__ import annotations

import io
import re
import tempfile
import zipfile
import zlib
from typing import IO, TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from marcelle_nb.data.dataset_json import json_text
from marcelle_nb.data.dataset_json_reader import read_json
from marcelle_nb.data.npy import read_npy
from marcelle_nb.errors import DatasetFormatError, ImageRejected
from marcelle_nb.image import MAX_PIXELS, decode, is_image

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

ROWS = "dataset.json"
"""The member in Marcelle's form, but for the arrays."""

FILES = "marcelleFiles"
"""The key of a row that says which arrays stand in files: `[{"path": […], "file": "…"}, …]`.

A row's own key of this name gets an underscore more in the archive, as one that has some already.
"""

MAX_ARRAY_BYTES = 2**28
"""The largest array that is compressed; others take as much room in the archive."""

MAX_ROWS = (64 * 2**20, 200)
"""What the rows may grow to: so many bytes, and so many times their compressed size."""

MAX_ARRAYS = (2**29, 100)
"""What all arrays may grow to: so many bytes, and so many times the size of the archive."""

_LEVEL = 1  # several times as fast as the default

_IN_MEMORY = 16 * 2**20

_OWN_FILES = re.compile(f"{FILES}_*")

_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    OSError,
    RuntimeError,  # encrypted
    ValueError,
)


def write_zip(instances: Iterable[Mapping[str, Any]], file: IO[bytes]) -> None:
    """Write instances exactly, one after another; only their JSON is collected, on disk.

    Parameters
    ----------
    instances : iterable of dict
        Read once, and not kept.
    file : binary file

    Raises
    ------
    DatasetFormatError
        If beside its arrays an instance holds what JSON cannot say, or too much of it.
    """
    with (
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as archive,
        tempfile.SpooledTemporaryFile(_IN_MEMORY) as rows,
    ):
        rows.write(b'{"marcelleMeta": {"type": "dataset"}, "instances": [')
        separator = b"\n"
        files = _Files(archive)
        for number, instance in enumerate(instances, 1):
            rows.write(separator + json_text(_row(instance, files, number)))
            separator = b",\n"
        rows.write(b"\n]}\n")
        _add_rows(archive, rows)


def read_zip(file: IO[bytes]) -> Iterator[dict[str, Any]]:
    """Read instances one after another from what `write_zip` wrote.

    Parameters
    ----------
    file : binary file
        One in which `seek` works.

    Yields
    ------
    dict

    Raises
    ------
    DatasetFormatError
        If it is no such archive, is damaged, or something in it is larger than the limits here or
        than it says, or is used twice. Nothing is unpickled.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            members = _Members(archive, file.seek(0, io.SEEK_END))
            with members.open_rows() as rows:
                for row in read_json(rows):
                    yield _instance(row, members)
    except DatasetFormatError:
        raise
    except KeyError as error:
        raise DatasetFormatError(f"archive: expected a file {ROWS!r} in it, got none") from error
    except _DAMAGED as error:
        raise DatasetFormatError(f"archive: expected a whole one, got {error}"[:300]) from error


class _Files:
    """The arrays that are written, none of them in a way in which it would not be read again."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._n_bytes = self._n_written = 0

    def add(self, name: str, array: np.ndarray[Any, Any]) -> str:
        """Write an array, and give the name of its file."""
        content = io.BytesIO()
        if is_image(array) and array.shape[2] == 3 and 0 < array.size <= 3 * MAX_PIXELS:
            name = f"images/{name}.png"
            Image.fromarray(np.ascontiguousarray(array)).save(content, "PNG", compress_level=1)
        else:
            name = f"arrays/{name}.npy"
            np.save(content, array, allow_pickle=False)
        data = content.getbuffer()
        self._n_bytes += data.nbytes
        # what is compressed already only costs time a second time
        is_small = name.endswith(".npy") and data.nbytes <= MAX_ARRAY_BYTES
        if self._n_bytes > MAX_ARRAYS[0] + MAX_ARRAYS[1] * self._n_written:
            is_small = False
        self._archive.writestr(name, data, zipfile.ZIP_DEFLATED if is_small else zipfile.ZIP_STORED)
        self._n_written += self._archive.getinfo(name).compress_size
        return name


def _add_rows(archive: zipfile.ZipFile, rows: IO[bytes]) -> None:
    n_bytes = rows.tell()
    if n_bytes > MAX_ROWS[0] and n_bytes > MAX_ROWS[0] + MAX_ROWS[1] * _compressed_size(rows):
        archive.compression = zipfile.ZIP_STORED
    rows.seek(0)
    with archive.open(ROWS, "w", force_zip64=True) as member:
        while piece := rows.read(2**20):
            member.write(piece)


def _compressed_size(rows: IO[bytes]) -> int:
    rows.seek(0)
    compressor, count = zlib.compressobj(_LEVEL), 0
    while piece := rows.read(2**20):
        count += len(compressor.compress(piece))
    return count


def _row(instance: Mapping[str, Any], out: _Files, number: int) -> dict[str, Any]:
    files: list[dict[str, Any]] = []

    def taken_out(value: Any, path: tuple[str | int, ...]) -> Any:
        if isinstance(value, np.ndarray):
            name = "-".join([f"{number:08}", *(["x"] if path == ("x",) else [f"{len(files)}"])])
            files.append({"path": list(path), "file": out.add(name, value)})
            return None
        if isinstance(value, list):
            return [taken_out(item, (*path, index)) for index, item in enumerate(value)]
        if isinstance(value, dict):
            return {key: taken_out(item, (*path, key)) for key, item in value.items()}
        return value

    taken: dict[str, Any] = taken_out(dict(instance), ())
    row = {f"{key}_" if _OWN_FILES.fullmatch(key) else key: it for key, it in taken.items()}
    return {FILES: files, **row} if files else row


class _Members:
    """The files in an archive: each is read once, and they do not grow beyond all measure."""

    def __init__(self, archive: zipfile.ZipFile, n_bytes: int) -> None:
        self._archive = archive
        self._n_left = MAX_ARRAYS[0] + MAX_ARRAYS[1] * n_bytes
        self._names: set[str] = set()

    def open_rows(self) -> IO[bytes]:
        info = self._info(ROWS)
        most = MAX_ROWS[0] + MAX_ROWS[1] * info.compress_size
        if info.file_size > most:
            raise DatasetFormatError(
                f"{ROWS}: expected at most {most:,} bytes for its compressed size,"
                f" got {info.file_size:,}"
            )
        return self._archive.open(info)

    def array(self, name: str) -> np.ndarray[Any, Any]:
        data = self._content(self._info(name))
        try:
            return decode(data) if name.endswith(".png") else read_npy(data)
        except (ImageRejected, ValueError) as error:
            raise DatasetFormatError(f"{name:.80}: {error}") from error

    def _info(self, name: str) -> zipfile.ZipInfo:
        info = self._archive.getinfo(name)
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise DatasetFormatError(f"{name:.80}: expected it stored or deflated, got another way")
        if name in self._names:
            raise DatasetFormatError(f"{name:.80}: expected each file used once, got it again")
        self._names.add(name)
        return info

    def _content(self, info: zipfile.ZipInfo) -> bytes:
        # what is not compressed cannot be larger than the archive
        is_stored = info.compress_type == zipfile.ZIP_STORED
        most = self._n_left if is_stored else min(MAX_ARRAY_BYTES, self._n_left)
        if info.file_size > most:
            which = "" if most < self._n_left else " after the others of this archive"
            raise DatasetFormatError(
                f"{info.filename:.80}: expected at most {most:,} bytes{which},"
                f" got {info.file_size:,}"
            )
        self._n_left -= info.file_size
        with self._archive.open(info) as member:
            return member.read(info.file_size)  # no more is unpacked where it holds more


def _instance(packed: dict[str, Any], members: _Members) -> dict[str, Any]:
    entries = packed.pop(FILES, [])
    row = {key[:-1] if _OWN_FILES.fullmatch(key) else key: it for key, it in packed.items()}
    if not isinstance(entries, list):
        raise _odd_entry(row, entries)
    for entry in entries:
        try:
            path, name = entry["path"], entry["file"]
            place: Any = row
            for key in path[:-1]:
                place = place[key]
            place[path[-1]] = None
            array = members.array(name)
        except (KeyError, IndexError, TypeError) as error:
            raise _odd_entry(row, entry) from error
        place[path[-1]] = array
    return row


def _odd_entry(row: dict[str, Any], entry: Any) -> DatasetFormatError:
    return DatasetFormatError(
        f"{FILES} of instance {row.get('id')!r:.80}: expected a place and the name of a file in"
        f" the archive, got {entry!r:.80}"
    )
