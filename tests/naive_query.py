"""What a query means, in plain Python, as slowly as one likes: stores are tested against it."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

MISSING = object()
RELATIONS: dict[str, Callable[[Any, Any], bool]] = {
    "$lt": operator.lt,
    "$lte": operator.le,
    "$gt": operator.gt,
    "$gte": operator.ge,
}
PARAMETERS = {"$limit", "$skip", "$sort", "$select", "$distinct"}


def find(documents: list[dict[str, Any]], query: dict[str, Any]) -> Any:
    """Answer a query about documents in their order of creation."""
    found = [it for it in documents if matches(it, query)]
    if "$distinct" in query:
        return distinct([at(it, query["$distinct"]) for it in found])
    total = len(found)
    for field, direction in reversed(query.get("$sort", {}).items()):
        found = ordered_by(found, field, reverse=direction == -1)
    limit = min(query.get("$limit", 100), 1000)
    found = found[query.get("$skip", 0) :][:limit]
    if "$select" in query:
        found = [part_of(it, [*query["$select"], "id"]) for it in found]
    return {"total": total, "limit": limit, "skip": query.get("$skip", 0), "data": found}


def ordered_by(found: list[dict[str, Any]], field: str, *, reverse: bool) -> list[dict[str, Any]]:
    return sorted(found, key=lambda it: rank(at(it, field)), reverse=reverse)


def matches(document: dict[str, Any], query: dict[str, Any]) -> bool:
    for key, wanted in query.items():
        if key in PARAMETERS:
            continue
        if key == "$or":
            holds = any(matches(document, it) for it in wanted)
        elif key == "$and":
            holds = all(matches(document, it) for it in wanted)
        elif key == "$not":
            holds = not matches(document, wanted)
        else:
            holds = satisfies(at(document, key), wanted)
        if not holds:
            return False
    return True


def satisfies(value: Any, wanted: Any) -> bool:
    if not isinstance(wanted, dict):
        return equal(value, wanted)
    return all(operator_holds(value, name, wanted[name]) for name in wanted)


def operator_holds(value: Any, name: str, wanted: Any) -> bool:  # noqa: PLR0911 a table
    if name == "$not":
        return not satisfies(value, wanted)
    if name == "$ne":
        return not equal(value, wanted)
    if name == "$in":
        return any(equal(value, it) for it in wanted)
    if name == "$nin":
        return not any(equal(value, it) for it in wanted)
    if wanted is None:
        return name in ("$lte", "$gte") and kind(value) == "none"
    if kind(value) != kind(wanted):
        return False
    return RELATIONS[name](ordered(value), ordered(wanted))


def equal(value: Any, wanted: Any) -> bool:
    if kind(value) != kind(wanted):
        return False
    return kind(value) == "none" or ordered(value) == ordered(wanted)


def kind(value: Any) -> str:
    if value is None or value is MISSING:
        return "none"
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | float):
        return "number"
    return "text" if isinstance(value, str) else "container"


def ordered(value: Any) -> Any:
    if isinstance(value, str):
        return [ord(character) for character in value]
    return float(value) if kind(value) == "number" else value


def rank(value: Any) -> tuple[int, Any]:
    if value is MISSING:
        return (0, 0)
    places = {"none": 1, "bool": 2, "number": 3, "text": 4, "container": 5}
    place = places[kind(value)]
    return (place, ordered(value) if place in (2, 3, 4) else 0)


def at(document: Any, field: str) -> Any:
    for key in field.split("."):
        if not isinstance(document, dict) or key not in document:
            return MISSING
        document = document[key]
    return document


def distinct(values: list[Any]) -> list[Any]:
    result: list[Any] = []
    for value in values:
        if kind(value) != "none" and not any(same(value, it) for it in result):
            result.append(value)
    return result


def same(a: Any, b: Any) -> bool:
    """Compare whole values, where 1 is 1.0 and not True."""
    if kind(a) != kind(b) or isinstance(a, list) != isinstance(b, list):
        return False
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    return bool(a == b)


def part_of(document: dict[str, Any], fields: list[str]) -> dict[str, Any]:
    """Keep only the fields, nested as they were."""
    result: dict[str, Any] = {}
    for key, value in document.items():
        below = [it[len(key) + 1 :] for it in fields if it.startswith(key + ".")]
        if "." not in key and key in fields:
            result[key] = value
        elif "." not in key and below and isinstance(value, dict):
            part = part_of(value, below)
            if part:
                result[key] = part
    return result
