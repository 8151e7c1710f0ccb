"""A worker thread with room for one piece of work: the newest wins."""

from __future__ import annotations

import logging
import threading
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from marcelle_nb.receipt import Receipt

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

logger = logging.getLogger("marcelle_nb")

IDLE_S = 5.0
"""A worker's thread ends after this long without work, so that forgotten pipelines keep none."""


class LatestWorker(Generic[T]):
    """Calls a function on its own thread, with the newest value only.

    Parameters
    ----------
    work : callable
        Takes one value. It should not raise: whoever makes the worker decides what an error means.
        What it raises all the same is logged.
    name : str
        Of the thread, for debuggers.

    Notes
    -----
    Thread: any for `put`, `work` runs on the worker's own, one value at a time.
    """

    def __init__(self, work: Callable[[T], None], name: str) -> None:
        self._work = work
        self._name = name
        self._changed = threading.Condition()
        self._slot: tuple[T, Receipt | None, Any] | None = None
        self._running = False

    def put(self, value: T) -> None:
        """Leave a value for the worker; one that waits there already is dropped."""
        receipt = Receipt.hold_current()
        with self._changed:
            dropped, self._slot = self._slot, (value, receipt, copy_context())
            if not self._running:
                self._running = True
                threading.Thread(target=self._run, name=self._name, daemon=True).start()
            self._changed.notify()
        if dropped is not None and dropped[1] is not None:
            dropped[1].release()

    def _take(self) -> tuple[T, Receipt | None, Any] | None:
        with self._changed:
            self._changed.wait_for(lambda: self._slot is not None, IDLE_S)
            taken, self._slot = self._slot, None
            self._running = taken is not None
            return taken

    def _run(self) -> None:
        while (taken := self._take()) is not None:
            value, receipt, context = taken
            try:
                context.run(self._work, value)
            except BaseException:  # SystemExit too: the next value must find a worker
                logger.exception("the work of %s failed", self._name)
            finally:
                if receipt is not None:
                    receipt.release()
            del value, taken  # a frame must not stay alive while the worker waits
