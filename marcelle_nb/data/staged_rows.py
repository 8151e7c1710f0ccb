"""New rows that nobody sees until all of them are there."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from marcelle_nb.data import taken_rows
from marcelle_nb.data.before_commit import BeforeCommit, unheard
from marcelle_nb.data.document_keys import new_record, now
from marcelle_nb.data.document_table import DocumentTable
from marcelle_nb.data.taken import Taken
from marcelle_nb.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from marcelle_nb.data.records import Document, Record
    from marcelle_nb.data.service import Service


class StagedRows:
    """Collects documents in the store, and makes all of them appear in one change.

    Other writers get their turns between two calls of `add`. Where the process ends before
    `publish`, nothing appears: what it left is thrown away a week later.

    Parameters
    ----------
    service : Service
        Where they are to appear.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._storage = service.table.storage
        self._key = taken_rows.new_key()
        self._table = DocumentTable(self._storage, self._key)
        self._ids: list[str] = []
        self._time = now()

    def add(self, documents: Sequence[Document]) -> None:
        """Write documents to the store, unseen."""
        records = [new_record(document, self._time, "document") for document in documents]
        self._storage.write(partial(self._insert, records=records))
        self._ids += [record.body["id"] for record in records]

    def publish(self, before_commit: BeforeCommit[dict[str, str]] = unheard) -> list[str]:
        """Let all of them be seen, and give their ids.

        Parameters
        ----------
        before_commit : callable, optional
            Gets the `updatedAt` of each id, see `BeforeCommit`.

        Raises
        ------
        NotFound, Conflict
            If some are not there any more, or cannot be seen; then none of them is.
        """
        if self._ids:
            taken = Taken(self._key, self._storage.taken)
            taken.ids = tuple(self._ids)
            self._service.put_back(
                taken,
                whole=True,
                before_commit=lambda it: before_commit(
                    None if it is None else dict.fromkeys(it, self._time)
                ),
            )
        return self._ids

    def discard(self) -> None:
        """Delete what is unseen."""
        self._storage.taken.forget(self._key)
        self._storage.throw_away(self._storage.taken.forgotten())

    def _insert(self, connection: Connection, records: list[Record]) -> None:
        if not self._ids:
            taken_rows.hide(connection, self._storage, [], self._key)
            self._storage.keep(self._key)
        elif not taken_rows.renew(connection, self._storage, [self._key]):
            raise NotFound("new rows: expected those before to be there, but they were thrown away")
        positions = self._storage.new_positions(connection, len(records))
        self._table.insert(connection, records, positions)
