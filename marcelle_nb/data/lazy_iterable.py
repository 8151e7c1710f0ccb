"""Iterables that do their work when they are read, and can be read again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from itertools import islice
from typing import Any, Generic, TypeVar

T = TypeVar("T")
U = TypeVar("U")

_END = object()


class LazyIterable(Generic[T]):
    """Values that are made when they are asked for, anew each time that somebody reads them.

    Parameters
    ----------
    source : iterable or function without arguments that returns one
        Where the values come from. A function is called at each reading; an iterator (which can be
        read once only) is refused, since the second reading would find nothing.

    Raises
    ------
    TypeError
        If the source is neither, or is an iterator.

    Notes
    -----
    Thread: any; each reading has its own iterator. `async for` makes the values on a thread of the
    event loop's pool, one at a time, so that a slow source does not stop the loop.

    After Marcelle's `LazyIterable`.

    Examples
    --------
    >>> LazyIterable(range(10)).filter(lambda n: n % 2).map(lambda n: n * n).take(3).to_array()
    [1, 9, 25]
    """

    def __init__(self, source: Iterable[T] | Callable[[], Iterable[T]]) -> None:
        if isinstance(source, Iterator):
            raise TypeError(
                f"source: expected what can be read again, got the iterator {source!r:.80};"
                " give a list, or a function that returns a new iterator"
            )
        if not isinstance(source, Iterable) and not callable(source):
            raise TypeError(f"source: expected an iterable or a function, got {source!r:.80}")
        self._source = source

    def __iter__(self) -> Iterator[T]:
        source = self._source
        return iter(source if isinstance(source, Iterable) else source())

    async def __aiter__(self) -> AsyncIterator[T]:
        values = await asyncio.to_thread(iter, self)
        while (value := await asyncio.to_thread(next, values, _END)) is not _END:
            yield value  # type: ignore[misc]  # not the end, so one of the values

    def map(self, function: Callable[[T], U]) -> LazyIterable[U]:
        """Give what a function makes of each value."""
        _check_callable("function", function)
        return LazyIterable(lambda: map(function, self))

    def filter(self, predicate: Callable[[T], object]) -> LazyIterable[T]:
        """Give the values for which a function answers with something true."""
        _check_callable("predicate", predicate)
        return LazyIterable(lambda: filter(predicate, self))

    def take(self, count: int) -> LazyIterable[T]:
        """Give the first `count` values; for 0 none: Marcelle's of services would give all."""
        check_count(count)
        return LazyIterable(lambda: islice(self, count))

    def skip(self, count: int) -> LazyIterable[T]:
        """Leave out the first `count` values."""
        check_count(count)
        return LazyIterable(lambda: islice(self, count, None))

    def zip(self, other: Iterable[U]) -> LazyIterable[tuple[T, U]]:
        """Give pairs of one value of each, as far as the shorter goes."""
        if isinstance(other, Iterator) or not isinstance(other, Iterable):
            raise TypeError(f"other: expected what can be read again, got {other!r:.80}")
        return LazyIterable(lambda: zip(self, other, strict=False))

    def to_array(self) -> list[T]:
        """Read everything into a list."""
        return list(self)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._source!r:.80})"


def check_count(count: object) -> None:
    """Check how many values to take or to skip."""
    if not isinstance(count, int) or isinstance(count, bool) or count < 0:
        raise ValueError(f"count: expected a whole number >= 0, got {count!r:.80}")


def _check_callable(what: str, given: Any) -> None:
    if not callable(given):
        raise TypeError(f"{what}: expected a function, got {given!r:.80}")
