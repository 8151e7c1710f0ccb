"""A numbered record of what a page must not miss."""

from __future__ import annotations

import threading
from typing import Any

from marcelle_nb.stream import Stream

PIECE = 2_000
"""Entries in one message at most, so that none grows past the limits of a websocket."""


class MessageLog:
    """Entries with numbers that never repeat; a page asks for what follows the last one it knows.

    Attributes
    ----------
    appended : Stream of int
        The number of each new entry, as an event.

    Notes
    -----
    Thread: any. Only the entries since the last `restart` are kept; the numbers go on.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: list[dict[str, Any]] = []
        self._newest = 0
        self.appended: Stream[int] = Stream()

    @property
    def newest(self) -> int:
        """The number of the last entry; 0 before the first."""
        with self._lock:
            return self._newest

    def append(self, entry: dict[str, Any], *, restart: bool = False) -> int:
        """Add an entry and return its number; `restart` forgets all earlier ones."""
        with self._lock:
            if restart:
                self._entries.clear()
            self._entries.append(entry)
            self._newest += 1
            number = self._newest
        self.appended.set(number)
        return number

    def since(self, number: int) -> tuple[list[tuple[int, dict[str, Any]]], int]:
        """Give the entries after `number`, at most 2,000, and the newest number.

        Where `number` lies before the oldest entry kept (or after the newest: a page of an earlier
        kernel), the answer begins with the oldest.
        """
        with self._lock:
            oldest = self._newest - len(self._entries) + 1
            first = number + 1 if oldest <= number + 1 <= self._newest + 1 else oldest
            start = first - oldest
            piece = self._entries[start : start + PIECE]
            return [(first + place, entry) for place, entry in enumerate(piece)], self._newest
