"""What a process took out of a store, and may still put back."""

from __future__ import annotations

from collections import deque


class TakenKeys:
    """The keys of rows that this process took out, see `taken_rows`.

    Notes
    -----
    Thread: any. `forget` is called where objects are collected, and so does next to nothing.
    """

    def __init__(self) -> None:
        self._kept: set[str] = set()
        self._forgotten: deque[str] = deque()
        self.forget = self._forgotten.append

    def keep(self, key: str) -> None:
        """Note a key."""
        self._kept.add(key)

    def forgotten(self) -> list[str]:
        """Give the keys that nobody holds any more, once."""
        keys = [self._forgotten.popleft() for _ in range(len(self._forgotten))]
        return self._given_up(keys)

    def all(self) -> list[str]:
        """Give all keys, once."""
        return self._given_up([*self._kept])

    def _given_up(self, keys: list[str]) -> list[str]:
        found = [key for key in keys if key in self._kept]
        self._kept.difference_update(keys)
        return found
