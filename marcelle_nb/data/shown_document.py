"""A document or an instance that shows itself in a few lines."""

from __future__ import annotations

from typing import Any

from marcelle_nb.data.short_repr import short_repr


class ShownDocument(dict[str, Any]):
    """A dictionary that differs from a plain one in its `repr` alone, which shows no long values.

    Copies and pickles of it are plain dictionaries; it is equal to one, and JSON writes it as one.
    """

    def __repr__(self) -> str:
        return short_repr(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (dict(self),)
