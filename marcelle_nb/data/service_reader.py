"""What is asked of one collection of documents in a store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marcelle_nb.data.distinct import counted_values
from marcelle_nb.data.document_keys import not_found, with_id
from marcelle_nb.data.query import Query, path_of
from marcelle_nb.data.selection import selected
from marcelle_nb.data.service_iterable import ServiceIterable

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
            return [value for value, _ in self._counts(parsed.distinct, parsed.where)]

        def read(connection: Connection) -> tuple[int, list[Record]]:
            total = self.table.count(connection, parsed.where)
            if not parsed.page_size:
                return total, []
            positions = self.table.positions(connection, parsed, parsed.page_size)
            return total, self.table.records(connection, positions, parsed.select)

        total, records = self._storage.read(read)
        data = [_shown(record, parsed) for record in records]
        return {"total": total, "limit": parsed.page_size, "skip": parsed.skip, "data": data}

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
        where = Query.parse(query).only_where("counts")
        return self._counts(path_of(field, "counts"), where)

    def _counts(self, path: Path, where: Condition) -> list[tuple[Any, int]]:
        def read(connection: Connection) -> list[tuple[Record, int]]:
            found = self.table.first_of_each(connection, where, path)
            records = self.table.records(connection, [position for position, _ in found], [path])
            return [(record, n) for record, (_, n) in zip(records, found, strict=True)]

        return counted_values(self._storage.read(read), path)

    def get(self, id: str, query: RawQuery | Query | None = None) -> Document:
        """Give one document; `NotFound` where there is none, or it does not match the query."""
        parsed = Query.parse(query)
        where = with_id(id, parsed.where)

        def read(connection: Connection) -> list[Record]:
            positions = self.table.positions(connection, Query(where), 1)
            return self.table.records(connection, positions, parsed.select)

        records = self._storage.read(read)
        if not records:
            raise not_found(id)
        return _shown(records[0], parsed)

    def items(self, query: RawQuery | Query | None = None) -> ServiceIterable:
        """Give all documents, or those that match, lazily: pages are read while one iterates."""
        return ServiceIterable(self.table, Query.parse(query))


def _shown(record: Record, query: Query) -> Document:
    document = record.document()
    return document if query.select is None else selected(document, query.select)
