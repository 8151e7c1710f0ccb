"""How PostgreSQL reads the values in a document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSON

from marcelle_nb.data.tables import documents

if TYPE_CHECKING:
    from collections.abc import Sequence

    from marcelle_nb.data.conditions import Path


class PostgreSQLValues:
    """Expressions for the value at a path in `documents.body`; NULL where it is of another type."""

    def rank(self, path: Path) -> sa.ColumnElement[int]:
        """Give the place of the value's type in a sorted list; 0 where there is no value."""
        ranks = {"null": 1, "boolean": 2, "number": 3, "string": 4}
        kind = _kind(path)
        return sa.case((kind.is_(None), 0), (sa.true(), sa.case(ranks, value=kind, else_=5)))

    def text(self, path: Path) -> sa.ColumnElement[str]:
        """Give a text."""
        return sa.case((_kind(path) == "string", _unquoted(path)))

    def number(self, path: Path) -> sa.ColumnElement[float]:
        """Give a number."""
        # in a CASE, so that a text is never read as one
        return sa.case((_kind(path) == "number", sa.cast(_unquoted(path), sa.Double())))

    def truth(self, path: Path) -> sa.ColumnElement[int]:
        """Give 1 for True and 0 for False."""
        is_true = sa.case((_unquoted(path) == "true", 1), else_=0)
        return sa.case((_kind(path) == "boolean", is_true))

    def different(self, path: Path) -> list[sa.ColumnElement[Any]]:
        """Give what tells different values apart; lists and objects by their JSON."""
        is_container = _kind(path).in_(["array", "object"])
        container = sa.case((is_container, sa.cast(_at(path), sa.Text())))
        text = self.by_code_point(self.text(path))
        return [self.rank(path), self.truth(path), self.number(path), text, container]

    def one_of_texts(self, value: sa.ColumnElement[str], texts: Sequence[str]) -> Any:
        """Say whether a text is one of a list, which is one bound value."""
        return value == sa.func.any(sa.literal(list(texts), ARRAY(sa.Text())))

    def one_of_numbers(self, value: sa.ColumnElement[Any], numbers: Sequence[float]) -> Any:
        """Say whether a number is one of a list, which is one bound value."""
        return value == sa.func.any(sa.literal(list(map(float, numbers)), ARRAY(sa.Double())))

    def one_of_positions(self, value: sa.ColumnElement[int], positions: Sequence[int]) -> Any:
        """Say whether a row's position is one of a list, which is one bound value."""
        return value == sa.func.any(sa.literal(list(positions), ARRAY(sa.BigInteger())))

    def by_code_point(self, value: sa.ColumnElement[str]) -> sa.ColumnElement[str]:
        """Give a text that is compared by code point, whatever the database's own order."""
        return sa.collate(value, "C")

    def aside(self, column: sa.Column[Any]) -> sa.ColumnElement[Any]:
        """Give the column itself: PostgreSQL has statistics, and chooses by them."""
        return column


def _at(path: Path) -> sa.ColumnElement[Any]:
    # a key of type text finds nothing in a list, where `#>` would count
    found: Any = sa.cast(documents.c.body, JSON())
    for key in path:
        found = found.op("->", return_type=JSON())(sa.literal(key, sa.Text()))
    at: sa.ColumnElement[Any] = found
    return at


def _kind(path: Path) -> sa.ColumnElement[str]:
    return sa.func.json_typeof(_at(path), type_=sa.Text())


def _unquoted(path: Path) -> sa.ColumnElement[str]:
    whole = sa.literal([], ARRAY(sa.Text()))
    text: sa.ColumnElement[str] = _at(path).op("#>>", return_type=sa.Text())(whole)
    return text
