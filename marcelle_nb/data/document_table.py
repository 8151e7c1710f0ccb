"""The documents of one service, in rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from marcelle_nb.data.record_rows import below, read_records
from marcelle_nb.data.records import encoded_path
from marcelle_nb.data.sql_conditions import indexed_column, order_keys, where
from marcelle_nb.data.tables import INDEXED_LENGTH, blobs, documents

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from marcelle_nb.data.conditions import Condition, Path
    from marcelle_nb.data.query import Query
    from marcelle_nb.data.records import Record
    from marcelle_nb.data.sql_storage import SqlStorage


@dataclass(frozen=True)
class DocumentTable:
    """Reads and writes the rows of one service, each method within the caller's transaction.

    Attributes
    ----------
    storage : SqlStorage
        Where the rows are.
    service : str
        Whose they are.
    """

    storage: SqlStorage
    service: str

    def count(self, connection: sa.Connection, condition: Condition) -> int:
        """Count documents."""
        found = connection.scalar(self._select(sa.func.count(), condition))
        return int(found or 0)

    def positions(
        self, connection: sa.Connection, query: Query, limit: int | None, *, lock: bool = False
    ) -> list[int]:
        """Give the positions of what a query finds, in its order; `lock` them for a change."""
        statement = self._select(documents.c.position, query.where)
        for path, is_descending in query.sort:
            keys = order_keys(path, self.storage.values)
            statement = statement.order_by(
                *((key.desc() if is_descending else key) for key in keys)
            )
        statement = statement.order_by(documents.c.position)
        if query.skip or limit is not None:
            # SQLite knows an OFFSET only after a LIMIT
            statement = statement.limit(2**62 if limit is None else limit).offset(query.skip)
        if (
            lock
        ):  # SQLite, where a writer is alone, has no such clause, and SQLAlchemy leaves it out
            statement = statement.with_for_update()
        return list(connection.scalars(statement))

    def positions_after(
        self, connection: sa.Connection, condition: Condition, after: int, until: int, limit: int
    ) -> list[int]:
        """Give the next positions in the order of creation, without counting through the rest."""
        statement = self._select(documents.c.position, condition)
        statement = statement.where(documents.c.position > after, documents.c.position <= until)
        return list(connection.scalars(statement.order_by(documents.c.position).limit(limit)))

    def last_of(self, connection: sa.Connection, condition: Condition) -> int | None:
        """Give the position of the last document that matches."""
        found = connection.scalar(self._select(sa.func.max(documents.c.position), condition))
        return None if found is None else int(found)

    def last_position(self, connection: sa.Connection) -> int:
        """Give the highest position there is."""
        found = connection.scalar(sa.select(sa.func.max(documents.c.position)))
        return int(found or 0)

    def records(
        self,
        connection: sa.Connection,
        positions: Sequence[int],
        select: Iterable[Path] | None = None,
        *,
        arrays: bool = True,
    ) -> list[Record]:
        """Read documents in the order of the positions; see `read_records`."""
        return read_records(connection, self.storage.values, positions, select, arrays=arrays)

    def taken_ids(self, connection: sa.Connection, ids: Sequence[str]) -> list[str]:
        """Give those of the ids that documents have."""
        is_one = self.storage.values.one_of_texts(documents.c.id, ids)
        statement = sa.select(documents.c.id).where(documents.c.service == self.service, is_one)
        return list(connection.scalars(statement))

    def insert(
        self, connection: sa.Connection, records: Sequence[Record], positions: Sequence[int]
    ) -> None:
        """Add documents, each at its position."""
        rows = [
            {
                "position": position,
                "service": self.service,
                "id": record.body["id"],
                **_written(record),
            }
            for record, position in zip(records, positions, strict=True)
        ]
        self.storage.insert(connection, documents, rows)
        self._insert_blobs(connection, zip(records, positions, strict=True))

    def replace(
        self,
        connection: sa.Connection,
        changed: Sequence[tuple[int, Record]],
        keys: Collection[str] | None,
    ) -> None:
        """Write documents that were changed.

        Parameters
        ----------
        connection : sqlalchemy.Connection
            In a transaction that writes.
        changed : sequence of (position, record)
            With the new blobs alone.
        keys : collection of str, or None
            Which keys of theirs were; None where all were.
        """
        if not changed:
            return
        statement = (
            sa.update(documents)
            .where(documents.c.position == sa.bindparam("at"))
            .values({name: sa.bindparam(name) for name in ("body", "dataset_name", "label")})
        )
        connection.execute(statement, [{"at": at, **_written(it)} for at, it in changed])
        gone = self.storage.values.one_of_positions(blobs.c.position, [at for at, _ in changed])
        if keys is not None:
            gone = sa.and_(gone, below(keys))
        connection.execute(sa.delete(blobs).where(gone))
        self._insert_blobs(connection, ((record, position) for position, record in changed))

    def delete(self, connection: sa.Connection, positions: Sequence[int]) -> None:
        """Take documents out; their blobs go with them."""
        is_one = self.storage.values.one_of_positions(documents.c.position, positions)
        connection.execute(sa.delete(documents).where(is_one))

    def first_of_each(
        self, connection: sa.Connection, condition: Condition, path: Path
    ) -> list[tuple[int, int]]:
        """Give where each value of a field comes first, in order, and how often it comes."""
        values, column = self.storage.values, indexed_column(path)
        has_value = values.rank(path) > 1
        if column is None:
            found = self._firsts(connection, condition, has_value, values.different(path))
            return sorted((position, count) for position, count, *_ in found)
        # short texts are in an index, and need no look at the documents
        short = self._firsts(connection, condition, sa.true(), [column])
        found = [row for row in short if row[2] is not None]
        if len(found) < len(short):
            is_other = sa.and_(column.is_(None), has_value)
            found += self._firsts(connection, condition, is_other, values.different(path))
        return sorted((position, count) for position, count, *_ in found)

    def _firsts(
        self,
        connection: sa.Connection,
        condition: Condition,
        is_counted: sa.ColumnElement[bool],
        keys: Sequence[sa.ColumnElement[Any]],
    ) -> list[Any]:
        first = sa.func.min(documents.c.position)
        statement = self._select([first, sa.func.count(), keys[0]], condition)
        return list(connection.execute(statement.where(is_counted).group_by(*keys)))

    def _select(self, what: Any, condition: Condition) -> sa.Select[Any]:
        is_one = where(condition, self.storage.values)
        columns = what if isinstance(what, list) else [what]
        return sa.select(*columns).where(documents.c.service == self.service, is_one)

    def _insert_blobs(
        self, connection: sa.Connection, records: Iterable[tuple[Record, int]]
    ) -> None:
        rows = [
            {"position": position, "path": encoded_path(path), "kind": blob.kind, "data": blob.data}
            for record, position in records
            for path, blob in record.blobs.items()
        ]
        self.storage.insert(connection, blobs, rows)


def _written(record: Record) -> dict[str, Any]:
    body = record.body
    return {
        "dataset_name": _indexed(body.get("datasetName")),
        "label": _indexed(body.get("y")),
        "body": record.encoded(),
    }


def _indexed(value: object) -> str | None:
    return value if isinstance(value, str) and len(value) <= INDEXED_LENGTH else None
