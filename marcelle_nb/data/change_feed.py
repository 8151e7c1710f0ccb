"""Tells the services of this process what other processes do, while somebody listens."""

from __future__ import annotations

import atexit
import logging
import os
import threading
import time
import weakref
from typing import TYPE_CHECKING, Any

from marcelle_nb.data.conditions import Compare
from marcelle_nb.data.document_table import DocumentTable
from marcelle_nb.data.query import Query
from marcelle_nb.data.service_events import MANY
from marcelle_nb.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import sqlalchemy as sa

    from marcelle_nb.data.change_source import ChangeSource
    from marcelle_nb.data.change_stream import ChangeStream
    from marcelle_nb.data.foreign_change import ForeignChange
    from marcelle_nb.data.service import Service
    from marcelle_nb.data.sql_storage import SqlStorage

logger = logging.getLogger("marcelle_nb")

AT_ONCE = 1_000
"""So many documents are read, and told of, at a time; with arrays, no more than `MANY`."""

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
        self._lock = threading.Lock()
        # not changed but replaced, so that the thread can look at them at any time
        self._listeners: frozenset[tuple[str, int]] = frozenset()
        self._left: dict[str, float] = {}
        self._stop: threading.Event | None = None
        self._thread: threading.Thread | None = None
        self._mark: int | None = None
        _feeds.add(self)

    def listen(self, name: str, stream: ChangeStream[Any]) -> None:
        """Note whether somebody listens to a stream of a service; begin or end accordingly."""
        with self._lock:
            # asked here: of two threads that came and went, the later call must have its way
            if stream.is_heard:
                self._listeners |= {(name, id(stream))}
                if self._stop is None and not self._storage.closed:
                    self._begin()
            else:
                self._listeners -= {(name, id(stream))}
                self._left = {**self._left, name: time.monotonic()}

    def close(self) -> None:
        """End the thread."""
        with self._lock:
            self._listeners, self._left = frozenset(), {}
            self._end()
            thread, self._thread = self._thread, None
        if thread is not None and thread is not threading.current_thread():
            thread.join(2)

    def catch_up(self, source: ChangeSource) -> bool:
        """Read and tell what happened since the last time; say whether that is all."""
        if self._mark is None:  # the store could not be asked when the listening began
            self._mark = self._storage.read(source.mark)
            self._reset()
        news = source.read(self._storage, self._mark, self._names)
        if news.is_lost:
            self._reset()
        for name in dict.fromkeys(change.service for change in news.changes):
            for part in _parts([change for change in news.changes if change.service == name]):
                self._tell(name, part)
        self._mark = news.mark
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
        lingering = {name for name, left in self._left.items() if left > since}
        return lingering.union(name for name, _ in self._listeners)

    def _begin(self) -> None:
        source, self._stop = self._new_source(), threading.Event()
        try:
            self._mark = self._storage.read(source.mark)
        except StoreError as error:
            logger.warning("changes by others cannot be heard yet: %s", error)
            self._mark = None
        self._thread = threading.Thread(
            target=_run,
            args=(weakref.ref(self), source, self._stop),
            name="marcelle_nb-changes",
            daemon=True,
        )
        self._thread.start()

    def _end(self) -> None:
        if self._stop is not None:
            self._stop.set()
        self._stop = None

    def _reset(self) -> None:
        for name in self._names():
            self._services[name].events.post("reset", [], is_local=False)
            self._services[name].events.deliver()

    def _tell(self, name: str, changes: Sequence[ForeignChange]) -> None:
        events = self._services[name].events
        if not events.are_heard:
            return
        # under the lock, so that a change by this process is told before or after, not in between
        with self._storage.lock:
            there = self._read(name, changes)
            for change in changes:
                if change.kind == "removed":
                    documents = [it for it in change.removed if it["id"] not in there]
                else:
                    documents = [there[it] for it in change.ids if it in there]
                events.post(change.kind, documents, is_local=False)
        events.deliver()

    def _read(self, name: str, changes: Sequence[ForeignChange]) -> dict[str, dict[str, Any]]:
        table = DocumentTable(self._storage, name)
        where = Compare(("id",), "in", tuple({it for change in changes for it in change.ids}))
        arrays = any(map(_has_arrays, changes))

        def work(connection: sa.Connection) -> dict[str, dict[str, Any]]:
            positions = table.positions(connection, Query(where), None)
            records = table.records(connection, positions, arrays=arrays)
            return {record.body["id"]: record.document() for record in records}

        return self._storage.read(work)

    def _forget_thread(self) -> None:
        """Begin anew in a forked process, where the thread is not."""
        self._lock = threading.Lock()
        self._listeners, self._left = frozenset(), {}
        self._stop = self._thread = None


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


def _has_arrays(change: ForeignChange) -> bool:
    return change.kind != "removed" and len(change.ids) <= MANY


def _parts(changes: Sequence[ForeignChange]) -> Iterator[list[ForeignChange]]:
    """Put changes together that are told of at once, and take very large ones apart."""
    part: list[ForeignChange] = []
    n, had_arrays = 0, False
    for whole in changes:
        arrays = _has_arrays(whole)
        for change in _cut(whole):
            most = MANY if arrays else AT_ONCE
            if part and (arrays != had_arrays or n + len(change.ids) > most):
                yield part
                part, n = [], 0
            part.append(change)
            n, had_arrays = n + len(change.ids), arrays
    if part:
        yield part


def _cut(change: ForeignChange) -> Iterator[ForeignChange]:
    if len(change.ids) <= AT_ONCE:
        yield change
        return
    gone = {document["id"]: document for document in change.removed}
    for start in range(0, len(change.ids), AT_ONCE):
        ids = change.ids[start : start + AT_ONCE]
        yield change._replace(ids=ids, removed=[gone[it] for it in ids if it in gone])


def _close_all() -> None:
    """Let go of the files at the end of the process, so that SQLite copies its log back."""
    for feed in list(_feeds):
        feed.close()


atexit.register(_close_all)


def _after_fork() -> None:
    for feed in list(_feeds):
        feed._forget_thread()


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_after_fork)
