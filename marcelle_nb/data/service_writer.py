"""Changes of the documents of a service: whole or not at all, noted for others, and told."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from marcelle_nb.data import change_log, taken_rows
from marcelle_nb.data.before_commit import BeforeCommit, unheard
from marcelle_nb.data.document_keys import not_found
from marcelle_nb.data.query import Query
from marcelle_nb.data.record_rows import check_found, chunks
from marcelle_nb.data.service_events import MANY
from marcelle_nb.data.shown_list import ShownList
from marcelle_nb.data.taken import Taken
from marcelle_nb.errors import Conflict, NotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from sqlalchemy import Connection

    from marcelle_nb.data.conditions import Condition
    from marcelle_nb.data.document_table import DocumentTable
    from marcelle_nb.data.records import Document, Record
    from marcelle_nb.data.service_change import ChangeKind
    from marcelle_nb.data.service_events import ServiceEvents

T = TypeVar("T")

PLACES = 100_000
"""Of so many removed documents the places are remembered, and of the last change of all."""

_TRIES = 5


class ServiceWriter:
    """Changes documents, each method in one transaction.

    Parameters
    ----------
    table : DocumentTable
        Their rows.
    events : ServiceEvents
        Through which it is told, before the method returns.

    Notes
    -----
    Thread: any. Many documents are read and written a thousand at a time; their arrays are read
    only where the caller or a subscriber gets them.
    """

    def __init__(self, table: DocumentTable, events: ServiceEvents) -> None:
        self._table = table
        self._storage = table.storage
        self._events = events
        # where removed documents were, so that they can return there
        self._places: dict[str, int] = {}

    def has_removed(self, id: str) -> bool:
        """Say whether a document of this id was removed here, not long ago, and not put back."""
        return id in self._places

    def add(
        self,
        records: list[Record],
        ids: Sequence[str],
        before_commit: BeforeCommit[list[Document]] = unheard,
    ) -> list[Document]:
        """Insert records at the end; `ids` are those that were not made here, and may be taken."""

        def positions(connection: Connection) -> list[int]:
            return self._storage.new_positions(connection, len(records))

        return self._add(records, ids, positions, lambda: None, before_commit)

    def restore(self, records: list[Record]) -> list[Document]:
        """Insert records where they were when they were removed, see `PLACES`; else at the end."""
        ids = _ids(records)

        def positions(connection: Connection) -> list[int]:
            new = self._storage.new_positions(connection, len(ids))
            found = [self._places.get(it, at) for it, at in zip(ids, new, strict=True)]
            taken_rows.give_up(connection, self._storage, found)
            return found

        return self._add(records, ids, positions, lambda: self._forget_places(ids))

    def change(
        self,
        kind: ChangeKind,
        where: Condition,
        change: Callable[[Document], Record],
        *,
        keys: Collection[str] | None = None,
        id: object = None,
        arrays: bool = True,
    ) -> list[Document]:
        """Change documents that match, and give them as they are then.

        Parameters
        ----------
        kind : "updated" or "patched"
            What it is called.
        where : condition
            Which.
        change : callable
            Makes the new record of the old body.
        keys : collection of str, optional
            Which keys change; all of them where it is not given.
        id : str, optional
            Whose document is meant; where it does not match, `NotFound`.
        arrays : bool
            Whether to give the documents with their arrays and thumbnails.
        """

        def work(connection: Connection) -> list[Record]:
            positions = self._locked(connection, where, id)
            with_arrays = arrays or self._tells_arrays(len(positions))
            records: list[Record] = []
            for chunk in chunks(positions):
                before = self._table.records(connection, chunk, ())
                after = [change(record.body) for record in before]
                records += self._replaced(connection, chunk, after, keys, arrays=with_arrays)
            self._log(connection, kind, records)
            return records

        records = self._write(work, lambda them: self._post(kind, them))
        return _documents(records, arrays=arrays)

    def renew(self, where: Condition, change: Callable[[Document], Record], id: object) -> Document:
        """Change one document and give it the next position, in which it is the newest."""

        def work(connection: Connection) -> list[Record]:
            positions = self._locked(connection, where, id)
            records = [change(it.body) for it in self._table.records(connection, positions, ())]
            self._table.delete(connection, positions)
            new = self._storage.new_positions(connection, len(records))
            self._table.insert(connection, records, new)
            self._log(connection, "updated", records)
            return records

        records = self._write(work, lambda them: self._post("updated", them))
        return _documents(records, arrays=True)[0]

    def exchange(
        self,
        where: Condition,
        change: Callable[[Record], Record],
        key: str,
        note: Callable[[Document], T],
        ids: Collection[str],
        before_commit: BeforeCommit[list[T]] = unheard,
    ) -> list[T]:
        """Change a key of documents that match, of which those of the ids must be some.

        Gives what `note` makes of each as it was, with its value of the key.
        """

        def work(connection: Connection) -> tuple[list[T], list[Record]]:
            positions = self._locked(connection, where, None)
            with_arrays = self._tells_arrays(len(positions))
            notes: list[T] = []
            records: list[Record] = []
            for chunk in chunks(positions):
                before = self._table.records(connection, chunk, [(key,)])
                notes += [note(record.document()) for record in before]
                after = [change(record) for record in before]
                records += self._replaced(connection, chunk, after, {key}, arrays=with_arrays)
            _check_there(ids, records)
            self._log(connection, "patched", records)
            return notes, records

        return self._write(
            work,
            lambda found: self._post("patched", found[1]),
            lambda found: before_commit(found and found[0]),
        )[0]

    def remove(self, where: Condition, *, id: object = None, arrays: bool = True) -> list[Document]:
        """Delete documents that match, and give them as they were; see `change`."""

        def work(connection: Connection) -> tuple[list[int], list[Record]]:
            positions = self._locked(connection, where, id)
            with_arrays = arrays or self._tells_arrays(len(positions))
            records = self._table.records(connection, positions, arrays=with_arrays)
            self._table.delete(connection, positions)
            self._log(connection, "removed", records)
            return positions, records

        _, records = self._write(work, lambda found: self._post_removed(*found))
        return _documents(records, arrays=arrays)

    def take(
        self,
        where: Condition,
        ids: Collection[str] = (),
        before_commit: BeforeCommit[Taken] = unheard,
    ) -> Taken:
        """Take documents out that match, so that they can be put back; `ids` as in `exchange`."""
        keys = self._storage.taken
        taken = Taken(taken_rows.new_key(), keys)

        def work(connection: Connection) -> tuple[list[int], list[Record]]:
            positions = self._locked(connection, where, None)
            with_arrays = self._tells_arrays(len(positions))
            records = self._table.records(connection, positions, arrays=with_arrays)
            _check_there(ids, records)
            if records:
                taken_rows.hide(connection, self._storage, positions, taken.key)
                keys.doubt(taken.key)
                self._storage.keep(taken.key)  # where that fails, nothing is taken out
            self._log(connection, "removed", records)
            return positions, records

        def foreseen(found: tuple[list[int], list[Record]] | None) -> None:
            taken.ids = tuple(_ids(found[1])) if found else ()
            before_commit(taken if found else None)

        def then(found: tuple[list[int], list[Record]]) -> None:
            keys.trust(taken.key)
            self._post_removed(*found)

        self._write(work, then, foreseen)
        self._storage.throw_away(keys.forgotten())
        return taken

    def put_back(
        self, taken: Taken, *, whole: bool, before_commit: BeforeCommit[list[str]] = unheard
    ) -> list[str]:
        """Put back what was taken out, or only all of it, and give the ids of what was."""

        def work(connection: Connection) -> list[Record]:
            positions = taken_rows.put_back(connection, taken.key, self._table.service)
            if whole and len(positions) != len(taken):
                raise Conflict(
                    f"documents: expected all {len(taken)} to be put in place, got {len(positions)}"
                )
            with_arrays = self._tells_arrays(len(positions))
            records = self._table.records(connection, positions, arrays=with_arrays)
            self._log(connection, "created", records)
            return records

        def then(records: list[Record]) -> None:
            self._storage.taken.trust(taken.key)
            self._forget_places(_ids(records))
            self._post("created", records)

        def foreseen(records: list[Record] | None) -> None:
            before_commit(None if records is None else _ids(records))

        for n_left in reversed(range(_TRIES if len(taken) else 0)):
            try:
                records = self._write(work, then, foreseen)
                return _ids(records)
            except Conflict:  # another process gave a document one of the ids just now
                if whole and not n_left:
                    raise
        return []

    def _add(
        self,
        records: list[Record],
        ids: Sequence[str],
        positions: Callable[[Connection], list[int]],
        then: Callable[[], object],
        before_commit: BeforeCommit[list[Document]] = unheard,
    ) -> list[Document]:
        if len(set(ids)) < len(ids):
            raise Conflict("id: expected each once, got one several times in a list")
        documents = _documents(records, arrays=True)

        def work(connection: Connection) -> list[Document]:
            if ids and (there := self._table.taken_ids(connection, ids)):
                raise Conflict(
                    f"id: expected one that is not taken, got {there[0]!r}", {"id": there[0]}
                )
            if records:
                self._table.insert(connection, records, positions(connection))
            self._log(connection, "created", records)
            return documents

        def told(_: list[Document]) -> None:
            then()
            self._events.post("created", documents)

        return self._write(work, told, before_commit)

    def _write(
        self,
        work: Callable[[Connection], T],
        then: Callable[[T], object],
        before_commit: BeforeCommit[T] = unheard,
    ) -> T:
        may_be_there = False

        def noted(connection: Connection) -> T:
            nonlocal may_be_there
            may_be_there = False  # what is done once more changed nothing before
            before_commit(None)
            result = work(connection)
            may_be_there = True
            before_commit(result)
            return result

        try:
            result = self._storage.write(noted, then)
        except BaseException:
            # the answer to the commit was lost, or a KeyboardInterrupt came before the telling
            if may_be_there:
                self._events.post("reset", [])
                self._events.deliver()
            raise
        self._events.deliver()
        return result

    def _replaced(
        self,
        connection: Connection,
        positions: Sequence[int],
        records: list[Record],
        keys: Collection[str] | None,
        *,
        arrays: bool,
    ) -> list[Record]:
        """Write documents of which some keys changed, or all, and give them as they are then."""
        check_found(records, positions)
        self._table.replace(connection, list(zip(positions, records, strict=True)), keys)
        if keys is None:
            return records
        return self._table.records(connection, positions, arrays=arrays)

    def _locked(self, connection: Connection, where: Condition, id: object) -> list[int]:
        positions = self._table.positions(connection, Query(where), None, lock=True)
        if id is not None and not positions:
            raise not_found(id)
        return positions

    def _log(self, connection: Connection, kind: ChangeKind, records: Sequence[Record]) -> None:
        if records:
            bodies = [it.plain() if kind == "removed" else it.body for it in records]
            change_log.add(connection, self._storage, self._table.service, kind, bodies)

    def _tells_arrays(self, n: int) -> bool:
        return n <= MANY and self._events.are_heard

    def _post(self, kind: ChangeKind, records: Sequence[Record]) -> None:
        if self._events.are_heard:
            self._events.post(kind, _documents(records, arrays=len(records) <= MANY))

    def _post_removed(self, positions: Sequence[int], records: Sequence[Record]) -> None:
        new = dict(zip(_ids(records), positions, strict=True))
        self._forget_places(new)  # where one was before: it is as young as the others now
        n_over = len(self._places) + len(new) - PLACES
        self._forget_places(list(islice(self._places, max(0, n_over))))
        self._places.update(new)
        self._post("removed", records)

    def _forget_places(self, ids: Iterable[str]) -> None:
        for identifier in ids:
            self._places.pop(identifier, None)


def _check_there(ids: Collection[str], records: Sequence[Record]) -> None:
    if ids:
        there = {record.body["id"] for record in records}
        missing = next((one for one in ids if one not in there), None)
        if missing is not None:
            raise NotFound(str(not_found(missing)), {"id": missing})


def _ids(records: Iterable[Record]) -> list[str]:
    return [record.body["id"] for record in records]


def _documents(records: Sequence[Record], *, arrays: bool) -> list[Document]:
    return ShownList(record.document() if arrays else record.plain() for record in records)
