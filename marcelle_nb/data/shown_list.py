"""A list of ids, documents or instances that shows itself in a few lines."""

from __future__ import annotations

from typing import Any, TypeVar

from marcelle_nb.data.short_repr import short_repr

T = TypeVar("T")


class ShownList(list[T]):
    """A list that differs from a plain one in its `repr` alone, which shows only the first items.

    Copies and pickles of it are plain lists; it is equal to one, and JSON writes it as one.
    """

    def __repr__(self) -> str:
        return short_repr(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return list, (list(self),)
