"""The operators that make one stream of several; only `combine` is lazy.

The result is held where any of the streams is.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, TypeVar, cast

from marcelle_nb.stream_operators import (
    NOTHING,
    StreamOperators,
    derive,
    expect_function,
    subscribe_all,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from marcelle_nb.stream import Stream

    Emit = Callable[[Any], None]
    Undo = Callable[[], None]

T = TypeVar("T")
U = TypeVar("U")


class JoiningOperators(StreamOperators[T]):
    """What can be made of a stream and others; mixed into `Stream`."""

    def merge(self, *others: Stream[Any]) -> Stream[Any]:
        """Pass on the values of this stream and of `others` as they come."""
        sources: tuple[StreamOperators[Any], ...] = (self, *others)

        def connect(emit: Emit) -> list[Undo]:
            return subscribe_all((source, emit) for source in sources)

        return derive(self, connect, hold=any(source.held for source in sources))

    def combine(self, function: Callable[..., U], *others: Stream[Any]) -> Stream[U]:
        """Give `function(value, other, …)` of the newest values on each change, if all have one."""
        expect_function("combine", function)
        sources: tuple[StreamOperators[Any], ...] = (self, *others)

        def connect(emit: Emit) -> list[Undo]:
            newest = [NOTHING] * len(sources)

            def choose(place: int, value: object) -> Iterable[Any] | None:
                newest[place] = value
                return None if any(value is NOTHING for value in newest) else newest

            store = _in_one_order(self, choose, lambda values: emit(function(*values)))

            return subscribe_all((it, _placed(store, i)) for i, it in enumerate(sources))

        def pull(_: T) -> U:
            values = [source._peek() for source in sources]
            return NOTHING if any(value is NOTHING for value in values) else function(*values)

        return derive(self, connect, hold=any(source.held for source in sources), pull=pull)

    def zip(self, function: Callable[..., U], *others: Stream[Any]) -> Stream[U]:
        """Give `function(value, other, …)` of the first values, then of the second, and so on."""
        expect_function("zip", function)
        sources: tuple[StreamOperators[Any], ...] = (self, *others)

        def connect(emit: Emit) -> list[Undo]:
            waiting: list[deque[Any]] = [deque() for _ in sources]

            def choose(place: int, value: object) -> Iterable[Any] | None:
                waiting[place].append(value)
                return [queue.popleft() for queue in waiting] if all(waiting) else None

            store = _in_one_order(self, choose, lambda values: emit(function(*values)))

            return subscribe_all((it, _placed(store, i)) for i, it in enumerate(sources))

        return derive(self, connect, hold=any(source.held for source in sources))

    def sample(self, values: Stream[U]) -> Stream[U]:
        """Give the newest of `values` whenever this stream emits, from the first of `values` on."""
        return self.snapshot(lambda _, value: value, values)

    def snapshot(self, function: Callable[[T, Any], U], values: Stream[Any]) -> Stream[U]:
        """Give `function(value, newest of values)` whenever this stream emits."""
        expect_function("snapshot", function)

        def connect(emit: Emit) -> list[Undo]:
            def fire(value: T) -> None:
                newest = values._peek()
                if newest is not NOTHING:
                    emit(function(value, newest))

            return [self.subscribe(fire)]

        return derive(self, connect)


def _in_one_order(
    owner: StreamOperators[Any],
    choose: Callable[[int, Any], Iterable[Any] | None],
    use: Callable[[tuple[Any, ...]], object],
) -> Callable[[int, Any], None]:
    """Give a function that stores a value of one of several sources and uses what `choose` gives.

    The sources may emit on several threads: what is chosen under the lock is used in the same
    order, so that the last result is made of the last values.
    """
    from marcelle_nb.stream import Stream, lock

    chosen: Stream[tuple[Any, ...]] = Stream()
    chosen._alert = cast("Stream[Any]", owner)._alert
    chosen.subscribe(use)

    def store(place: int, value: object) -> None:
        with lock:
            values = choose(place, value)
            if values is not None:
                chosen._post(tuple(values))
        chosen._deliver()

    return store


def _placed(store: Callable[[int, Any], None], place: int) -> Callable[[Any], None]:
    return lambda value: store(place, value)
