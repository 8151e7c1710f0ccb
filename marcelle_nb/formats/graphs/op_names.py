"""Lists of operations, written as text with blanks between the names."""

from __future__ import annotations


def op_names(text: str) -> frozenset[str]:
    """Give the names in a text."""
    return frozenset(text.split())
