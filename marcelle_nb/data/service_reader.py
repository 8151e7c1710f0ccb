"""What is asked of one collection of documents in a store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marcelle_nb.data.distinct import counted_values
from marcelle_nb.data.document_keys import not_found, with_id
from marcelle_nb.data.query import Query, path_of
from marcelle_nb.data.record_rows import check_found
from marcelle_nb.data.service_iterable import ServiceIterable
from marcelle_nb.data.shown_document import ShownDocument
from marcelle_nb.data.shown_list import ShownList

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from marcelle_nb.data.conditions import Condition, Path
    from marcelle_nb.data.document_table import DocumentTable
    from marcelle_nb.data.query import RawQuery
    from marcelle_nb.data.records import Document, Record


class ServiceReader:
    """Finds, counts and iterates documents.

    Parameters
    ----------
    table : DocumentTable
        Their rows.
    """

    def __init__(self, table: DocumentTable) -> None:
        self.table = table
        self._storage = table.storage

    def find(self, query: RawQuery | Query | None = None) -> Any:
        """Give a page of documents.

        Parameters
        ----------
        query : dict, optional
            See `Query.parse`. Without `$limit` 100 documents; never more than 1,000.

        Returns
        -------
        dict
            `total`, how many there are; `limit` and `skip`; `data`, the documents. With
            `$distinct`, in place of it a list of all different values of a field, in first-seen
            order; documents without one, and lists and objects that hold arrays, do not count.

        Raises
        ------
        BadRequest
            If the query is not understood.
        """
        parsed = Query.parse(query)
        if parsed.distinct is not None:
            return ShownList(it for it, _, _ in self._firsts(parsed.distinct, parsed.where))

        def read(connection: Connection) -> tuple[int, list[Record]]:
            total = self.table.count(connection, parsed.where)
            if not parsed.page_size:
                return total, []
            positions = self.table.positions(connection, parsed, parsed.page_size)
            return total, self.table.records(connection, positions, parsed.reads)

        total, records = self._storage.read(read)
        data = ShownList(parsed.shown(record.document()) for record in records)
        page = {"total": total, "limit": parsed.page_size, "skip": parsed.skip, "data": data}
        return ShownDocument(page)

    def count(self, query: RawQuery | Query | None = None) -> int:
        """Count the documents that match, in the database."""
        where = Query.parse(query).only_where("count")
        return self._storage.read(lambda it: self.table.count(it, where))

    def counts(self, field: str, query: RawQuery | Query | None = None) -> list[tuple[Any, int]]:
        """Count the documents of each value of a field, in the database.

        Parameters
        ----------
        field : str
            Its name; a dot leads into an object.
        query : dict, optional
            Which documents.

        Returns
        -------
        list of (value, count)
            In first-seen order. Documents without a value are left out.
        """
        return [(value, n) for value, n, _ in self.firsts(field, query)]

    def firsts(
        self, field: str, query: RawQuery | Query | None = None
    ) -> list[tuple[Any, int, int]]:
        """Do the same, and give the position of the first document of each value too."""
        where = Query.parse(query).only_where("counts")
        return self._firsts(path_of(field, "counts"), where)

    def _firsts(self, path: Path, where: Condition) -> list[tuple[Any, int, int]]:
        def read(connection: Connection) -> list[tuple[Record, int, int]]:
            found = self.table.first_of_each(connection, where, path)
            positions = [position for position, _ in found]
            records = self.table.records(connection, positions, [path])
            check_found(records, positions)
            return [(record, n, at) for record, (at, n) in zip(records, found, strict=True)]

        return counted_values(self._storage.read(read), path)

    def get(self, id: str, query: RawQuery | Query | None = None) -> Document:
        """Give one document; `NotFound` where there is none, or it does not match the query."""
        parsed = Query.parse(query)
        where = with_id(id, parsed.where)

        def read(connection: Connection) -> list[Record]:
            positions = self.table.positions(connection, Query(where), 1)
            return self.table.records(connection, positions, parsed.reads)

        records = self._storage.read(read)
        if not records:
            raise not_found(id)
        return parsed.shown(records[0].document())

    def newest(self, query: RawQuery | Query | None = None) -> Document | None:
        """Give the last document, in the store's own order, that matches; None where none does."""
        where = Query.parse(query).only_where("newest")

        def read(connection: Connection) -> list[Record]:
            position = self.table.last_of(connection, where)
            return [] if position is None else self.table.records(connection, [position])

        records = self._storage.read(read)
        return records[0].document() if records else None

    def items(self, query: RawQuery | Query | None = None) -> ServiceIterable:
        """Give all documents, or those that match, lazily: pages are read while one iterates."""
        return ServiceIterable(self.table, Query.parse(query))
