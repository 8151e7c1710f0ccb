"""Short forms of documents for the eyes: a notebook shows what a cell's last line gives."""

from __future__ import annotations

from itertools import islice
from typing import Any

import numpy as np

MAX_ITEMS = 10
"""Of longer lists the first ones are shown, and how many there are."""

_MAX_KEYS = 50
"""All keys of a document are of interest."""

_FIRST = 5
_MAX_TEXT = 80
_FIRST_TEXT = 40
_MAX_DEPTH = 4
_WIDTH = 100


def short_repr(value: Any, depth: int = 0) -> str:
    """Write a value as `repr` does, without the numbers of arrays and what is long."""
    if isinstance(value, np.ndarray):
        return f"<array of {' × '.join(map(str, value.shape)) or 'no'} {value.dtype}>"
    if isinstance(value, str) and len(value) > _MAX_TEXT:
        return f"{value[:_FIRST_TEXT]!r}… ({len(value):,} characters)"
    if isinstance(value, dict):
        shown = islice(value.items(), _count(len(value), depth, _MAX_KEYS))
        pairs = [f"{key!r}: {short_repr(it, depth + 1)}" for key, it in shown]
        return _joined("{", pairs, len(value), "}", depth)
    if isinstance(value, list | tuple):
        some = value[: _count(len(value), depth, MAX_ITEMS)]
        items = [short_repr(it, depth + 1) for it in some]
        ends = ("[", "]") if isinstance(value, list) else ("(", ")")
        return _joined(ends[0], items, len(value), ends[1], depth)
    text = repr(value)
    return text if len(text) <= 2 * _MAX_TEXT else f"{text[:_MAX_TEXT]}…"


def _count(n: int, depth: int, most: int) -> int:
    """Say how many of `n` are shown."""
    return 0 if depth >= _MAX_DEPTH else n if n <= most else _FIRST


def _joined(begin: str, parts: list[str], n: int, end: str, depth: int) -> str:
    if len(parts) < n:
        parts = [*parts, f"… {n - len(parts):,} more" if parts else f"… {n:,}"]
    lines = [""]
    for number, part in enumerate(parts, 1):
        text = part + ("," if number < len(parts) else "")
        is_full = len(lines[-1]) + len(text) + depth > _WIDTH
        if lines[-1] and (is_full or "\n" in text or "\n" in lines[-1]):
            lines.append(text)
        else:
            lines[-1] += f" {text}" if lines[-1] else text
    return begin + f"\n{' ' * (depth + 1)}".join(lines) + end
