"""Conditions and orders in SQL; every value is bound."""

from __future__ import annotations

import operator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

import sqlalchemy as sa

from marcelle_nb.data.conditions import All, Any_, Compare, Not
from marcelle_nb.data.records import encoded_path
from marcelle_nb.data.tables import INDEXED_LENGTH, blobs, documents

if TYPE_CHECKING:
    from collections.abc import Sequence

    from marcelle_nb.data.conditions import Condition, Path, Scalar

_OPERATORS = {
    "eq": operator.eq,
    "lt": operator.lt,
    "lte": operator.le,
    "gt": operator.gt,
    "gte": operator.ge,
}

_ID = ("id",)

_NOTES = ("dtype", "shape", "type")
"""What stands in the place of an array or a thumbnail."""

_COLUMNS: dict[Path, sa.Column[Any]] = {
    _ID: documents.c.id,
    ("datasetName",): documents.c.dataset_name,
    ("y",): documents.c.label,
}


class JSONValues(Protocol):
    """Expressions for the value at a path in a document, in one database's SQL."""

    def rank(self, path: Path) -> sa.ColumnElement[int]:
        """Give 0 where nothing is, 1 for null, 2 bool, 3 number, 4 text, 5 list or object."""

    def text(self, path: Path) -> sa.ColumnElement[str]:
        """Give a text, or NULL."""

    def number(self, path: Path) -> sa.ColumnElement[float]:
        """Give a number, or NULL."""

    def truth(self, path: Path) -> sa.ColumnElement[int]:
        """Give 1 for True and 0 for False, or NULL."""

    def different(self, path: Path) -> list[sa.ColumnElement[Any]]:
        """Give what tells different values apart; lists and objects by their JSON."""

    def one_of_texts(self, value: sa.ColumnElement[str], texts: Sequence[str]) -> Any:
        """Say whether a text is one of a list."""

    def one_of_numbers(self, value: sa.ColumnElement[Any], numbers: Sequence[float]) -> Any:
        """Say whether a number is one of a list."""

    def one_of_positions(self, value: sa.ColumnElement[int], positions: Sequence[int]) -> Any:
        """Say whether a row's position is one of a list."""

    def by_code_point(self, value: sa.ColumnElement[str]) -> sa.ColumnElement[str]:
        """Give a text that is compared by code point."""

    def aside(self, column: sa.Column[Any]) -> sa.ColumnElement[Any]:
        """Give a column in a form that does not ask for its index, where that may mislead."""


def where(condition: Condition, values: JSONValues) -> sa.ColumnElement[bool]:
    """Say a condition in SQL."""
    return _Writer(values).sql(condition)


def order_keys(path: Path, values: JSONValues) -> list[sa.ColumnElement[Any]]:
    """Give what documents are sorted by, one after the other."""
    text = values.by_code_point(values.text(path))
    return [values.rank(path), values.truth(path), values.number(path), text]


def indexed_column(path: Path) -> sa.Column[Any] | None:
    """Give the indexed column that holds the texts at a path, or those that are not too long."""
    return _COLUMNS.get(path)


@dataclass(frozen=True)
class _Writer:
    """Writes conditions.

    `is_negated`: below a `Not`, what is unknown (NULL) must be made false, so that its opposite is
    true; elsewhere it counts as false anyway. `has_id`: the ids say which documents are meant, and
    no other index should be asked first.
    """

    values: JSONValues
    is_negated: bool = False
    has_id: bool = False

    def sql(self, condition: Condition) -> sa.ColumnElement[bool]:
        if isinstance(condition, All):
            writer = replace(self, has_id=True) if _has_id(condition) else self
            return sa.and_(sa.true(), *map(writer.sql, condition.conditions))
        if isinstance(condition, Any_):
            return sa.or_(sa.false(), *map(self.sql, condition.conditions))
        if isinstance(condition, Not):
            return sa.not_(replace(self, is_negated=True).sql(condition.condition))
        if isinstance(condition.value, tuple):
            found = self._one_of(condition.path, condition.value)
        else:
            found = self._compared(condition, condition.value)
        if condition.path[-1] in _NOTES and len(condition.path) > 1:
            found = _outside_arrays(condition, found)
        return found

    def _compared(self, condition: Compare, value: Scalar) -> sa.ColumnElement[bool]:
        path, compare = condition.path, _OPERATORS[condition.operator]
        if value is None:
            is_none = self._is_none(path)
            return sa.false() if condition.operator in ("lt", "gt") else is_none
        if isinstance(value, bool):
            return self._known(compare(self.values.truth(path), int(value)))
        if isinstance(value, str):
            column = self._column(path, [value]) if condition.operator == "eq" else None
            if column is not None:
                return self._known_column(column, column == value)
            return self._known(compare(self.values.by_code_point(self.values.text(path)), value))
        return self._known(compare(self.values.number(path), sa.literal(float(value), sa.Double())))

    def _one_of(self, path: Path, given: tuple[Scalar, ...]) -> sa.ColumnElement[bool]:
        values, found = self.values, list[sa.ColumnElement[bool]]()
        texts = [value for value in given if isinstance(value, str)]
        truths = [int(value) for value in given if isinstance(value, bool)]
        numbers = [float(it) for it in given if type(it) in (int, float)]  # type: ignore[arg-type]
        if None in given:
            found.append(self._is_none(path))
        if truths:
            found.append(self._known(values.one_of_numbers(values.truth(path), truths)))
        if numbers:
            found.append(self._known(values.one_of_numbers(values.number(path), numbers)))
        if texts:
            column = self._column(path, texts)
            if column is not None:
                found.append(self._known_column(column, values.one_of_texts(column, texts)))
            else:
                found.append(self._known(values.one_of_texts(values.text(path), texts)))
        return sa.or_(sa.false(), *found)

    def _is_none(self, path: Path) -> sa.ColumnElement[bool]:
        is_none = self.values.rank(path) <= 1
        column = self._column(path, [])
        return is_none if column is None else sa.and_(column.is_(None), is_none)

    def _column(self, path: Path, texts: list[str]) -> sa.ColumnElement[Any] | None:
        """Give the indexed column in which the texts at a path would be."""
        column = indexed_column(path)
        if column is None or any(len(text) > INDEXED_LENGTH for text in texts):
            return None
        return self.values.aside(column) if self.has_id and path != _ID else column

    def _known(self, expression: Any) -> sa.ColumnElement[bool]:
        if not self.is_negated:
            return expression  # type: ignore[no-any-return]
        return sa.func.coalesce(expression, sa.false(), type_=sa.Boolean())

    def _known_column(
        self, column: sa.ColumnElement[Any], expression: Any
    ) -> sa.ColumnElement[bool]:
        return sa.and_(column.is_not(None), expression) if self.is_negated else expression


def _outside_arrays(condition: Compare, found: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """Take what the body notes of an array in its place for nothing, as users see none of it."""
    is_array = sa.exists().where(
        blobs.c.position == documents.c.position, blobs.c.path == encoded_path(condition.path[:-1])
    )
    values = condition.value if isinstance(condition.value, tuple) else (condition.value,)
    if None in values and condition.operator not in ("lt", "gt"):
        return sa.or_(is_array, found)
    return sa.and_(sa.not_(is_array), found)


def _has_id(condition: All) -> bool:
    return any(
        _has_id(part)
        if isinstance(part, All)
        else isinstance(part, Compare) and part.path == _ID and part.operator in ("eq", "in")
        for part in condition.conditions
    )
