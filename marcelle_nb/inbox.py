"""A worker thread that handles messages one after another."""

from __future__ import annotations

import logging
import threading
from collections import deque
from typing import TYPE_CHECKING

from marcelle_nb.latest import IDLE_S

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger("marcelle_nb")


class Inbox:
    """Calls functions in order on one thread, which lives only while there is work.

    A message handler runs on whatever thread the kernel chose and holds up all other widgets while
    it runs; it leaves the work here and returns.

    Notes
    -----
    Thread: any for `put`. What the functions raise is logged.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._changed = threading.Condition()
        self._work: deque[Callable[[], object]] = deque()
        self._running = False

    def put(self, work: Callable[[], object]) -> None:
        """Queue a call."""
        with self._changed:
            self._work.append(work)
            if not self._running:
                self._running = True
                threading.Thread(target=self._run, name=self._name, daemon=True).start()
            self._changed.notify()

    def _take(self) -> Callable[[], object] | None:
        with self._changed:
            self._changed.wait_for(lambda: self._work, IDLE_S)
            self._running = bool(self._work)
            return self._work.popleft() if self._work else None

    def _run(self) -> None:
        while (work := self._take()) is not None:
            try:
                work()
            except BaseException:  # SystemExit too: the next message must find a worker
                logger.exception("the work of %s failed", self._name)
            del work  # a buffer must not stay alive while the thread waits
