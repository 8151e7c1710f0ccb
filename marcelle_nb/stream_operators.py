"""The operators of streams.

Names and meaning follow Most.js as Marcelle uses it, with two changes: functions of several streams
take their values in reading order, and an operator on a held stream gives a held stream.

Operators that need only the newest values are *lazy*: they work while someone subscribes to their
result, or reads its value. The others remember what went by, and listen as long as something refers
to their result. The operators of several streams are in `joining_operators`, those that take time
in `timed_operators`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator

    from marcelle_nb.stream import Stream

    Emit = Callable[[Any], None]
    Undo = Callable[[], None]

T = TypeVar("T")
U = TypeVar("U")


class _Nothing:
    def __repr__(self) -> str:
        return "nothing"


NOTHING: Final[Any] = _Nothing()
"""Stands for "no value yet" where None is a value."""


class StreamOperators(Generic[T]):
    """What can be made of one stream alone; mixed into `Stream`."""

    if TYPE_CHECKING:

        @property
        def held(self) -> bool: ...  # noqa: D102 - see Stream
        def subscribe(self, function: Callable[[T], object], key: Hashable = None) -> Undo: ...  # noqa: D102 - see Stream
        def _peek(self) -> T: ...
        def _report(self, error: Exception) -> None: ...

    def map(self, function: Callable[[T], U]) -> Stream[U]:
        """Give `function(value)` for each value."""
        expect_function("map", function)

        def connect(emit: Emit) -> list[Undo]:
            return [self.subscribe(lambda value: emit(function(value)))]

        return derive(self, connect, pull=function)

    def tap(self, function: Callable[[T], object]) -> Stream[T]:
        """Call `function` with each value and pass the value on."""
        expect_function("tap", function)

        def connect(emit: Emit) -> list[Undo]:
            def step(value: T) -> None:
                function(value)
                emit(value)

            return [self.subscribe(step)]

        return derive(self, connect, pull=same)

    def filter(self, predicate: Callable[[T], object]) -> Stream[T]:
        """Pass on the values for which `predicate(value)` is true."""
        expect_function("filter", predicate)

        def connect(emit: Emit) -> list[Undo]:
            def step(value: T) -> None:
                if predicate(value):
                    emit(value)

            return [self.subscribe(step)]

        return derive(self, connect)

    def scan(self, function: Callable[[U, T], U], seed: U) -> Stream[U]:
        """Give `seed`, then `function(last result, value)` for each value; always held."""
        expect_function("scan", function)

        def connect(emit: Emit) -> list[Undo]:
            total = seed

            def step(value: T) -> None:
                nonlocal total
                total = function(total, value)
                emit(total)

            return [self.subscribe(step)]

        return derive(self, connect, hold=True, value=seed)

    def skip_repeats(self) -> Stream[T]:
        """Drop a value that equals the one before it."""

        def connect(emit: Emit) -> list[Undo]:
            last: Any = NOTHING

            def step(value: T) -> None:
                nonlocal last
                if last is NOTHING or not _equal(last, value):
                    last = value
                    emit(value)

            return [self.subscribe(step)]

        return derive(self, connect, pull=same)

    def take(self, count: int) -> Stream[T]:
        """Pass on the first `count` values, then let go of this stream."""

        def connect(emit: Emit) -> list[Undo]:
            left = count
            stops: list[Undo] = []

            def end() -> None:
                for stop in stops:
                    stop()

            def step(value: T) -> None:
                nonlocal left
                if left > 0:
                    left -= 1
                    emit(value)
                if left <= 0:
                    end()

            stops.append(self.subscribe(step))
            if left <= 0:  # a held stream gave its value before there was anything to end
                end()
            return stops

        return derive(self, connect)

    def skip(self, count: int) -> Stream[T]:
        """Drop the first `count` values."""

        def connect(emit: Emit) -> list[Undo]:
            left = count

            def step(value: T) -> None:
                nonlocal left
                left -= 1
                if left < 0:
                    emit(value)

            return [self.subscribe(step)]

        return derive(self, connect)

    def until(self, signal: Stream[Any]) -> Stream[T]:
        """Pass on values until `signal` emits; what a held signal holds already does not count."""

        def connect(emit: Emit) -> list[Undo]:
            stops: list[Undo] = []

            def end(_: object) -> None:
                for stop in stops:
                    stop()

            def pairs() -> Iterator[tuple[StreamOperators[Any], Emit]]:
                yield self, emit
                replayed = signal.held and signal._peek() is not NOTHING
                yield signal.skip(int(replayed)), end

            return subscribe_all(pairs(), stops)

        return derive(self, connect)

    def start_with(self, value: T) -> Stream[T]:
        """Emit `value` first; held from then on."""

        def connect(emit: Emit) -> list[Undo]:
            emit(value)
            return [self.subscribe(emit)]

        return derive(self, connect, hold=True, pull=same, value=value)

    def pipe(self, *operators: Callable[[Any], Any]) -> Stream[Any]:
        """Apply operators of the package reactivex, where it is installed.

        Parameters
        ----------
        operators : callable
            Functions from one Observable to another, such as `reactivex.operators.pairwise()`.

        Raises
        ------
        ImportError
            Without reactivex.
        """
        import reactivex
        from reactivex.disposable import Disposable

        source: Any = reactivex.create(lambda to, _: Disposable(self.subscribe(to.on_next)))

        def connect(emit: Emit) -> list[Undo]:
            result = source.pipe(*operators)
            return [result.subscribe(on_next=emit, on_error=self._report).dispose]

        return derive(self, connect)


def derive(
    source: StreamOperators[Any],
    connect: Callable[[Emit], list[Undo]],
    *,
    hold: bool | None = None,
    pull: Callable[[Any], Any] | None = None,
    value: Any = NOTHING,
) -> Stream[Any]:
    """Make the result of an operator; `pull` computes its value where the source's is enough."""
    # it is a Stream, which this module is a part of
    from marcelle_nb.derived_stream import DerivedStream

    hold = source.held if hold is None else hold
    return DerivedStream(cast("Stream[Any]", source), connect, hold=hold, pull=pull, value=value)


def subscribe_all(
    pairs: Iterable[tuple[StreamOperators[Any], Emit]], undos: list[Undo] | None = None
) -> list[Undo]:
    """Subscribe functions to streams, all or none, and give the functions that undo it.

    They are added one by one to `undos`, for whom a value may reach meanwhile.
    """
    undos = [] if undos is None else undos
    try:
        for source, function in pairs:
            undos.append(source.subscribe(function))
    except BaseException:
        for undo in undos:
            undo()
        raise
    return undos


def expect_function(operator: str, function: object) -> None:
    """Refuse what is no function while the cell that is wrong is running."""
    if not callable(function):
        raise TypeError(f"{operator}: expected a function first, got {function!r:.80}")


def same(value: T) -> T:
    """Give the value itself: the `pull` of a stream that passes values on."""
    return value


def _equal(a: object, b: object) -> bool:
    """Compare by `==`; arrays, whose comparison has no single answer, by all their elements."""
    if a is b:
        return True
    if getattr(a, "shape", ()) != getattr(b, "shape", ()):
        return False
    result = a == b
    return bool(result.all() if hasattr(result, "all") else result)
