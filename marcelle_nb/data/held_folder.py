"""Folders that a process is using now, told from those that a killed one has left behind."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from marcelle_nb.data.system_lock import lock_file, try_lock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LOCK = ".held"
_DAY_S = 86_400.0
"""How long a folder is left alone where the system cannot tell whether somebody uses it."""


@contextmanager
def held(folder: Path) -> Iterator[bool]:
    """Hold a folder, for `is_left` in this and other processes.

    The system lets go of it when the process ends, however it does, also where children live on.

    Yields
    ------
    bool
        False where the disk or the system has no locks: others then go by when a name in the folder
        was last changed, so that who holds it for long has to `renew` it.
    """
    with lock_file(folder / _LOCK, os.O_RDWR | os.O_CREAT) as file:
        is_locked = bool(try_lock(file))
        if is_locked:
            os.write(file, b"\n")  # from now on it can be asked
        yield is_locked


def renew(folder: Path) -> None:
    """Say that a folder is in use, where there are no locks."""
    with suppress(OSError):  # it is gone, or no longer one's own: nothing is to be said of it
        os.utime(folder)


def is_left(folder: Path) -> bool:
    """Tell whether nobody holds a folder any more."""
    is_free = None
    # without the file it is being made, or is removed
    with suppress(OSError), lock_file(folder / _LOCK) as file:
        # an empty one was never locked: it is being made, or there are no locks here
        is_free = try_lock(file) if os.fstat(file).st_size else None
    return _is_old(folder) if is_free is None else is_free


def _is_old(folder: Path) -> bool:
    with suppress(OSError):
        return time.time() - folder.stat().st_mtime > _DAY_S
    return False
