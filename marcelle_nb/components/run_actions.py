"""The buttons that somebody has added to a table of runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MAX_ACTIONS = 20
MAX_NAME = 200


def run_actions(actions: Any) -> list[dict[str, Any]]:
    """Check actions: names, or dictionaries with `name` and, perhaps, `multiple`.

    Returns
    -------
    list of dict
        `name` and `multiple`.

    Raises
    ------
    TypeError, ValueError
        If one is none of this, or a name is there twice.
    """
    if isinstance(actions, str | Mapping) or not hasattr(actions, "__iter__"):
        raise TypeError(f"actions: expected a list of names, got {actions!r:.80}")
    given = [_action(place, action) for place, action in enumerate(actions)]
    if len({action["name"] for action in given}) < len(given):
        raise ValueError(f"actions: expected each name once, got {list(actions)!r:.80}")
    if len(given) > MAX_ACTIONS:
        raise ValueError(f"actions: expected at most {MAX_ACTIONS}, got {len(given)}")
    return given


def _action(place: int, action: Any) -> dict[str, Any]:
    given = action if isinstance(action, Mapping) else {"name": action}
    name, multiple = given.get("name"), given.get("multiple", False)
    unknown = [key for key in given if key not in ("name", "multiple")]
    if not isinstance(name, str) or not isinstance(multiple, bool) or unknown:
        raise TypeError(
            f"actions[{place}]: expected a name, or a dictionary of `name` and `multiple`, got"
            f" {action!r:.80}"
        )
    if not 1 <= len(name) <= MAX_NAME:
        raise ValueError(f"actions[{place}]: expected 1 to {MAX_NAME} characters, got {len(name)}")
    return {"name": name, "multiple": multiple}
