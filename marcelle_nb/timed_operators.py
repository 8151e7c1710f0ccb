"""The operators that take time, or a thread of their own.

What `debounce` and `delay` pass on runs on the one clock thread of all streams: put `latest()`
before a slow function there.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, TypeVar

from marcelle_nb.latest import LatestWorker
from marcelle_nb.scheduler import scheduler
from marcelle_nb.stream_operators import StreamOperators, derive, same

if TYPE_CHECKING:
    from collections.abc import Callable

    from marcelle_nb.stream import Stream

    Emit = Callable[[Any], None]
    Undo = Callable[[], None]

T = TypeVar("T")


class TimedOperators(StreamOperators[T]):
    """What can be made of a stream later; mixed into `Stream`."""

    def throttle(self, seconds: float) -> Stream[T]:
        """Pass on a value, then nothing for `seconds`."""

        def connect(emit: Emit) -> list[Undo]:
            silent_until = float("-inf")

            def step(value: T) -> None:
                nonlocal silent_until
                now = time.monotonic()
                if now >= silent_until:
                    silent_until = now + seconds
                    emit(value)

            return [self.subscribe(step)]

        return derive(self, connect)

    def debounce(self, seconds: float) -> Stream[T]:
        """Pass on the last value after `seconds` without another one."""

        def connect(emit: Emit) -> list[Undo]:
            count = 0

            def step(value: T) -> None:
                nonlocal count
                count += 1
                mine = count
                scheduler.call_later(seconds, lambda: emit(value) if mine == count else None)

            return [self.subscribe(step)]

        return derive(self, connect)

    def delay(self, seconds: float) -> Stream[T]:
        """Pass on each value `seconds` later."""

        def connect(emit: Emit) -> list[Undo]:
            return [self.subscribe(lambda v: scheduler.call_later(seconds, lambda: emit(v)))]

        return derive(self, connect)

    def latest(self) -> Stream[T]:
        """Pass values on from a worker thread with room for one: a newer replaces one that waits.

        Put it before a slow `map`: the source never waits, and never builds a queue.
        """

        def connect(emit: Emit) -> list[Undo]:
            return [self.subscribe(LatestWorker(emit, name="marcelle-latest").put)]

        return derive(self, connect, pull=same)
