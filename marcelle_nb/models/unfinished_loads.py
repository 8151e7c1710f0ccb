"""Loading in the background, and the end of the process."""

from __future__ import annotations

import atexit
import os
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST_S = 60.0
"""A process that is still loading ends after so long; TensorFlow may then crash or hang."""

process_is_ending = threading.Event()
"""Set once the process ends: what waits for somebody else, as a download does, gives up."""

_changed = threading.Condition()
_under_way: set[int] = set()


@contextmanager
def finished_before_exit() -> Iterator[bool]:
    """Let the process end only after the block: TensorFlow must not be cut off in native code.

    Yields
    ------
    bool
        Whether what is long may begin. False: the process ends already, and waits no more.

    Notes
    -----
    Thread: any but the main one, which is what waits.
    """
    me = threading.get_ident()
    with _changed:
        may_begin = not process_is_ending.is_set()
        if may_begin:
            _under_way.add(me)
    try:
        yield may_begin
    finally:
        with _changed:
            _under_way.discard(me)
            _changed.notify_all()


def _wait() -> None:
    with _changed:
        process_is_ending.set()  # in here: what has not begun by now finds it set
        _changed.wait_for(lambda: not _under_way, LONGEST_S)


def _forget() -> None:
    """Wait for no thread of the parent, in the child of a fork."""
    global _changed  # noqa: PLW0603 - another thread may hold it for ever
    _changed = threading.Condition()
    _under_way.clear()


atexit.register(_wait)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
