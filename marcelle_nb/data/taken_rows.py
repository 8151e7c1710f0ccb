"""The rows of documents that were taken out of a service, and may be put back.

They stay where they are, with their arrays, in a service that nobody can name. A note in `meta`
says since when. What nobody can put back any more is thrown away.
"""

from __future__ import annotations

import secrets
import time
from functools import partial
from typing import TYPE_CHECKING

import sqlalchemy as sa

from marcelle_nb.data.tables import documents, meta

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from marcelle_nb.data.sql_storage import SqlStorage

KEPT_S = 24 * 3600.0
"""Of a process that ended without closing its store, rows are thrown away after this time."""

_PREFIX = "taken:"
_LENGTH = 201  # no service has so long a name
_AT_ONCE = 500


def new_key() -> str:
    """Make the name of a service that nobody can ask for."""
    return f"{_PREFIX}{secrets.token_hex(16)}".ljust(_LENGTH, ":")


def is_service(name: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    """Say whether a name is one that users gave."""
    return sa.func.length(name) < _LENGTH


def hide(
    connection: sa.Connection, storage: SqlStorage, positions: Sequence[int], key: str
) -> None:
    """Take rows out of their service."""
    is_one = storage.values.one_of_positions(documents.c.position, positions)
    connection.execute(sa.update(documents).where(is_one).values(service=key))
    connection.execute(sa.insert(meta).values(key=key, value=str(time.time())))


def put_back(connection: sa.Connection, key: str, service: str) -> list[int]:
    """Give rows back to their service, but for those whose ids are there again."""
    there = sa.select(documents.c.id).where(documents.c.service == service)
    is_free = sa.and_(documents.c.service == key, documents.c.id.not_in(there))
    found = sa.select(documents.c.position).where(is_free).order_by(documents.c.position)
    positions = list(connection.scalars(found))
    connection.execute(sa.update(documents).where(is_free).values(service=service))
    return positions


def give_up(connection: sa.Connection, storage: SqlStorage, positions: Sequence[int]) -> None:
    """Delete rows that were taken out, whose places other documents get."""
    is_one = storage.values.one_of_positions(documents.c.position, positions)
    is_taken = sa.not_(is_service(documents.c.service))
    connection.execute(sa.delete(documents).where(is_one, is_taken))


def old_keys(connection: sa.Connection) -> list[str]:
    """Give the keys of rows that were taken long ago."""
    rows = connection.execute(sa.select(meta).where(meta.c.key.startswith(_PREFIX)))
    return [key for key, since in rows if float(since) < time.time() - KEPT_S]


def throw_away(storage: SqlStorage, keys: Iterable[str]) -> None:
    """Delete rows, few at a time, so that other writers get their turns."""
    for key in keys:
        while not storage.write(partial(_delete_some, storage=storage, key=key)):
            continue


def _delete_some(connection: sa.Connection, storage: SqlStorage, key: str) -> bool:
    """Say whether none are left."""
    found = sa.select(documents.c.position).where(documents.c.service == key).limit(_AT_ONCE)
    positions = list(connection.scalars(found))
    is_one = storage.values.one_of_positions(documents.c.position, positions)
    connection.execute(sa.delete(documents).where(is_one))
    if len(positions) < _AT_ONCE:
        connection.execute(sa.delete(meta).where(meta.c.key == key))
    return len(positions) < _AT_ONCE
