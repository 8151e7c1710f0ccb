"""How SQLite reads the values in a document."""

from __future__ import annotations

import json
import random
import re
import struct
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.sql.operators import custom_op

from marcelle_nb.data.selection import value_at
from marcelle_nb.data.tables import documents

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from marcelle_nb.data.conditions import Path

T = TypeVar("T")

_PLAIN_KEY = re.compile(r"""[^"\\\x00-\x1f\x7f]+""")
"""Keys that every release of SQLite finds alike; others are written with escapes in JSON."""

_RANKS = {
    "null": 1,
    **dict.fromkeys(("true", "false", "bool"), 2),
    **dict.fromkeys(("integer", "real", "number"), 3),
    "text": 4,
    **dict.fromkeys(("array", "object"), 5),
}

_KINDS = {type(None): "null", bool: "bool", int: "number", float: "number", str: "text"}


class SQLiteValues:
    """Expressions for the value at a path in `documents.body`; NULL where it is of another type.

    Parameters
    ----------
    exact : bool
        Whether this SQLite reads doubles as Python does. Where not, and for keys that releases find
        differently, functions in Python take over.
    """

    def __init__(self, *, exact: bool = True) -> None:
        self._exact = exact

    def rank(self, path: Path) -> sa.ColumnElement[int]:
        """Give the place of the value's type in a sorted list; 0 where there is no value."""
        return sa.case(_RANKS, value=self._kind(path), else_=0)

    def text(self, path: Path) -> sa.ColumnElement[str]:
        """Give a text."""
        return self._if(path, ["text"], sa.Text())

    def number(self, path: Path) -> sa.ColumnElement[float]:
        """Give a number."""
        return self._if(path, ["integer", "real", "number"], sa.Double())

    def truth(self, path: Path) -> sa.ColumnElement[int]:
        """Give 1 for True and 0 for False."""
        return self._if(path, ["true", "false", "bool"], sa.Integer())

    def different(self, path: Path) -> list[sa.ColumnElement[Any]]:
        """Give what tells different values apart; lists and objects by their JSON."""
        return [self.rank(path), self._value(path, sa.types.NullType())]

    def one_of_texts(self, value: sa.ColumnElement[str], texts: Sequence[str]) -> Any:
        """Say whether a text is one of a list, which is one bound value."""
        return value.in_(_listed(list(texts)))

    def one_of_numbers(self, value: sa.ColumnElement[Any], numbers: Sequence[float]) -> Any:
        """Say whether a number is one of a list, which is one bound value."""
        return value.in_(_listed(list(numbers)))

    def one_of_positions(self, value: sa.ColumnElement[int], positions: Sequence[int]) -> Any:
        """Say whether a row's position is one of a list, which is one bound value."""
        return value.in_(_listed(list(positions)))

    def by_code_point(self, value: sa.ColumnElement[str]) -> sa.ColumnElement[str]:
        """Give a text that is compared by code point, as SQLite compares all."""
        return value

    def aside(self, column: sa.Column[Any]) -> sa.ColumnElement[Any]:
        """Give a column after a plus, for which SQLite asks no index.

        Without statistics, it takes any index on a value for better than one on a list of ids.
        """
        return sa.UnaryExpression(column, operator=custom_op("+"), type_=column.type)

    def _if(
        self, path: Path, kinds: list[str], type_: sa.types.TypeEngine[T]
    ) -> sa.ColumnElement[T]:
        return sa.case((self._kind(path).in_(kinds), self._value(path, type_)))

    def _kind(self, path: Path) -> sa.ColumnElement[str]:
        if self._is_plain(path):
            return sa.func.json_type(documents.c.body, _json_path(path), type_=sa.Text())
        return sa.func.marcelle_kind(documents.c.body, json.dumps(path), type_=sa.Text())

    def _value(self, path: Path, type_: sa.types.TypeEngine[T]) -> sa.ColumnElement[T]:
        if self._is_plain(path):
            return sa.func.json_extract(documents.c.body, _json_path(path), type_=type_)
        return sa.func.marcelle_value(documents.c.body, json.dumps(path), type_=type_)

    def _is_plain(self, path: Path) -> bool:
        return self._exact and all(map(_PLAIN_KEY.fullmatch, path))


def add_functions(connection: sqlite3.Connection) -> None:
    """Give a connection the functions that read values where SQLite itself should not."""
    connection.create_function("marcelle_kind", 2, _kind_at, deterministic=True)
    connection.create_function("marcelle_value", 2, _value_at, deterministic=True)


def reads_doubles_exactly(connection: sqlite3.Connection) -> bool:
    """Say whether this SQLite turns text into the nearest double, as not every release does."""
    source = random.Random(0)  # noqa: S311 no secret
    numbers = [struct.unpack("d", source.randbytes(8))[0] for _ in range(500)]
    numbers = [number for number in numbers if abs(number) < float("inf")]
    rows = connection.execute("SELECT value FROM json_each(?)", [json.dumps(numbers)])
    return [row[0] for row in rows] == numbers


def _kind_at(body: str, path: str) -> str | None:
    is_there, value = value_at(json.loads(body), json.loads(path))
    return _KINDS.get(type(value), "array") if is_there else None


def _value_at(body: str, path: str) -> Any:
    _, value = value_at(json.loads(body), json.loads(path))
    return json.dumps(value) if isinstance(value, list | dict) else value


def _json_path(path: Path) -> str:
    return "$" + "".join(f'."{key}"' for key in path)


def _listed(values: list[Any]) -> Any:
    text = sa.literal(json.dumps(values), sa.Text())
    return sa.select(sa.func.json_each(text).table_valued("value").c.value)
