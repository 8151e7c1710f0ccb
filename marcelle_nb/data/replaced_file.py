"""Files that are there whole, or not yet."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from marcelle_nb.data.held_folder import held, is_left

if TYPE_CHECKING:
    from collections.abc import Iterator

_PREFIX = ".writing-"


def replace_file(path: Path, data: bytes) -> Path:
    """Write a file beside and put it in place at once.

    Raises
    ------
    OSError
        If it cannot be written; what was there is as it was.
    """
    with replaced_file(path) as beside:
        beside.write_bytes(data)
    return path


@contextmanager
def replaced_file(path: Path, name: str | None = None) -> Iterator[Path]:
    """Give the path of a file to write, which takes its place when it is complete.

    Parameters
    ----------
    path : Path
        Where it belongs. Its folder is made where it is not there.
    name : str, optional
        What the file is called until then, for software that goes by names.

    Raises
    ------
    OSError
        If nothing can be written there; what was there is as it was.

    Notes
    -----
    Thread: any. The permissions are those that `open` gives to a new file. When it returns, the
    file is on disk under its name. A symbolic link of that name is replaced by the file, too; what
    it leads to stays as it is.
    """
    if path.is_dir():
        raise IsADirectoryError(f"target: expected a file, got the folder {str(path)!r}")
    with place_beside(path) as folder:
        beside = folder / (name or path.name)
        yield beside
        try:
            sync_content(beside)
            beside.replace(path)
        except OSError as error:
            raise _naming(path, error) from error
        sync_names(path.parent)


@contextmanager
def place_beside(path: Path) -> Iterator[Path]:
    """Give an empty folder on the same disk as a path, and remove it with what is left in it.

    What a process that was killed meanwhile has left there goes, too.

    Raises
    ------
    OSError
        If nothing can be written there. It names the path, not the folder.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        made = tempfile.TemporaryDirectory(prefix=_PREFIX, dir=path.parent)
    except FileExistsError as error:
        raise NotADirectoryError(
            f"target: expected a folder around {str(path)!r}, got a file {error.filename!r}"
        ) from error
    except OSError as error:
        raise _naming(path, error) from error
    with made as folder, held(Path(folder)):
        for left in path.parent.glob(f"{_PREFIX}*"):
            if is_left(left):
                shutil.rmtree(left, ignore_errors=True)
        yield Path(folder)


def sync_content(path: Path) -> None:
    """Bring on disk what is in a file, also in one that may only be read."""
    # Windows does so only for those who may write
    with path.open("rb+" if os.name == "nt" else "rb") as file:
        os.fsync(file.fileno())


def sync_names(folder: Path) -> None:
    """Bring on disk which files are in a folder, where the system can: not on Windows."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _naming(path: Path, error: OSError) -> OSError:
    """Say the same of the file that was asked for; nobody knows the names of those beside it."""
    if isinstance(error, NotADirectoryError):
        return NotADirectoryError(f"target: expected a folder around {str(path)!r}, got a file")
    return type(error)(error.errno, error.strerror, str(path))
