"""What happens to the rows of a dataset, as streams."""

from __future__ import annotations

import copy
import os
import threading
import weakref
from typing import TYPE_CHECKING, Any, TypeAlias

from marcelle_nb.data.change_stream import ChangeStream
from marcelle_nb.data.conditions import EVERYTHING
from marcelle_nb.data.count_stream import CountStream
from marcelle_nb.data.stored_instance import as_instance
from marcelle_nb.errors import StoreError
from marcelle_nb.stream import lock as stream_lock

if TYPE_CHECKING:
    from collections.abc import Callable

    from marcelle_nb.data.collection import Collection
    from marcelle_nb.data.conditions import Condition
    from marcelle_nb.data.service_change import ServiceChange

Change: TypeAlias = dict[str, Any]
"""`{"level": "instance", "type": "created" | "updated" | "removed", "data": instance}`, or
`{"level": "dataset", "type": "created"}` where everything is to be read again."""

_TYPES = {"created": "created", "updated": "updated", "patched": "updated", "removed": "removed"}
_ANEW: Change = {"level": "dataset", "type": "created"}

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.1, 5.0

_all: weakref.WeakSet[DatasetStreams] = weakref.WeakSet()


class DatasetStreams:
    """Follows the changes of a collection's service, while somebody listens.

    Parameters
    ----------
    collection : Collection
        Whose rows.

    Attributes
    ----------
    count : Stream of int
        How many rows there are; held.
    changes : Stream of list of dict
        What happened to them; events.

    Notes
    -----
    Thread: any. Where the store does not answer, what happened is told all the same, and the count,
    or that all is to be read again, as soon as it does.
    """

    def __init__(self, collection: Collection) -> None:
        self.count = CountStream(collection.count, self._listen, self._start)
        self.changes: ChangeStream[list[Change]] = ChangeStream(self._listen)
        self._collection = collection
        self._starting = threading.RLock()
        self._work = threading.RLock()  # never held while a user's function runs
        self._stop: Callable[[], None] | None = None
        # how many there are, and what was told last
        self._n = self._posted = 0
        # the rows that match, where not all of the dataset's do
        self._ids: set[str] | None = None
        # the newest change that is in these; and that is in what was to be read again
        self._counted = self._seen = 0
        # whether a change is not in the count; and whether one could not be told of
        self._is_unsure = self._is_lost = False
        # whether it began in the process that this one was forked from
        self._is_inherited = False
        self._retry: threading.Timer | None = None
        self._pause_s = _FIRST_PAUSE_S
        _all.add(self)

    def narrow(self, condition: Condition) -> None:
        """Follow only the rows that match; where the store fails, nothing changes."""
        with self._work:
            narrowed = copy.copy(self._collection)
            narrowed.narrowed = condition
            if self._stop is not None:
                self._recount(narrowed)
            self._collection.narrowed = condition
            if self._stop is None:
                return
            self._post_anew()
        self._deliver()

    def _listen(self, _: object, is_heard: bool) -> None:  # noqa: FBT001 as ChangeStream calls it
        if is_heard:
            self._start()
        with stream_lock:
            if self.count.is_heard or self.changes.is_heard:
                return
            stop, self._stop = self._stop, None
        if stop is not None:
            stop()

    def _start(self) -> None:
        with self._starting:  # not `_work`: to subscribe may deliver what waits for others
            if self._stop is not None and not self._is_inherited:
                return
            # first listen, then count: no change falls between
            stop = self._collection.service.changes.subscribe(self._on_change, key=self)
            with self._work:
                try:
                    self._recount(self._collection)
                except BaseException:
                    stop()
                    raise
                self._is_lost = self._is_lost and self._is_inherited
                self._stop, self._is_inherited = stop, False
                with stream_lock:
                    self.count._value = self._posted = self._n

    def _deliver(self) -> None:
        self.count._deliver()
        self.changes._deliver()

    def _recount(self, collection: Collection) -> None:
        with collection.service.still() as number:
            if collection.narrowed == EVERYTHING:
                ids, n = None, collection.count()
            else:
                ids = collection.matching()
                n = len(ids)
            self._ids, self._n, self._counted = ids, n, number
            self._is_unsure = False

    def _post_anew(self) -> None:
        """Tell whoever listens to read all again, after it was counted."""
        self._is_lost = False
        self._seen = self._counted
        self._post_count()
        self.changes._post([_ANEW])

    def _post_count(self) -> None:
        self._posted = self._n
        self.count._post(self._n)

    def _on_change(self, change: ServiceChange) -> None:
        with self._work:
            if self._stop is None:  # will be counted, or is no longer asked for
                return
            self._go_on(change)
        self._deliver()

    def _try_again(self) -> None:
        with self._work:
            self._retry = None
            if self._stop is None or self._collection.service.table.storage.closed:
                return
            self._go_on(None)
        self._deliver()

    def _go_on(self, change: ServiceChange | None) -> None:
        try:
            if change is not None:
                self._follow(change)
            self._catch_up()
        except BaseException as error:
            self._try_later()
            if not isinstance(error, StoreError):
                raise
        finally:
            if self._n != self._posted:
                self._post_count()

    def _follow(self, change: ServiceChange) -> None:
        """Tell of a change, and note what it does to the count."""
        if change.kind == "reset":
            self._is_lost = True
        if self._is_lost or change.number <= self._seen:
            return
        try:
            told = self._told(change)
        except BaseException:
            self._is_lost = True
            raise
        if told:
            self.changes._post(told)
        if change.number <= self._counted or self._ids is not None or not told:
            return
        if not change.is_local:
            self._is_unsure = True
        elif change.kind in ("created", "removed") and not self._is_unsure:
            self._n += len(told) if change.kind == "created" else -len(told)

    def _catch_up(self) -> None:
        """Count anew where that is needed: once for all changes that wait."""
        if self._is_lost:
            self._recount(self._collection)
            self._post_anew()
        elif self._is_unsure and not self._collection.service.changes.has_waiting:
            self._recount(self._collection)
        self._pause_s = _FIRST_PAUSE_S

    def _try_later(self) -> None:
        """Count anew in a while, as the store did not answer."""
        self._is_unsure = True
        if self._retry is None:
            self._retry = threading.Timer(self._pause_s, _try_again, [weakref.ref(self)])
            self._retry.daemon = True
            self._retry.start()
            self._pause_s = min(2 * self._pause_s, _LONGEST_PAUSE_S)

    def _after_fork(self) -> None:
        """Go on in a forked process, which may have been made in the middle of anything."""
        is_midway = not self._work.acquire(blocking=False)
        self._work, self._starting = threading.RLock(), threading.RLock()
        self._retry = None
        if self._stop is not None:
            self._is_inherited = self._is_unsure = True
            self._is_lost = self._is_lost or is_midway

    def _told(self, change: ServiceChange) -> list[Change]:
        own = [it for it in change.documents if it.get("datasetName") == self._collection.name]
        type_ = _TYPES[change.kind]
        types = [type_] * len(own) if self._ids is None else self._types(type_, own)
        return [
            {"level": "instance", "type": type_, "data": as_instance(document)}
            for type_, document in zip(types, own, strict=True)
            if type_
        ]

    def _types(self, type_: str, own: list[dict[str, Any]]) -> list[str]:
        """Say what each is to who sees only the rows that match; nothing: "" ."""
        if not own or self._ids is None:
            return []
        ids = [document["id"] for document in own]
        now = set() if type_ == "removed" else self._collection.matching(ids)
        types = []
        for identifier in ids:
            was, is_ = identifier in self._ids, identifier in now
            entered = type_ if was else "created"
            types.append(entered if is_ else "removed" if was else "")
            (self._ids.add if is_ else self._ids.discard)(identifier)
        self._n = len(self._ids)
        return types


def _try_again(streams_of: weakref.ref[DatasetStreams]) -> None:
    streams = streams_of()
    if streams is not None:
        streams._try_again()


def _after_fork() -> None:
    for streams in list(_all):
        streams._after_fork()


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_after_fork)
