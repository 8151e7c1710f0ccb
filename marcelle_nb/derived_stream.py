"""Streams that are made from other streams by an operator."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any, TypeVar

from marcelle_nb.stream import Stream, lock
from marcelle_nb.stream_operators import NOTHING

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class _Link:
    """Where one connection of an operator emits to.

    Weak, so that a forgotten stream can be collected, and strong while it is heard.
    """

    __slots__ = ("_strong", "_weak")

    def __init__(self, target: DerivedStream[Any]) -> None:
        self._weak = weakref.ref(target)
        self._strong: DerivedStream[Any] | None = None

    def pin(self, target: DerivedStream[Any] | None) -> None:
        self._strong = target

    def emit(self, value: object) -> None:
        target = self._weak()
        if target is not None:
            target._receive(self, value)


class DerivedStream(Stream[T]):
    """What an operator returns.

    Parameters
    ----------
    source : Stream
        The first source: its alert line and its keys are shared.
    connect : callable
        Given `emit`, subscribes to the sources and returns the functions that undo it.
    hold : bool
        Whether it replays its value.
    pull : callable, optional
        Computes the value from the first source's value. A stream with `pull` is *lazy*: it is
        connected, and works, only while someone subscribes to it. One without listens from its
        creation, as long as anything refers to it, because it remembers what went by.
    value : optional
        The value before the source has one.
    """

    def __init__(
        self,
        source: Stream[Any],
        connect: Callable[[Callable[[object], None]], list[Callable[[], None]]],
        *,
        hold: bool,
        pull: Callable[[Any], T] | None = None,
        value: T = NOTHING,
    ) -> None:
        super().__init__(value if pull is None else NOTHING, hold=hold)
        self._initial = value
        self._keys = source._keys
        self._alert = source._alert
        self._source = source
        self._connect = connect
        self._pull = pull
        self._connected = False
        self._undos: list[Callable[[], None]] = []
        self._link = _Link(self)
        if pull is None:
            self._connected = True
            self._undos += connect(self._link.emit)

    def __del__(self) -> None:
        # no weakref.finalize: its registry would keep alive what the undos refer to, the sources
        _undo_all(getattr(self, "_undos", []))

    def _peek(self) -> T:
        with lock:
            if self._pull is None or (self._connected and self._value is not NOTHING):
                return self._value
        newest = self._source._peek()
        return self._initial if newest is NOTHING else self._pull(newest)

    def _receive(self, link: _Link, value: Any) -> None:
        with lock:
            if link is not self._link:
                return  # from a connection that has ended, while its function was at work
            self._post(value)
        self._deliver()

    def _joined(self) -> None:
        with lock:
            if self._subscriptions:  # the subscriber may have been replaced meanwhile
                self._link.pin(self)
            if self._connected:
                return
            self._connected = True
        try:
            undos = self._connect(self._link.emit)
        except BaseException:
            with lock:  # who comes next tries again
                self._connected = False
                self._link.pin(None)
                self._link = _Link(self)
            raise
        with lock:
            self._undos += undos
        self._left()  # the subscriber may have gone meanwhile

    def _left(self) -> None:
        with lock:
            if self._subscriptions:
                return
            self._link.pin(None)
            if self._pull is None or not self._undos:
                return
            self._connected = False
            self._value = NOTHING
            self._link = _Link(self)
            undos, self._undos = self._undos, []
        _undo_all(undos)


def _undo_all(undos: list[Callable[[], None]]) -> None:
    for undo in undos:
        undo()
