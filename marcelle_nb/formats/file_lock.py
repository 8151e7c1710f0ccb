"""One process at a time, by a lock that the system takes back when a process ends."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from marcelle_nb.data.system_lock import lock_file, try_lock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

STEP_S = 0.1
"""Seconds between two looks whether the lock is free."""


@contextmanager
def locked(path: Path, waiting: Callable[[], object]) -> Iterator[bool]:
    """Hold a lock; wait while another thread or process holds it.

    Parameters
    ----------
    path : Path
        A file that is made, stays empty and is never removed: who waits has it open.
    waiting : callable
        Called again and again while another holds it. What it raises ends the wait.

    Yields
    ------
    bool
        False where the disk has no locks: then nothing is held.

    Raises
    ------
    OSError
        If the file cannot be made.
    """
    with lock_file(path, os.O_RDWR | os.O_CREAT, 0o666) as file:
        while (is_held := try_lock(file)) is False:
            waiting()
            time.sleep(STEP_S)
        yield bool(is_held)
