"""Opening files that others may have put there: never through a link, never somebody else's."""

from __future__ import annotations

import json
import os
import stat
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from marcelle_nb.runtime.runtime_folder import is_own

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path
    from typing import BinaryIO

_KEEPS_FOLDERS = os.open in os.supports_dir_fd and hasattr(os, "O_NOFOLLOW")
"""Whether the system can open a name in a folder that is open, so that nothing moves in between."""

_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0)
_FILE = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
_BINARY = getattr(os, "O_BINARY", 0)

_MAX_TOLD = 2**20


def open_file(root: Path, folders: Sequence[str], name: str) -> int | None:
    """Open a file of this user's in folders of this user's, to read it.

    Parameters
    ----------
    root : Path
    folders : sequence of str
        One in the other, from the root on; plain names that were not taken from a request.
    name : str
        Of the file; a plain name.

    Returns
    -------
    int or None
        The descriptor. None where there is none, a link is on the way, others can write to a folder
        on the way, or it is something else than a plain file with one name.
    """
    with suppress(OSError), opened_folder(root, folders) as folder:
        file = _open(folder, name, _FILE | _BINARY)
        status = os.fstat(file)
        # it has no name where another one has just taken its place
        if stat.S_ISREG(status.st_mode) and is_own(status) and status.st_nlink <= 1:
            return file
        os.close(file)
    return None


def read_told(file: BinaryIO) -> dict[str, Any]:
    """Read what one process tells another: an object in JSON, or an empty one for anything else.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    try:
        told = json.loads(file.read(_MAX_TOLD))
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def create_file(root: Path, folders: Sequence[str], name: str) -> int:
    """Make a file for its user alone, in such folders, to write it.

    Raises
    ------
    OSError
        If there is one of that name, or a folder is none of this user's alone.
    """
    with opened_folder(root, folders) as folder:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | _BINARY
        return _open(folder, name, flags, 0o600)


def opened_folder(
    root: Path, folders: Sequence[str]
) -> AbstractContextManager[tuple[Path, int | None]]:
    """Open folders one in the other, for as long as the context lasts."""
    return _kept(root, folders) if _KEEPS_FOLDERS else _looked_at(root, folders)


@contextmanager
def _kept(root: Path, folders: Sequence[str]) -> Iterator[tuple[Path, int | None]]:
    folder = os.open(root, _FOLDER)
    try:
        _check(os.fstat(folder), root)
        for name in folders:
            inner = os.open(name, _FOLDER, dir_fd=folder)
            os.close(folder)
            folder = inner
            _check(os.fstat(folder), root)
        yield root.joinpath(*folders), folder
    finally:
        os.close(folder)


@contextmanager
def _looked_at(root: Path, folders: Sequence[str]) -> Iterator[tuple[Path, int | None]]:
    """Do the same where names alone lead to folders, as on Windows."""
    path = root.parent
    for name in (root.name, *folders):
        above, path = path.resolve(strict=True), path / name
        # a junction is a folder, but leads elsewhere
        if not stat.S_ISDIR(path.lstat().st_mode) or path.resolve(strict=True) != above / name:
            raise NotADirectoryError(f"expected a folder, got a link or a file: {str(path)!r}")
    yield path, None


def _open(folder: tuple[Path, int | None], name: str, flags: int, mode: int = 0o600) -> int:
    path, handle = folder
    if handle is not None:
        return os.open(name, flags, mode, dir_fd=handle)
    if (path / name).is_symlink():
        raise OSError(f"{name}: expected a file, got a link")
    return os.open(path / name, flags, mode)


def _check(status: os.stat_result, root: Path) -> None:
    if not is_own(status) or status.st_mode & 0o077:
        raise PermissionError(f"expected folders of this user alone, got others below {root}")
