"""How many there are of something in a store, as a stream."""

from __future__ import annotations

from typing import TYPE_CHECKING

from marcelle_nb.data.change_stream import ChangeStream

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable


class CountStream(ChangeStream[int]):
    """A held stream whose value is read from the store when somebody asks for it.

    Parameters
    ----------
    read : callable
        Counts.
    listening : callable
        See `ChangeStream`.
    start : callable
        Makes the newest count this stream's value before the first subscriber hears it.
    """

    def __init__(
        self,
        read: Callable[[], int],
        listening: Callable[[ChangeStream[int], bool], object],
        start: Callable[[], object],
    ) -> None:
        super().__init__(listening)
        self._held = True
        self._read = read
        self._start = start

    def _peek(self) -> int:
        return self._read()

    def subscribe(
        self, function: Callable[[int], object], key: Hashable = None
    ) -> Callable[[], None]:
        """Call `function` with the count now, and with every new one; see `Stream.subscribe`."""
        if callable(function):
            self._start()
        return super().subscribe(function, key)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} held>"
