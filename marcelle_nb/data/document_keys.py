"""The keys of a document that a service sets itself: its id, and the dates of its changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, TypeGuard

from marcelle_nb.data.conditions import EVERYTHING, All, Compare, Condition
from marcelle_nb.data.json_values import checked_text
from marcelle_nb.data.object_id import new_id
from marcelle_nb.data.records import Document, Record
from marcelle_nb.errors import BadRequest, NotFound

OWN_KEYS = ("id", "createdAt", "updatedAt")

_MILLISECOND = timedelta(milliseconds=1)

MAX_ID = 200
"""How many characters an id has at most."""


def new_record(given: Any, now: str, what: str) -> Record:
    """Check a document that is to be created, and give it its keys."""
    record = Record.of(given, what)
    given_id = record.body.get("id")
    own = new_id() if given_id is None else _checked_id(given_id, what)
    record.body |= {"createdAt": now, "updatedAt": now, "id": own}
    return record


def returning_record(given: Any, now: str, what: str) -> Record:
    """Check a document that is to be put back, and keep its keys."""
    record = Record.of(given, what)
    for key in ("createdAt", "updatedAt"):
        record.body.setdefault(key, now)
    record.body["id"] = _checked_id(record.body.get("id"), what)
    return record


def replaced(before: Document, new: Record) -> Record:
    """Give a document other contents."""
    dates = {"createdAt": before.get("createdAt"), "updatedAt": _after(before)}
    body = without_own_keys(new.body) | dates | {"id": before["id"]}
    return Record(body, new.blobs, new.values)


def patched(before: Document, changes: Record) -> Record:
    """Give a document other values of some keys."""
    body = before | without_own_keys(changes.body) | {"updatedAt": _after(before)}
    return Record(body, changes.blobs, changes.values)


def without_own_keys(body: Document) -> Document:
    """Leave out what users cannot set."""
    return {key: value for key, value in body.items() if key not in OWN_KEYS}


def with_id(id: object, where: Condition = EVERYTHING) -> Condition:
    """Give the condition for one document, which must match another condition too."""
    is_one = Compare(("id",), "eq", id if _is_id(id) else "")  # no document has the id ""
    return is_one if where == EVERYTHING else All((is_one, where))


def not_found(id: object) -> NotFound:
    """Make the error for an id that no document has."""
    return NotFound(f"No record found for id {id!a:.100}")


def check_same_id(body: Document, id: object) -> None:
    """Refuse a change that says another id; id None stands for several documents."""
    if "id" in body and body["id"] != id:
        raise BadRequest(f"id: expected {id!a:.100}, which cannot change, got {body['id']!a:.100}")


def now() -> str:
    """Write the time as JavaScript's `toISOString` does."""
    return _written(datetime.now(UTC))


def _after(before: Document) -> str:
    """Write the time, or one just after the last change: each shows, whatever the clocks say."""
    last, time = before.get("updatedAt"), now()
    if not isinstance(last, str) or time > last:
        return time
    try:
        return _written((datetime.fromisoformat(last) + _MILLISECOND).astimezone(UTC))
    except (ValueError, OverflowError):  # another client wrote something else
        return last


def _written(time: datetime) -> str:
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _is_id(id: object) -> TypeGuard[str]:
    if not isinstance(id, str) or not 1 <= len(id) <= MAX_ID:
        return False
    try:
        checked_text(id, "id")
    except BadRequest:
        return False
    return True


def _checked_id(id: object, what: str) -> str:
    if not _is_id(id):
        raise BadRequest(
            f"{what}: id: expected a text of 1 to {MAX_ID} characters, got {id!a:.100}"
        )
    return id
