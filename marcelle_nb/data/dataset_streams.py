"""What happens to the rows of a dataset, as streams."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, TypeAlias

from marcelle_nb.data.change_stream import ChangeStream
from marcelle_nb.data.conditions import EVERYTHING
from marcelle_nb.data.count_stream import CountStream
from marcelle_nb.data.stored_instance import as_instance
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
    """

    def __init__(self, collection: Collection) -> None:
        self.count = CountStream(collection.count, self._listen, self._start)
        self.changes: ChangeStream[list[Change]] = ChangeStream(self._listen)
        self._collection = collection
        self._starting = threading.RLock()
        self._work = threading.RLock()  # never held while a user's function runs
        self._stop: Callable[[], None] | None = None
        self._n = 0
        # whether the next change may be in the count already
        self._is_unsure = False
        # the rows that match, where not all of the dataset's do
        self._ids: set[str] | None = None

    def narrow(self, condition: Condition) -> None:
        """Follow only the rows that match."""
        with self._work:
            self._collection.narrowed = condition
            if self._stop is None:
                return
            self._recount()
            self.count._post(self._n)
            self.changes._post([_ANEW])
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
            if self._stop is not None:
                return
            # first listen, then count: no change falls between
            stop = self._collection.service.changes.subscribe(self._on_change)
            with self._work:
                try:
                    self._recount()
                except BaseException:
                    stop()
                    raise
                self._stop = stop
                with stream_lock:
                    self.count._value = self._n

    def _deliver(self) -> None:
        self.count._deliver()
        self.changes._deliver()

    def _recount(self) -> None:
        service = self._collection.service
        with service.still() as all_is_told:
            if self._collection.narrowed == EVERYTHING:
                self._ids, self._n = None, self._collection.count()
            else:
                self._ids = self._collection.matching()
                self._n = len(self._ids)
            self._is_unsure = not all_is_told

    def _on_change(self, change: ServiceChange) -> None:
        with self._work:
            if self._stop is None:  # will be counted, or is no longer asked for
                return
            before = self._n
            told = [_ANEW] if change.kind == "reset" else self._told(change)
            if change.kind == "reset":
                self._recount()
            elif told and self._ids is None:
                self._adjust(change, len(told))
            if self._n != before:
                self.count._post(self._n)
            if told:
                self.changes._post(told)
        self._deliver()

    def _adjust(self, change: ServiceChange, n: int) -> None:
        """Count with a change of this process; of others, count anew once for all that wait."""
        if not change.is_local or self._is_unsure:
            self._is_unsure = True
            if not self._collection.service.changes.has_waiting:
                self._recount()
        elif change.kind in ("created", "removed"):
            self._n += n if change.kind == "created" else -n

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
