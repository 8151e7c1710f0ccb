"""Plays a camera: a source that emits a value when the last one was acknowledged."""

import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from marcelle_nb.receipt import Receipt
from marcelle_nb.stream import Stream
from tests.eventually import eventually


class OneInFlight:
    """Sets a stream again and again, on a thread of its own, without a pause.

    Parameters
    ----------
    stream : Stream
        What it sets.
    make : callable
        Makes the value from its number.
    """

    def __init__(self, stream: Stream[Any], make: Any = int) -> None:
        self.sent = 0
        self.longest_queue = 0
        self._stream = stream
        self._make = make
        self._acknowledged = 0
        self._end = threading.Event()
        self._taken = threading.Semaphore(0)
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _done(self) -> None:
        self._acknowledged += 1
        self._taken.release()

    def _run(self) -> None:
        for number in itertools.count():
            with Receipt(self._done):
                self._stream.set(self._make(number))
            self.longest_queue = max(self.longest_queue, len(self._stream._queue))
            self.sent += 1
            self._taken.acquire(timeout=20)
            if self._end.is_set():
                return

    def waits(self) -> bool:
        """Whether its value is behind a delivery; on its own thread there is none to wait for."""
        if threading.current_thread() is self._thread:
            return True
        return self.sent > self._acknowledged or self.longest_queue > 1

    def goes_on(self, values: int = 5) -> None:
        """Wait until it has sent that many values more: none is held up."""
        goal = self.sent + values
        eventually(lambda: self.sent >= goal)

    @classmethod
    @contextmanager
    def running(cls, stream: Stream[Any], make: Any = int) -> Iterator["OneInFlight"]:
        """Let it run for the length of a block."""
        source = cls(stream, make)
        source._thread.start()
        try:
            yield source
        finally:
            source._end.set()
            source._thread.join(20)
