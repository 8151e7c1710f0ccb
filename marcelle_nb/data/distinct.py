"""The different values of a field."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from marcelle_nb.data.selection import value_at

if TYPE_CHECKING:
    from collections.abc import Iterable

    from marcelle_nb.data.conditions import Path
    from marcelle_nb.data.records import Record


def counted_values(
    counted: Iterable[tuple[Record, int, int]], path: Path
) -> list[tuple[Any, int, int]]:
    """Give each value once with how often it comes and where first, in the order of the records.

    As a database compares lists and objects by their text, the same may come several times: 1 and
    1.0 are one number, and the order of an object's keys says nothing. Arrays do not count.
    """
    found: dict[str, tuple[Any, int, int]] = {}
    for record, count, position in counted:
        if any(_overlap(path, blob) for blob in record.values):
            continue
        is_there, value = value_at(record.body, path)
        if is_there and value is not None:
            key = json.dumps(_comparable(value), sort_keys=True)
            first, before, at = found.get(key, (value, 0, position))
            found[key] = first, before + count, at
    return list(found.values())


def _overlap(path: Path, blob: tuple[str | int, ...]) -> bool:
    length = min(len(path), len(blob))
    return path[:length] == blob[:length]


def _comparable(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _comparable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_comparable(item) for item in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value + 0.0 if isinstance(value, float) else value  # -0.0 is 0.0
