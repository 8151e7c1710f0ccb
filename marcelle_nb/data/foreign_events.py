"""Tells the subscribers of a service what other processes did."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from marcelle_nb.data.change_source import ChangeSource
from marcelle_nb.data.conditions import Compare
from marcelle_nb.data.query import Query
from marcelle_nb.data.service_events import MANY

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import sqlalchemy as sa

    from marcelle_nb.data.foreign_change import ForeignChange
    from marcelle_nb.data.records import Document
    from marcelle_nb.data.service import Service
    from marcelle_nb.data.sql_storage import SqlStorage

AT_ONCE = 1_000
"""So many documents are read, and told of, at a time; with arrays, no more than `MANY`."""


class ForeignEvents:
    """The changes of one service that are known here, and not told of yet.

    Parameters
    ----------
    storage : SqlStorage
        Where the documents are.
    service : Service
        Whose subscribers.

    Notes
    -----
    Thread: that of the listener. Changes are told of in their order, each document as it is then.
    What was created, and is gone again, is told of only as removed; what was removed, and put back
    by this process, is not.
    """

    def __init__(self, storage: SqlStorage, service: Service) -> None:
        self._storage = storage
        self._service = service
        self._parts: deque[tuple[list[ForeignChange], bool]] = deque()
        # what was there again before its removal could be told of: that is told when it is known
        # that another process put it back
        self._returned: dict[str, Document] = {}
        # until which change what was told of a document is right: it may be removed and put back
        # several times before it is read
        self._told_until: dict[str, int] = {}

    def add(self, changes: Sequence[ForeignChange]) -> None:
        """Note changes of this service to be told of."""
        self._parts += _parts(changes)

    def tell(self) -> None:
        """Tell of all; where the store fails, a second call goes on with what is left."""
        while self._parts:
            if not self._service.events.are_heard:
                self._parts.clear()
                self._returned.clear()
                self._told_until.clear()
                return
            self._tell_first()
            self._service.events.deliver()

    def _tell_first(self) -> None:
        changes, arrays = self._parts[0]
        events = self._service.events
        # under the lock, so that a change by this process is told before or after, not in between
        with self._storage.lock:
            there, newest = self._read(changes, arrays=arrays)
            for change in changes:
                removed: list[Document] = []
                documents: list[Document] = []
                if change.kind == "removed":
                    removed = self._removed(change, there, newest)
                elif change.kind == "created":
                    removed, documents = self._created(change, there, newest)
                else:
                    documents = [there[it] for it in change.ids if it in there]
                events.post("removed", removed, is_local=False)
                events.post(change.kind, documents, is_local=False)
            self._parts.popleft()
        self._told_until = {
            key: until for key, until in self._told_until.items() if until >= change.number
        }

    def _created(
        self, change: ForeignChange, there: dict[str, Document], newest: int
    ) -> tuple[list[Document], list[Document]]:
        """Give what is told of as removed before, and what as created."""
        new = [it for it in change.ids if it in there and not self._is_told(it, change)]
        self._told_until |= dict.fromkeys(new, newest)
        before = [self._returned.pop(it, None) for it in new]
        return [it for it in before if it is not None], [there[it] for it in new]

    def _removed(
        self, change: ForeignChange, there: dict[str, Document], newest: int
    ) -> list[Document]:
        """Give what is told of as removed; of what is there again, that waits."""
        found = {it["id"]: it for it in change.removed if not self._is_told(it["id"], change)}
        self._returned |= {key: it for key, it in found.items() if key in there}
        gone = [it for it in found if it not in there]
        self._told_until |= dict.fromkeys(gone, newest)
        for identifier in gone:
            self._returned.pop(identifier, None)
        return [found[it] for it in gone]

    def _is_told(self, id: str, change: ForeignChange) -> bool:
        return self._told_until.get(id, -1) >= change.number

    def _read(
        self, changes: Sequence[ForeignChange], *, arrays: bool
    ) -> tuple[dict[str, Document], int]:
        """Read the documents, and which change was the newest at that time."""
        where = Compare(("id",), "in", tuple({it for change in changes for it in change.ids}))
        table = self._service.table

        def work(connection: sa.Connection) -> tuple[dict[str, Document], int]:
            positions = table.positions(connection, Query(where), None)
            records = table.records(connection, positions, arrays=arrays)
            documents = {record.body["id"]: record.document() for record in records}
            return documents, ChangeSource.mark(connection)

        return self._storage.read(work)


def _parts(changes: Sequence[ForeignChange]) -> Iterator[tuple[list[ForeignChange], bool]]:
    """Put changes together that are told of at once, and take very large ones apart.

    With each part comes whether its documents are told of with their arrays.
    """
    part: list[ForeignChange] = []
    n, had_arrays = 0, False
    for whole in changes:
        arrays = whole.kind != "removed" and len(whole.ids) <= MANY
        for change in _cut(whole):
            most = MANY if arrays else AT_ONCE
            if part and (arrays != had_arrays or n + len(change.ids) > most):
                yield part, had_arrays
                part, n = [], 0
            part.append(change)
            n, had_arrays = n + len(change.ids), arrays
    if part:
        yield part, had_arrays


def _cut(change: ForeignChange) -> Iterator[ForeignChange]:
    if len(change.ids) <= AT_ONCE:
        yield change
        return
    gone = {document["id"]: document for document in change.removed}
    for start in range(0, len(change.ids), AT_ONCE):
        ids = change.ids[start : start + AT_ONCE]
        yield change._replace(ids=ids, removed=[gone[it] for it in ids if it in gone])
