"""Folders that a process is using now, told from those that a killed one has left behind."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LOCK = ".held"
_DAY_S = 86_400.0
"""How long a folder is left alone where the system cannot tell whether somebody uses it."""


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold a folder, for `is_left` in this and other processes.

    The system lets go of it when the process ends, however it does.
    """
    file = os.open(folder / f"{_LOCK}-new", os.O_RDWR | os.O_CREAT)
    try:
        if _lock(file):
            (folder / f"{_LOCK}-new").rename(folder / _LOCK)  # from now on it can be asked
        yield
    finally:
        os.close(file)


def is_left(folder: Path) -> bool:
    """Tell whether nobody holds a folder any more."""
    try:
        file = os.open(folder / _LOCK, os.O_RDWR)
    except OSError:  # it is being made, is removed, or nobody can lock here
        with suppress(OSError):
            return time.time() - folder.stat().st_mtime > _DAY_S
        return False
    try:
        return _lock(file)
    finally:
        os.close(file)


def _lock(file: int) -> bool:
    try:
        import fcntl
    except ImportError:  # Windows
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
