"""Locks on open files, which the system takes back when the process ends, however it does."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import TYPE_CHECKING

from marcelle_nb.data.fork_gate import gate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_files: set[int] = set()
"""What is open to be locked; after a fork the child has another set."""


@contextmanager
def lock_file(path: Path, flags: int = os.O_RDWR, mode: int = 0o777) -> Iterator[int]:
    """Open a file to lock it, as `os.open` does, for as long as the context lasts.

    The child of a fork does not keep it: a lock is held until nobody has the file open any more,
    and the child may live longer than who holds it.

    Yields
    ------
    int
        The descriptor, at the beginning of the file.

    Raises
    ------
    OSError
        If it cannot be opened.
    """
    with gate:
        files = _files
        file = os.open(path, flags, mode)
        files.add(file)
    try:
        yield file
    finally:
        with gate:
            if files is _files:  # else this is a child, in which it is closed already
                files.remove(file)
                os.close(file)


def try_lock(file: int) -> bool | None:
    """Lock an open file for this process, without waiting; closing it lets go.

    Parameters
    ----------
    file : int
        A descriptor, at the beginning of the file.

    Returns
    -------
    bool or None
        True where it is held now, False where another one holds it, and None where the disk or the
        system has no locks.
    """
    try:
        import fcntl
    except ImportError:
        return _lock_on_windows(file)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def _lock_on_windows(file: int) -> bool | None:
    windows = import_module("msvcrt")
    try:
        windows.locking(file, windows.LK_NBLCK, 1)
    except PermissionError:
        return False
    except OSError:
        return None
    return True


def _after_fork() -> None:
    """Close in a child what its parent has open to be locked, which stays locked there."""
    global _files  # noqa: PLW0603 - who is within a context sees by it that it is another process
    for file in _files:
        with suppress(OSError):
            os.close(file)
    _files = set()


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_after_fork)
