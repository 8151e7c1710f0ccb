"""What a process took out of a store, and may still put back."""

from __future__ import annotations

import weakref
from collections import deque
from contextlib import suppress


class _Watched(weakref.ref[object]):
    """Refers to what holds a key."""

    key: str


class TakenKeys:
    """The keys of rows that this process took out, see `taken_rows`.

    Notes
    -----
    Thread: any. There is no lock, which a forked process could find held: each step alone is whole.
    Where objects are collected, no Python code runs: it would swallow a KeyboardInterrupt.
    """

    def __init__(self) -> None:
        self._kept: set[str] = set()
        self._doubted: set[str] = set()
        self._watched: dict[str, _Watched] = {}
        self._forgotten: deque[str | weakref.ref[object]] = deque()

    def watch(self, holder: object, key: str) -> None:
        """Forget a key when an object is gone."""
        watched = _Watched(holder, self._forgotten.append)
        watched.key = key
        self._watched[key] = watched

    def forget(self, key: str) -> None:
        """Note that nobody holds a key any more."""
        self._forgotten.append(key)

    def keep(self, key: str) -> None:
        """Note a key."""
        self._kept.add(key)

    def doubt(self, key: str) -> None:
        """Note that nobody knows yet whether the rows are out: they are not thrown away here."""
        self._doubted.add(key)

    def trust(self, key: str) -> None:
        """Note that it is known."""
        self._doubted.discard(key)

    @property
    def kept(self) -> list[str]:
        """The keys that somebody holds."""
        return [*self._kept.copy()]

    def forgotten(self) -> list[str]:
        """Give the keys that nobody holds any more, once, but for those in doubt."""
        keys: list[str] = []
        with suppress(IndexError):  # another thread may take some too
            while True:
                one = self._forgotten.popleft()
                keys.append(one.key if isinstance(one, _Watched) else str(one))
        for key in keys:
            self._watched.pop(key, None)
        return self._given_up(keys)

    def all(self) -> list[str]:
        """Give all keys, once, but for those in doubt."""
        return self._given_up(self.kept)

    def _given_up(self, keys: list[str]) -> list[str]:
        found = []
        for key in keys:
            with suppress(KeyError):
                self._kept.remove(key)
                found.append(key)
        sure = [key for key in found if key not in self._doubted]
        self._doubted.difference_update(found)
        return sure
