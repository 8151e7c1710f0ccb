"""Keeps a process from being forked while one of its threads works on a database, or imports.

The child of a fork has the forking thread alone: a lock that another one held, also one inside of
SQLite or of a module that is being imported, is never let go there, and a transaction never ends.
"""

from __future__ import annotations

import _imp
import os
import sys
import threading
import time
from typing import TYPE_CHECKING

from marcelle_nb import stream

if TYPE_CHECKING:
    from types import TracebackType

LONGEST_S = 3.0
"""A fork waits no longer: who waits for a lock that another process holds may work for minutes."""

_STEP_S = 0.001


class ForkGate:
    """A context for work that no fork may interrupt; work of several threads goes on at once.

    Notes
    -----
    Thread: any, also one that is within already, and one that collects objects in the middle of
    anything.
    """

    def __init__(self) -> None:
        # taken by itself, as in C no interrupt comes between: a condition's own code is Python
        self._lock = threading.RLock()
        self._condition = threading.Condition(self._lock)
        # how often each thread is within
        self._depths: dict[int, int] = {}
        self._forking: set[int] = set()

    def __enter__(self) -> None:
        me = threading.get_ident()
        depth = self._depths.get(me, 0)
        try:
            with self._lock:
                if self._forking and me not in self._forking and not depth:
                    self._condition.wait_for(lambda: not self._forking, LONGEST_S)
                self._depths[me] = depth + 1
        except BaseException:  # a KeyboardInterrupt, after which nobody leaves
            self._set_depth(me, depth)
            raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        me = threading.get_ident()
        self._set_depth(me, self._depths.get(me, 0) - 1)

    def sleep(self, seconds: float) -> None:
        """Sleep, and let others fork meanwhile, unless this thread went in several times."""
        me = threading.get_ident()
        is_once = self._depths.get(me) == 1
        if not is_once:
            time.sleep(seconds)
            return
        self._set_depth(me, 0)
        try:
            time.sleep(seconds)
        finally:
            self.__enter__()

    def _set_depth(self, me: int, depth: int) -> None:
        with self._lock:
            if depth > 0:
                self._depths[me] = depth
            else:
                self._depths.pop(me, None)
            if self._forking:
                self._condition.notify_all()

    def close(self) -> None:
        """Wait until no other thread works, and let none begin."""
        me = threading.get_ident()
        with self._lock:
            self._forking.add(me)
            self._condition.wait_for(lambda: not self._depths.keys() - {me}, LONGEST_S)

    def open(self) -> None:
        """Let others work again."""
        with self._lock:
            self._forking.discard(threading.get_ident())
            self._condition.notify_all()

    def reset(self) -> None:
        """Begin anew in a child, whose only thread may be within."""
        me = threading.get_ident()
        depth = self._depths.get(me, 0)
        self.__init__()  # type: ignore[misc]
        if depth:
            self._depths[me] = depth


gate = ForkGate()
"""The one of this process."""

_held = threading.local()
"""What the forking thread holds until the child is there."""


def _before() -> None:
    # Python forks also where this is interrupted: what was held at the fork before is not now
    _held.streams = _held.imports = False
    gate.close()
    _held.streams = stream.lock.acquire(timeout=LONGEST_S)
    _stop_imports()


def _in_parent() -> None:
    try:
        _let_go()
    finally:
        gate.open()


def _in_child() -> None:
    try:
        _let_go()
    finally:
        gate.reset()
        stream.take_over()


def _let_go() -> None:
    try:
        if getattr(_held, "imports", False):
            _imp.release_lock()
    finally:
        if getattr(_held, "streams", False):
            stream.lock.release()


def _stop_imports() -> None:
    """Wait until no other thread imports, and let none begin, until the lock is let go.

    Pillow and SQLAlchemy import parts of themselves where these are first used.
    """
    end = time.monotonic() + LONGEST_S
    while True:
        _imp.acquire_lock()
        _held.imports = True
        if not _others_import() or time.monotonic() > end:
            return
        _held.imports = False
        _imp.release_lock()
        time.sleep(_STEP_S)


def _others_import() -> bool:
    # Python's own note of the modules that are being imported, weakly; none where it has another
    locks = getattr(sys.modules.get("_frozen_importlib"), "_module_locks", {})
    owners = {getattr(lock(), "owner", None) for lock in list(locks.values())}
    return bool(owners - {None, threading.get_ident()})


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(before=_before, after_in_parent=_in_parent, after_in_child=_in_child)
