"""A stream that knows whether somebody listens."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from marcelle_nb.stream import Stream, lock

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class ChangeStream(Stream[T]):
    """An event stream that tells when its first subscriber comes and its last one goes.

    Parameters
    ----------
    listening : callable
        Takes the stream, and whether somebody listens now. Where nobody does, it may be called
        while a thread collects forgotten streams, in the middle of anything: see `Stream._left`.
    """

    def __init__(self, listening: Callable[[ChangeStream[T], bool], object]) -> None:
        super().__init__()
        self._listening = listening

    @property
    def is_heard(self) -> bool:
        """Whether somebody listens."""
        with lock:  # who puts one subscription in the place of another is never seen in between
            return bool(self._subscriptions)

    @property
    def has_waiting(self) -> bool:
        """Whether more was posted after what is being delivered now."""
        return bool(self._queue)

    def _joined(self) -> None:
        self._listening(self, self.is_heard)

    def _left(self) -> None:
        if not self.is_heard:
            self._listening(self, False)
