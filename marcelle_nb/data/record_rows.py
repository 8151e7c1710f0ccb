"""Documents out of the rows of the tables, with the arrays beside them."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import sqlalchemy as sa

from marcelle_nb.data.blobs import unpacked
from marcelle_nb.data.records import Record, encoded_path
from marcelle_nb.data.tables import blobs, documents
from marcelle_nb.errors import GeneralError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from marcelle_nb.data.conditions import Path
    from marcelle_nb.data.json_values import BlobPath
    from marcelle_nb.data.sql_conditions import JSONValues

T = TypeVar("T")

_CHUNK = 1_000


def read_records(
    connection: sa.Connection,
    values: JSONValues,
    positions: Sequence[int],
    select: Iterable[Path] | None = None,
    *,
    arrays: bool = True,
) -> list[Record]:
    """Read documents in the order of the positions.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        In a transaction.
    values : JSONValues
        How this database compares.
    positions : sequence of int
        Where they are; what is not there any more is left out.
    select : iterable of path, optional
        Which fields are needed: only their arrays and thumbnails are read.
    arrays : bool
        Whether any are; where not, the records note in which fields there are some.

    Raises
    ------
    GeneralError
        If a row is damaged.
    """
    keys = None if select is None else {path[0] for path in select}
    found: dict[int, Record] = {}
    for chunk in chunks(positions):
        _read_bodies(connection, values, chunk, found)
        if arrays:
            _read_blobs(connection, values, chunk, keys, found)
        else:
            _note_blobs(connection, values, chunk, found)
    return [found[position] for position in positions if position in found]


def check_found(records: Sequence[Record], positions: Sequence[int]) -> None:
    """Raise where a row is missing that was there a moment ago, in the same transaction."""
    if len(records) != len(positions):
        raise GeneralError(
            f"documents: expected {len(positions)} rows that an index names, got {len(records)}:"
            " the file is damaged: go back to a backup"
        )


def chunks(many: Sequence[T]) -> Iterator[Sequence[T]]:
    """Take many positions, or ids, a thousand at a time."""
    for start in range(0, len(many), _CHUNK):
        yield many[start : start + _CHUNK]


def below(keys: Collection[str]) -> sa.ColumnElement[bool]:
    """Say whether a blob is in one of the fields."""
    conditions = []
    for key in keys:
        path = encoded_path((key,))
        start = path[:-1] + ","
        # not LIKE, to which upper and lower case are the same on SQLite
        is_inside = sa.func.substr(blobs.c.path, 1, len(start)) == start
        conditions.append(sa.or_(blobs.c.path == path, is_inside))
    return sa.or_(sa.false(), *conditions)


def _read_bodies(
    connection: sa.Connection,
    values: JSONValues,
    positions: Sequence[int],
    found: dict[int, Record],
) -> None:
    columns = documents.c.position, documents.c.id, documents.c.body
    is_one = values.one_of_positions(documents.c.position, positions)
    for position, id_, text in connection.execute(sa.select(*columns).where(is_one)):
        try:
            body = json.loads(text)
        except (TypeError, ValueError):
            body = None
        if not isinstance(body, dict) or body.get("id") != id_:
            raise GeneralError(
                f"document {id_!a:.100}: expected a whole one, its row is damaged:"
                " go back to a backup"
            )
        found[position] = Record(body, n_bytes=500 + 5 * len(text))


def _read_blobs(
    connection: sa.Connection,
    values: JSONValues,
    positions: Sequence[int],
    keys: Collection[str] | None,
    found: dict[int, Record],
) -> None:
    is_one = values.one_of_positions(blobs.c.position, positions)
    if keys is not None:
        if not keys:
            return
        is_one = sa.and_(is_one, below(keys))
    columns = blobs.c.position, blobs.c.path, blobs.c.kind, blobs.c.data
    for position, path, kind, data in connection.execute(sa.select(*columns).where(is_one)):
        value = unpacked(kind, data)
        found[position].values[_decoded_path(path)] = value
        found[position].n_bytes += value.nbytes if isinstance(value, np.ndarray) else len(value)


def _note_blobs(
    connection: sa.Connection,
    values: JSONValues,
    positions: Sequence[int],
    found: dict[int, Record],
) -> None:
    is_one = values.one_of_positions(blobs.c.position, positions)
    columns = blobs.c.position, blobs.c.path  # which an index holds: no bytes are read
    for position, path in connection.execute(sa.select(*columns).where(is_one)):
        found[position].left_out.add(_decoded_path(path)[0])


def _decoded_path(text: str) -> BlobPath:
    path: Any = None
    with suppress(TypeError, ValueError):
        path = json.loads(text)
    if not isinstance(path, list) or not path:
        raise GeneralError(f"array: expected a path, got {text!a:.100}: its row is damaged")
    return tuple(path)
