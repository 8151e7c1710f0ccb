"""Tells the services of this process what other processes do, while somebody listens."""

from __future__ import annotations

import atexit
import logging
import os
import threading
import time
import weakref
from typing import TYPE_CHECKING, Any

from marcelle_nb.data.foreign_events import ForeignEvents
from marcelle_nb.errors import StoreError
from marcelle_nb.stream import lock as stream_lock

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from marcelle_nb.data.change_source import ChangeSource
    from marcelle_nb.data.change_stream import ChangeStream
    from marcelle_nb.data.service import Service
    from marcelle_nb.data.sql_storage import SqlStorage

logger = logging.getLogger("marcelle_nb")

LINGER_S = 2.0
"""So long it goes on when nobody listens: who runs a cell again misses nothing."""

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.1, 2.0

_feeds: weakref.WeakSet[ChangeFeed] = weakref.WeakSet()


class ChangeFeed:
    """Listens for changes on a thread of its own, for as long as somebody wants to hear.

    Parameters
    ----------
    storage : SqlStorage
        Where the data is.
    services : mapping
        The services of this process by name; it may grow.
    new_source : callable
        Makes what waits for changes.

    Notes
    -----
    Thread: any. What other processes committed after `listen` returned is told, in the order of the
    commits, at least once, each document as it is at that time; also after the connection was
    lost. Where more is lost than the store remembers, a change "reset" is told.
    """

    def __init__(
        self,
        storage: SqlStorage,
        services: Mapping[str, Service],
        new_source: Callable[[], ChangeSource],
    ) -> None:
        self._storage = storage
        self._services = services
        self._new_source = new_source
        self._mark: int | None = None
        # whether listeners may have missed what was before the mark
        self._is_behind = False
        self._events: dict[str, ForeignEvents] = {}
        self._begin_anew()
        _feeds.add(self)

    def _begin_anew(self) -> None:
        """Be without a thread, also in a forked process, where it is not."""
        self._is_behind = bool(getattr(self, "_listeners", ()))
        self._lock = threading.RLock()
        # changed one entry at a time, so that the thread can copy them at any time
        self._listeners: dict[tuple[str, int], None] = {}
        self._left: dict[str, float] = {}
        self._stop: threading.Event | None = None
        self._thread: threading.Thread | None = None

    def listen(self, name: str, stream: ChangeStream[Any]) -> None:
        """Note whether somebody listens to a stream of a service; begin or end accordingly."""
        key = (name, id(stream))
        with stream_lock:
            # noted, then asked: of those that came and went, the later call must have its way, also
            # one from a stream that is collected in the middle of this
            self._listeners[key] = None
            if not stream.is_heard:
                self._listeners.pop(key, None)
                self._left[name] = time.monotonic()
                return  # who is collected must not wait for this lock, see `Stream._left`
        with self._lock:
            if self._stop is None and not self._storage.closed:
                self._begin()

    def close(self) -> None:
        """End the thread."""
        with self._lock:
            self._listeners, self._left = {}, {}
            self._end()
            thread, self._thread = self._thread, None
        if thread is not None and thread is not threading.current_thread():
            thread.join(2)

    def catch_up(self, source: ChangeSource) -> bool:
        """Read and tell what happened since the last time; say whether that is all."""
        if self._mark is None:  # the store could not be asked when the listening began
            self._mark = self._storage.read(source.mark)
        if self._is_behind:
            self._is_behind = False
            self._reset()
        self._tell()  # what is left, where the store failed the last time
        news = source.read(self._storage, self._mark, self._names)
        # kept here from now on: what was told of in part is not read, and told of, once more
        self._mark = news.mark
        if news.is_lost:
            self._reset()
        for name in dict.fromkeys(change.service for change in news.changes):
            if name not in self._events:
                self._events[name] = ForeignEvents(self._storage, self._services[name])
            self._events[name].add([it for it in news.changes if it.service == name])
        self._tell()
        return news.is_all

    def end_if_unheard(self) -> bool:
        """End where nobody has listened for a while."""
        with self._lock:
            if not self._names():
                self._end()
            return self._stop is None

    def _names(self) -> set[str]:
        """Give the services that somebody listens to, or did a moment ago."""
        since = time.monotonic() - LINGER_S
        lingering = {name for name, left in self._left.copy().items() if left > since}
        return lingering.union(name for name, _ in list(self._listeners))

    def _tell(self) -> None:
        for events in self._events.values():
            events.tell()

    def _begin(self) -> None:
        source, stop = self._new_source(), threading.Event()
        self._events = {}
        try:
            self._mark = self._storage.read(source.mark)
        except StoreError as error:
            logger.warning("changes by others cannot be heard yet: %s", error)
            self._mark, self._is_behind = None, True
        thread = threading.Thread(
            target=_run,
            args=(weakref.ref(self), source, stop),
            name="marcelle_nb-changes",
            daemon=True,
        )
        thread.start()  # where that fails, who comes next tries again
        self._stop, self._thread = stop, thread

    def _end(self) -> None:
        if self._stop is not None:
            self._stop.set()
        self._stop = None

    def _reset(self) -> None:
        for name in self._names():
            self._services[name].events.post("reset", [], is_local=False)
            self._services[name].events.deliver()


def _run(feed_of: weakref.ref[ChangeFeed], source: ChangeSource, stop: threading.Event) -> None:
    """Read and wait, in turns; connect anew, after ever longer pauses, where something fails."""
    pause_s = _FIRST_PAUSE_S
    while not stop.is_set():
        try:
            is_all = _read(feed_of, source)
            if is_all is None:
                break
            if is_all:
                source.wait(stop)
            pause_s = _FIRST_PAUSE_S
        except Exception as error:
            if pause_s == _FIRST_PAUSE_S:  # once for each time that it fails
                is_known = isinstance(error, StoreError)
                text = "changes by others cannot be heard, trying again: %s"
                logger.warning(text, error, exc_info=None if is_known else error)
            source.close()
            stop.wait(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
    source.close()


def _read(feed_of: weakref.ref[ChangeFeed], source: ChangeSource) -> bool | None:
    """Tell what is new, and say whether that is all; None where the feed is gone.

    The feed is held no longer than this takes.
    """
    feed = feed_of()
    if feed is None or feed._storage.closed or feed.end_if_unheard():
        return None
    source.open(feed._storage)
    return feed.catch_up(source)


def _close_all() -> None:
    """Let go of the files at the end of the process, so that SQLite copies its log back."""
    for feed in list(_feeds):
        feed.close()


atexit.register(_close_all)


def _after_fork() -> None:
    for feed in list(_feeds):
        feed._begin_anew()


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_after_fork)
