"""The rows of documents that were taken out of a service, and may be put back.

They stay where they are, with their arrays, in a service that nobody can name. A note in `meta`
says when somebody held them last, by the database's clock: those of its clients may be wrong. What
nobody can put back any more is thrown away.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

import sqlalchemy as sa

from marcelle_nb.data.tables import documents, meta
from marcelle_nb.errors import NotFound, StoreError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from marcelle_nb.data.sql_storage import SqlStorage

KEPT_S = 7 * 24 * 3600.0
"""Of a process that ended without closing its store, rows are thrown away after this time.

A living one says every now and then that it holds them, but not while its machine sleeps.
"""

_GIVEN_UP = "0"
"""Stands in the place of the time of what is being thrown away."""

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
    connection.execute(sa.insert(meta).values(key=key, value=_since(storage)))


def renew(connection: sa.Connection, storage: SqlStorage, keys: Iterable[str]) -> bool:
    """Note that somebody still holds rows, and say whether all are there."""
    found = True
    for key in keys:
        is_kept = sa.and_(meta.c.key == key, meta.c.value != _GIVEN_UP)
        done = connection.execute(sa.update(meta).where(is_kept).values(value=_since(storage)))
        found = found and done.rowcount == 1
    return found


def put_back(connection: sa.Connection, key: str, service: str) -> list[int]:
    """Give rows back to their service, but for those whose ids are there again.

    Raises
    ------
    NotFound
        If they were thrown away.
    """
    note = sa.select(meta.c.value).where(meta.c.key == key).with_for_update()
    if connection.scalar(note) in (None, _GIVEN_UP):
        raise NotFound(
            "what was taken out: expected it to be there, but it was thrown away, as nothing was"
            f" heard of this process for {KEPT_S / 86_400:.3g} days"
        )
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


def throw_away(storage: SqlStorage, keys: Iterable[str]) -> None:
    """Delete rows, few at a time, so that other writers get their turns."""
    for key in keys:
        while not storage.write(partial(_delete_some, storage=storage, key=key)):
            continue


def throw_away_old(storage: SqlStorage) -> None:
    """Delete what no living process holds; where there is nothing, only read."""
    for key, since in storage.read(partial(_old, storage=storage)):
        with suppress(StoreError):  # of a store that may not be written
            if storage.write(partial(_give_up_key, key=key, since=since)):
                throw_away(storage, [key])


def _since(storage: SqlStorage) -> sa.ColumnElement[str]:
    return sa.cast(storage.clock(), sa.Text())


def _old(connection: sa.Connection, storage: SqlStorage) -> list[tuple[str, str]]:
    """Give the keys of rows that were noted long ago, with when."""
    rows = connection.execute(sa.select(meta).where(meta.c.key.startswith(_PREFIX))).all()
    if not rows:
        return []
    now = connection.scalar(sa.select(sa.cast(storage.clock(), sa.Double())))
    return [(key, since) for key, since in rows if float(since) < float(now or 0) - KEPT_S]


def _give_up_key(connection: sa.Connection, key: str, since: str | None = None) -> bool:
    """Note that rows are thrown away, unless they were renewed; then nobody can put them back."""
    is_one = sa.and_(meta.c.key == key, sa.true() if since is None else meta.c.value == since)
    return connection.execute(sa.update(meta).where(is_one).values(value=_GIVEN_UP)).rowcount == 1


def _delete_some(connection: sa.Connection, storage: SqlStorage, key: str) -> bool:
    """Say whether none are left."""
    _give_up_key(connection, key)
    found = sa.select(documents.c.position).where(documents.c.service == key).limit(_AT_ONCE)
    positions = list(connection.scalars(found))
    is_one = storage.values.one_of_positions(documents.c.position, positions)
    # asked again: another process may just have put them back
    connection.execute(sa.delete(documents).where(is_one, documents.c.service == key))
    if len(positions) < _AT_ONCE:
        connection.execute(sa.delete(meta).where(meta.c.key == key))
    return len(positions) < _AT_ONCE
