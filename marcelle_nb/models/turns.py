"""A lock that is fair: who waits comes before who has just let go."""

from __future__ import annotations

import threading


class Turns:
    """Lets one in at a time.

    A training takes a turn for every step, with hardly a pause; with a plain lock a prediction
    would wait for its end.
    """

    def __init__(self) -> None:
        self._next = threading.Lock()
        self._inside = threading.Lock()

    def __enter__(self) -> None:
        with self._next:  # held while waiting: who comes back queues behind
            self._inside.acquire()

    def __exit__(self, *_: object) -> None:
        self._inside.release()
