"""Keeps a process from being forked while one of its threads works on a database.

The child of a fork has the forking thread alone: a lock that another one held, also one inside of
SQLite, is never let go there, and a transaction never ends.
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

from marcelle_nb.stream import lock as stream_lock

if TYPE_CHECKING:
    from types import TracebackType

LONGEST_S = 3.0
"""A fork waits no longer: who waits for a lock that another process holds may work for minutes."""


class ForkGate:
    """A context for work that no fork may interrupt; work of several threads goes on at once.

    Attributes
    ----------
    has_streams : bool
        Whether the forking thread holds the lock of all streams.
    """

    def __init__(self) -> None:
        self._condition = threading.Condition(threading.Lock())
        self._n_working = 0
        self._is_closed = False
        self.has_streams = False

    def __enter__(self) -> None:
        with self._condition:
            if self._is_closed:
                self._condition.wait_for(lambda: not self._is_closed, LONGEST_S)
            self._n_working += 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._condition:
            self._n_working -= 1
            if self._is_closed:
                self._condition.notify_all()

    def close(self) -> None:
        """Wait until nobody works, and let nobody begin."""
        with self._condition:
            self._is_closed = True
            self._condition.wait_for(lambda: not self._n_working, LONGEST_S)

    def open(self) -> None:
        """Let others work again."""
        with self._condition:
            self._is_closed = False
            self._condition.notify_all()

    def reset(self) -> None:
        """Begin anew in a child."""
        self.__init__()  # type: ignore[misc]


gate = ForkGate()
"""The one of this process."""


def _before() -> None:
    gate.close()
    gate.has_streams = stream_lock.acquire(timeout=LONGEST_S)


def _in_parent() -> None:
    gate.open()
    if gate.has_streams:
        stream_lock.release()


def _in_child() -> None:
    if gate.has_streams:
        stream_lock.release()
    gate.reset()


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(before=_before, after_in_parent=_in_parent, after_in_child=_in_child)
