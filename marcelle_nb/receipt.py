"""Knowing when everyone has finished with a value, also on other threads."""

from __future__ import annotations

import threading
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Receipt:
    """Tells when everyone who took a value on has finished with it.

    The source of a value opens a receipt around `Stream.set`; each `latest()` on the way holds it
    until its worker is done. A webcam acknowledges a frame only then, so that no queue can form
    anywhere.

    Parameters
    ----------
    done : callable
        Called once, without arguments, on the thread that finishes last.
    """

    current: ContextVar[Receipt | None] = ContextVar("receipt", default=None)

    def __init__(self, done: Callable[[], None]) -> None:
        self._done = done
        self._holders = 0
        self._finished = False
        self._lock = threading.Lock()

    @property
    def finished(self) -> bool:
        """Whether everyone who held it has let go."""
        return self._finished

    def hold(self) -> None:
        """Announce one more holder."""
        with self._lock:
            self._holders += 1

    @classmethod
    def hold_current(cls) -> Receipt | None:
        """Hold the receipt of the value that is being delivered, if there is one, and give it."""
        receipt = cls.current.get()
        if receipt is not None:
            receipt.hold()
        return receipt

    def release(self) -> None:
        """Let go; the last holder's call says that the value is done with."""
        with self._lock:
            self._holders -= 1
            # what a subscriber began may go on in its context, and hold and release again
            last = self._holders == 0 and not self._finished
            self._finished = self._finished or last
        if last:
            self._done()

    def __enter__(self) -> None:
        self.hold()
        self._token = self.current.set(self)

    def __exit__(self, *_: object) -> None:
        self.current.reset(self._token)
        self.release()
