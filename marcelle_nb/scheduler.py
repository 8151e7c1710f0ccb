"""One thread that calls functions later: the clock of timed operators and of the wire's pace.

`throttle`, `debounce` and `delay` are the operators.
"""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger("marcelle_nb")


class Scheduler:
    """Calls functions at their time, in order of time, on one daemon thread.

    Notes
    -----
    Thread: any. The functions must be short; one that raises is logged. The thread starts with the
    first call and stays, asleep while nothing is due.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._changed = threading.Condition()
        self._calls: list[tuple[float, int, Callable[[], object]]] = []
        self._numbers = itertools.count()
        self._thread: threading.Thread | None = None

    def call_later(self, delay_s: float, function: Callable[[], object]) -> None:
        """Call `function` after `delay_s` seconds."""
        due = time.monotonic() + delay_s
        with self._changed:
            heapq.heappush(self._calls, (due, next(self._numbers), function))
            if self._thread is None or not self._thread.is_alive():  # also after a fork
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()
            self._changed.notify()

    def _next(self) -> Callable[[], object]:
        with self._changed:
            while True:
                wait = self._calls[0][0] - time.monotonic() if self._calls else None
                if wait is not None and wait <= 0:
                    return heapq.heappop(self._calls)[2]
                self._changed.wait(wait)

    def _run(self) -> None:
        while True:
            function = self._next()
            try:
                function()
            except BaseException:  # SystemExit too: the others' calls must come
                logger.exception("a scheduled call failed")
            del function


scheduler = Scheduler("marcelle-clock")
"""The clock of this process."""
