"""The parts of a document that a path leads to, or that `$select` names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from marcelle_nb.data.conditions import Path


def selected(document: dict[str, Any], paths: Iterable[Path]) -> dict[str, Any]:
    """Give the parts at the paths, nested as they were, and always the id."""
    wanted: dict[str, Any] = {"id": None}
    for path in paths:
        _add(wanted, path)
    return _parts(document, wanted)


def value_at(document: Any, path: Path) -> tuple[bool, Any]:
    """Follow a path; the first tells whether something is there."""
    for key in path:
        if not isinstance(document, dict) or key not in document:
            return False, None
        document = document[key]
    return True, document


def _add(wanted: dict[str, Any], path: Path) -> None:
    """Note a path in a tree; None in it stands for all that is below."""
    for key in path[:-1]:
        below = wanted.setdefault(key, {})
        if below is None:
            return
        wanted = below
    wanted[path[-1]] = None


def _parts(document: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    result = {}
    for key, value in document.items():
        if key not in wanted:
            continue
        below = wanted[key]
        if below is None:
            result[key] = value
        elif isinstance(value, dict) and (parts := _parts(value, below)):
            result[key] = parts
    return result
