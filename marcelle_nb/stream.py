"""Streams: values over time, and events, that functions subscribe to.

The model is that of Marcelle's streams (marcellejs.github.io), with the replay rules of a behaviour
subject for held streams. Differences, on purpose: a failing subscriber stops nobody else, and
operators on a held stream give a held one.
"""

from __future__ import annotations

import logging
import threading
import traceback
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeVar

from marcelle_nb.joining_operators import JoiningOperators
from marcelle_nb.receipt import Receipt
from marcelle_nb.stream_operators import NOTHING
from marcelle_nb.timed_operators import TimedOperators

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

T = TypeVar("T")

logger = logging.getLogger("marcelle_nb")

_PACKAGE = str(Path(__file__).parent)

lock = threading.RLock()
"""Guards the values, queues and subscribers of all streams; never held in a user's function.

One lock for the whole graph, because streams are linked in cycles and a lock each would deadlock.
"""


class _Subscription(Generic[T]):
    __slots__ = ("active", "function")

    def __init__(self, function: Callable[[T], object]) -> None:
        self.function = function
        self.active = True


class Stream(JoiningOperators[T], TimedOperators[T]):
    """A value over time, or a series of events.

    Parameters
    ----------
    value : optional
        With a value the stream is *held*: it keeps its newest value and replays it to every new
        subscriber. Without, it is an event stream: a subscriber gets what comes after.
    hold : bool, optional
        Say explicitly whether the stream is held; `Stream(hold=True)` is held but empty until the
        first `set`.

    Notes
    -----
    Thread: any. Each stream delivers in the order of `set`, one value at a time, on the thread that
    found it idle: a thread that subscribes while another one sets without a pause may deliver for
    it. A `set` during a delivery queues behind it; in a single thread everything is delivered when
    the outermost `set` returns. A subscriber that raises is logged, shown in the alert line of the
    component that owns the stream, and stops nobody else.

    Examples
    --------
    >>> s = Stream(1)
    >>> seen = []
    >>> stop = s.map(lambda value: value * 10).subscribe(seen.append)
    >>> s.set(2)
    >>> seen
    [10, 20]
    >>> stop()
    """

    def __init__(self, value: T = NOTHING, *, hold: bool | None = None) -> None:
        self._held = (value is not NOTHING) if hold is None else hold
        self._value = value
        self._subscriptions: tuple[_Subscription[T], ...] = ()
        self._queue: deque[tuple[T, tuple[_Subscription[T], ...], Receipt | None]] = deque()
        # the value that is being delivered, and who was not called with it yet
        self._under_way: tuple[T, deque[_Subscription[T]], Receipt | None] | None = None
        # Shared with every stream derived from this one, see `subscribe`.
        self._keys: dict[Hashable, tuple[_Subscription[T], Callable[[], None]]] = {}
        self._alert: Callable[[str], object] | None = None
        # how many need a receipt for each value, to know what was made of it
        self._tracked = 0

    @property
    def held(self) -> bool:
        """Whether the stream replays its value to new subscribers."""
        return self._held

    @property
    def value(self) -> T:
        """The newest value; None before the first one."""
        value = self._peek()
        return None if value is NOTHING else value  # type: ignore[return-value]

    def set(self, value: T) -> None:
        """Emit a value, also one equal to the last (a click is a click).

        Returns when it is delivered, unless a delivery of this stream is under way: then it is
        queued behind that.
        """
        self._post(value)
        self._deliver()

    def _post(self, value: T) -> None:
        """Make a value the newest and queue it for the subscribers of this moment; call none.

        Who changes data under a lock of its own posts what changed while still holding it, so that
        values come in the order of the changes, and calls `_deliver` after letting go.
        """
        with lock:
            self._value = value
            if self._subscriptions:
                receipt = Receipt.hold_current()
                if receipt is None and self._tracked:
                    receipt = Receipt(lambda: None)
                    receipt.hold()
                self._queue.append((value, self._subscriptions, receipt))

    def subscribe(
        self, function: Callable[[T], object], key: Hashable = None
    ) -> Callable[[], None]:
        """Call `function` with every value from now on; a held stream's newest value comes at once.

        Parameters
        ----------
        function : callable
            Takes one value.
        key : hashable, optional
            A second subscription with the same key, on this stream or on any that is derived from
            the same source, replaces the first: give one in a cell that may run twice.

        Returns
        -------
        callable
            Call it to end the subscription; a second call does nothing.
        """
        if not callable(function):
            raise TypeError(f"subscribe: expected a function of one value, got {function!r}")
        subscription = _Subscription(function)
        undo = self._undo(subscription, key)
        before = None
        with lock:
            if key is not None:
                before = self._keys.get(key)
                self._keys[key] = subscription, undo
            if before is not None:
                before[0].active = False
            self._add(subscription)
        try:
            self._joined()
        except BaseException:
            self._give_back(key, before)
            undo()
            raise
        # only now: where nobody listened in between, a source of events would stop
        if before is not None:
            before[1]()
        self._deliver()
        return undo

    def _give_back(
        self, key: Hashable, before: tuple[_Subscription[T], Callable[[], None]] | None
    ) -> None:
        """Let a subscription go on whose successor could not begin."""
        with lock:
            if before is not None:
                self._keys[key] = before
                before[0].active = True

    def _undo(self, subscription: _Subscription[T], key: Hashable) -> Callable[[], None]:
        def undo() -> None:
            with lock:
                subscription.active = False
                self._put(lambda there: tuple(s for s in there if s is not subscription))
                if key is not None and self._keys.get(key) == (subscription, undo):
                    del self._keys[key]
            self._left()

        return undo

    def _add(self, subscription: _Subscription[T]) -> None:
        """Append a subscriber and queue its replay, under the lock."""
        self._put(lambda there: (*there, subscription))
        if self._held and self._value is not NOTHING:
            self._queue.append((self._value, (subscription,), Receipt.hold_current()))

    def _put(
        self, change: Callable[[tuple[_Subscription[T], ...]], tuple[_Subscription[T], ...]]
    ) -> None:
        """Put other subscribers in the place of those that are there, under the lock."""
        while True:
            before = self._subscriptions
            after = change(before)
            # a new tuple may make Python collect a forgotten stream, which leaves here and now
            if self._subscriptions is before:
                self._subscriptions = after
                return

    def _joined(self) -> None:
        """Note, outside the lock, that a subscriber has come; derived streams connect here."""

    def _left(self) -> None:
        """Note that a subscriber has gone; derived streams disconnect here.

        One that is collected goes on whatever thread that happens on, in the middle of what that is
        doing, and with its locks: wait for none but `lock` here.
        """

    def _peek(self) -> T:
        """Give the newest value, or NOTHING."""
        with lock:
            return self._value

    def _deliver(self) -> None:
        me = threading.get_ident()
        with lock:
            if id(self) in _delivering or not self._queue:
                return
            _delivering[id(self)] = self, me
        try:
            while self._next():
                self._call_each()
        except BaseException:
            # KeyboardInterrupt, SystemExit: pass it on, but take the value from nobody else
            self._stop_delivering()
            self._deliver()
            raise

    def _next(self) -> bool:
        """Take the next value out of the queue; where there is none, end the delivery."""
        with lock:
            if not self._queue:
                self._stop_delivering()
                return False
            value, subscriptions, receipt = self._queue.popleft()
            self._under_way = value, deque(subscriptions), receipt
            return True

    def _stop_delivering(self) -> None:
        with lock:
            if self._under_way is not None:
                value, waiting, receipt = self._under_way
                self._under_way = None
                self._queue.appendleft((value, tuple(waiting), receipt))
            _delivering.pop(id(self), None)

    def _call_each(self) -> None:
        if self._under_way is None:
            return
        value, waiting, receipt = self._under_way
        # the setter's receipt, not this thread's: who queues behind another delivery goes on
        token = Receipt.current.set(receipt)
        try:
            while waiting:
                subscription = waiting.popleft()
                if subscription.active:
                    self._call(subscription.function, value)
        finally:
            Receipt.current.reset(token)
        self._under_way = None
        if receipt is not None:
            receipt.release()

    def _call(self, function: Callable[[T], object], value: T) -> None:
        try:
            function(value)
        except Exception as error:  # noqa: BLE001 - a subscriber is a user's code
            self._report(error)

    def _report(self, error: Exception) -> None:
        logger.error("a subscriber failed: %s", error, exc_info=error)
        if self._alert is not None:
            self._alert(described(error))

    def __bool__(self) -> NoReturn:
        raise TypeError("a stream has no truth value: use stream.value")

    def __repr__(self) -> str:
        # not `value`: of a derived stream that may call a user's function
        kind = f"held: {self._value!r}" if self._held else "events"
        return f"<{type(self).__name__} {kind}>"


_delivering: dict[int, tuple[Stream[Any], int]] = {}
"""The streams that deliver at this moment, by their ids, each with its thread."""


def take_over() -> None:
    """Let streams deliver again, in a forked process, whose deliverers are not there."""
    for stream, thread in list(_delivering.values()):
        if thread != threading.get_ident():
            stream._stop_delivering()


def described(error: BaseException) -> str:
    """Say what failed, for somebody who sees no traceback; what is no ValueError also by place."""
    if isinstance(error, ValueError) and str(error):
        return str(error)
    text = f"{type(error).__name__}: {error}"
    # a place within this package tells nothing to those who wrote the function that failed
    places = [
        (frame.f_code.co_name, line)
        for frame, line in traceback.walk_tb(error.__traceback__)
        if not frame.f_code.co_filename.startswith(_PACKAGE)
    ]
    for name, line in places[-1:]:
        text += f" (in {name}, line {line})"
    return text
