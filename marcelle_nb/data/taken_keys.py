"""What a process took out of a store, and may still put back."""

from __future__ import annotations

from collections import deque
from contextlib import suppress


class TakenKeys:
    """The keys of rows that this process took out, see `taken_rows`.

    Notes
    -----
    Thread: any. `forget` is called where objects are collected, and so does next to nothing. There
    is no lock, which a forked process could find held: each step alone is whole.
    """

    def __init__(self) -> None:
        self._kept: set[str] = set()
        self._forgotten: deque[str] = deque()
        self.forget = self._forgotten.append

    def keep(self, key: str) -> None:
        """Note a key."""
        self._kept.add(key)

    @property
    def kept(self) -> list[str]:
        """The keys that somebody holds."""
        return [*self._kept.copy()]

    def forgotten(self) -> list[str]:
        """Give the keys that nobody holds any more, once."""
        keys: list[str] = []
        with suppress(IndexError):  # another thread may take some too
            while True:
                keys.append(self._forgotten.popleft())
        return self._given_up(keys)

    def all(self) -> list[str]:
        """Give all keys, once."""
        return self._given_up(self.kept)

    def _given_up(self, keys: list[str]) -> list[str]:
        found = []
        for key in keys:
            with suppress(KeyError):
                self._kept.remove(key)
                found.append(key)
        return found
