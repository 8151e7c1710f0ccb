"""The table of changes, from which other processes learn what happened."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from marcelle_nb.data.tables import changes, meta

if TYPE_CHECKING:
    from collections.abc import Sequence

    from marcelle_nb.data.records import Document
    from marcelle_nb.data.service_change import ChangeKind
    from marcelle_nb.data.sql_storage import SqlStorage

KEPT_S = 24 * 3600.0
KEPT_ROWS = 100_000
"""What a listener can be away for and still miss nothing."""

PRUNED = "pruned"
"""The key in `meta` of the newest change that was thrown away."""

_EACH = 500
"""One of so many changes looks what is old; chance decides, as processes come and go."""

_LONGEST_BODY = 4_000
_LONGEST_TEXT = 300
_MANY = 1_000


def add(
    connection: sa.Connection,
    storage: SqlStorage,
    service: str,
    kind: ChangeKind,
    documents: Sequence[Document],
) -> None:
    """Note a change of one or many documents, as the last of the transaction that makes it.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        In a transaction that writes.
    storage : SqlStorage
        Where.
    service : str
        Whose documents.
    kind : str
        What was done to them.
    documents : sequence of dict
        Without arrays; of those that are still there, the id is enough.
    """
    row: dict[str, Any] = {
        "service": service,
        "kind": kind,
        "ids": json.dumps([document["id"] for document in documents], ensure_ascii=False),
        "origin": storage.origin,
    }
    if kind == "removed":
        row["removed"] = json.dumps(_short_ones(documents), ensure_ascii=False)
    insert, now = sa.insert(changes), storage.clock()
    if isinstance(now, float):  # built once for all, which saves a good part of the time
        row["time"] = now
    else:
        insert = insert.values(time=now)
    connection.execute(insert, row | storage.first_number())
    storage.announce(connection)
    if not secrets.randbelow(_EACH):
        prune(connection, storage)


def prune(connection: sa.Connection, storage: SqlStorage) -> None:
    """Throw away what is older than a day, and all but the newest 100,000."""
    storage.stay_alone(connection)
    newest = connection.scalar(sa.select(sa.func.max(changes.c.number)))
    is_old = sa.and_(
        changes.c.number > 0,
        sa.or_(changes.c.time < storage.clock() - KEPT_S, changes.c.number <= newest - KEPT_ROWS),
    )
    gone = connection.scalar(sa.select(sa.func.max(changes.c.number)).where(is_old))
    if gone is None:
        return
    connection.execute(sa.delete(changes).where(is_old))
    connection.execute(sa.delete(meta).where(meta.c.key == PRUNED))
    connection.execute(sa.insert(meta).values(key=PRUNED, value=str(gone)))


def _short_ones(documents: Sequence[Document]) -> list[Document]:
    """Leave out what a listener does not need to know of documents that are gone."""
    if len(documents) <= _MANY:
        return [_short(document) for document in documents]
    return [{key: it[key] for key in ("datasetName", "id") if key in it} for it in documents]


def _short(document: Document) -> Document:
    if len(json.dumps(document)) <= _LONGEST_BODY:
        return document
    return {
        key: document[key] for key in document if key == "datasetName" or _is_short(document[key])
    }


def _is_short(value: Any) -> bool:
    return not isinstance(value, dict | list) and len(str(value)) <= _LONGEST_TEXT
