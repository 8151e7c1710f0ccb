"""The documents of a service, page by page."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from marcelle_nb.data.lazy_iterable import LazyIterable
from marcelle_nb.data.query import Query, whole_number
from marcelle_nb.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from marcelle_nb.data.document_table import DocumentTable
    from marcelle_nb.data.query import RawQuery
    from marcelle_nb.data.records import Document, Record

PAGE_BYTES = 8_000_000
"""About how much of a page's arrays is in memory at a time."""

_FIRST_PAGE, _LARGEST_PAGE = 50, 1_000

_FIRST_POSITIONS, _POSITIONS = 200, 20_000
"""So many are looked up at a time: without a dataset's name, each look passes all of them."""


class ServiceIterable(LazyIterable[dict[str, Any]]):
    """Documents of a service, read in pages while they are iterated.

    Parameters
    ----------
    table : DocumentTable
        The rows of the service.
    query : Query, optional
        Which documents, in which order.

    Notes
    -----
    An iteration gives what was there when it began, less what was removed before it was read, each
    as it is then. Each document comes once. What is created meanwhile is left out; but for a query
    with `sort`, `skip` or `take`, it comes where its place in the order was taken before the
    iteration began and not passed yet: documents that return to their places, or those of a large
    upload that was under way.
    """

    def __init__(self, table: DocumentTable, query: Query | None = None) -> None:
        super().__init__(self._documents)
        self._table = table
        self._query = query or Query()

    def query(self, query: RawQuery | Query) -> ServiceIterable:
        """Give the documents for which this query holds too; its other parameters replace those."""
        new = Query.parse(query)
        if new.distinct is not None:
            raise BadRequest("$distinct: expected none in a query of documents")
        old = self._query
        return self._with(
            replace(
                new.within(old.where),
                limit=old.limit if new.limit is None else new.limit,
                skip=new.skip or old.skip,
                sort=new.sort or old.sort,
                select=old.select if new.select is None else new.select,
            )
        )

    def skip(self, n: int) -> ServiceIterable:
        """Leave out the first `n` documents; a second call replaces the first."""
        return self._with(replace(self._query, skip=whole_number("skip", n)))

    def take(self, n: int) -> ServiceIterable:
        """Give at most `n` documents; a second call replaces the first."""
        return self._with(replace(self._query, limit=whole_number("take", n)))

    def unlimited(self) -> ServiceIterable:
        """Give all documents for which the query holds, as without `skip` and `take`."""
        return self._with(replace(self._query, skip=0, limit=None))

    def select(self, fields: Sequence[str]) -> ServiceIterable:
        """Give only some fields of each document, and its id."""
        return self._with(
            replace(self._query, select=Query.parse({"$select": list(fields)}).select)
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._table.service!r}>"

    def _with(self, query: Query) -> ServiceIterable:
        return type(self)(self._table, query)

    def _documents(self) -> Iterator[Document]:
        """Read pages until there are no more; in no transaction between them."""
        size = _FIRST_PAGE
        pages = self._by_list() if self._needs_list() else self._by_position()
        next(pages)
        while records := pages.send(size):
            for record in records:
                yield self._query.shown(record.document())
            n_bytes = sum(record.n_bytes for record in records)
            size = max(1, min(4 * size, _LARGEST_PAGE, PAGE_BYTES * len(records) // (n_bytes + 1)))

    def _needs_list(self) -> bool:
        return bool(self._query.sort or self._query.skip) or self._query.limit is not None

    def _by_position(self) -> Generator[list[Record], int, None]:
        """Give a page of the size that is sent, each where the last one ended."""
        table, storage, where = self._table, self._table.storage, self._query.where
        size = yield []
        until, after = storage.read(table.last_position), 0
        n = _FIRST_POSITIONS
        while True:
            found = storage.read(
                partial(table.positions_after, condition=where, after=after, until=until, limit=n)
            )
            if not found:
                break
            after, n = found[-1], _POSITIONS
            size = yield from self._pages(found, size)
        yield []

    def _by_list(self) -> Generator[list[Record], int, None]:
        """Give pages out of the list of all positions, which is made at the beginning."""
        table, storage, query = self._table, self._table.storage, self._query
        size = yield []
        yield from self._pages(
            storage.read(lambda it: table.positions(it, query, query.limit)), size
        )
        yield []

    def _pages(self, positions: list[int], size: int) -> Generator[list[Record], int, int]:
        """Give pages out of a list of positions, and the size that was sent last."""
        table, select = self._table, self._query.reads
        while positions:
            page, positions = positions[:size], positions[size:]
            records = table.storage.read(partial(table.records, positions=page, select=select))
            if records:  # else all of them were removed meanwhile
                size = yield records
        return size
