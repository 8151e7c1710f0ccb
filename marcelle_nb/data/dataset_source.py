"""Files with instances, of any of the forms that a dataset can be read from."""

from __future__ import annotations

import io
import os
import shutil
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeAlias

from marcelle_nb.data.dataset_csv import read_csv
from marcelle_nb.data.dataset_json_reader import read_json
from marcelle_nb.data.dataset_zip import read_zip
from marcelle_nb.data.image_folder import shown_name
from marcelle_nb.data.lazy_iterable import LazyIterable
from marcelle_nb.errors import DatasetFormatError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Given: TypeAlias = "str | os.PathLike[str] | IO[bytes] | tuple[str, bytes]"
"""A path, an open binary file, or the name and the bytes of one."""

_IN_MEMORY = 16 * 2**20


class DatasetSource(LazyIterable[dict[str, Any]]):
    """The instances in a file, read anew at each iteration; nothing in it is checked yet.

    Parameters
    ----------
    given : path, open binary file, or (name, bytes)
        One of JSON, as Marcelle's; a zip archive; a table of comma-separated values.
    read : callable, optional
        How its bytes are read, where that is known.

    Attributes
    ----------
    name : str
        What messages call it.

    Raises
    ------
    TypeError
        If it is no file, or one that is not open for reading bytes.
    ValueError
        If it is closed.
    OSError
        If it cannot be opened, or is a folder or a pipe: it is read twice.
    """

    def __init__(
        self, given: Given, read: Callable[[IO[bytes]], Iterator[dict[str, Any]]] | None = None
    ) -> None:
        self.name, self._path, self._bytes = _opened(given)
        self._read = read
        super().__init__(self._instances)

    def close(self) -> None:
        """Let go of the file, where it was given open or as bytes."""
        self._bytes.close()

    def _instances(self) -> Iterator[dict[str, Any]]:
        if self._path is None:
            self._bytes.seek(0)
            yield from self._parsed(self._bytes)
        else:
            with self._path.open("rb") as file:
                yield from self._parsed(file)

    def _parsed(self, file: IO[bytes]) -> Iterator[dict[str, Any]]:
        read = self._read or _reader(file, self.name)
        yield from read(file)


def _opened(given: Any) -> tuple[str, Path | None, IO[bytes]]:
    if isinstance(given, str | os.PathLike):
        return _found(Path(given).expanduser())
    if isinstance(given, tuple) and len(given) == 2 and isinstance(given[1], bytes | bytearray):
        return str(given[0]), None, io.BytesIO(given[1])
    if not hasattr(given, "read"):
        raise TypeError(
            f"file: expected a path, an open binary file or (name, bytes), got {given!r:.80}"
        )
    if getattr(given, "closed", False):
        raise ValueError(f"file: expected an open one, got the closed {given!r:.80}")
    name = shown_name(Path(str(getattr(given, "name", "file"))).name)
    # a copy: it is read twice, and an upload or a pipe cannot be
    copy: Any = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 closed with the source
    try:
        copy.write(given.read(0))  # an empty text would say nothing of itself below
        shutil.copyfileobj(given, copy)
    except BaseException as error:
        copy.close()
        if not isinstance(error, TypeError | io.UnsupportedOperation):
            raise
        raise TypeError(
            f"file: expected one that is open for reading bytes ('rb'), got {given!r:.80}"
        ) from None
    return name, None, copy


def _found(path: Path) -> tuple[str, Path, IO[bytes]]:
    if path.is_dir():
        raise IsADirectoryError(
            f"file: expected a file, got the folder {str(path)!a:.200}; from_folder reads pictures"
        )
    if path.exists() and not path.is_file():  # a pipe would be waited for
        raise OSError(f"file: expected a file, got something else at {str(path)!a:.200}")
    with path.open("rb"):  # says at once that it is not there
        return shown_name(path.name), path, io.BytesIO()


def _reader(file: IO[bytes], name: str) -> Callable[[IO[bytes]], Iterator[dict[str, Any]]]:
    """Choose by the content, then by the name."""
    start = file.read(512).removeprefix(b"\xef\xbb\xbf").lstrip()
    file.seek(0)
    if start.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return read_zip
    suffix = Path(name).suffix.lower()
    if start.startswith(b"{") or suffix == ".json":
        return read_json
    if suffix in (".csv", ".tsv", ".txt"):
        return read_csv
    raise DatasetFormatError("file: expected a .json, .zip or .csv file, got one of another kind")
