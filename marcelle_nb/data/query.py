"""Queries in the language of Feathers, which Marcelle's stores speak."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from numbers import Real
from typing import TYPE_CHECKING, Any, Self, TypeAlias

from marcelle_nb.data.conditions import EVERYTHING, All, Any_, Compare, Condition, Not, Path
from marcelle_nb.data.json_values import checked_scalar, checked_text, shown
from marcelle_nb.data.selection import selected
from marcelle_nb.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import Callable

    from marcelle_nb.data.conditions import Operator, Scalar

DEFAULT_LIMIT = 100
MAX_LIMIT = 1_000

MAX_DEPTH = 16
"""How deep `$or`, `$and` and `$not` may be nested: databases have limits of their own."""

MAX_COMPARISONS = 300

_THUMBNAIL: Path = ("thumbnail",)

RawQuery: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Query:
    """What `find` gives: which documents, how many, in which order, which parts of them.

    Attributes
    ----------
    where : condition
        Which documents.
    limit : int or None
        How many at most; None where the query does not say.
    skip : int
        How many to leave out at the beginning.
    sort : tuple of (path, descending)
        The order; ties, and all where it is empty, in the order of their creation.
    select : tuple of path, or None
        Which parts of each; `id` always.
    distinct : path or None
        The field whose different values are asked for, in place of documents.
    """

    where: Condition = EVERYTHING
    limit: int | None = None
    skip: int = 0
    sort: tuple[tuple[Path, bool], ...] = ()
    select: tuple[Path, ...] | None = None
    distinct: Path | None = None

    @classmethod
    def parse(cls, raw: RawQuery | Query | None) -> Query:
        """Read a query.

        Parameters
        ----------
        raw : dict, Query or None
            Fields with the value that they must equal or with operators (`$in $nin $lt $lte $gt
            $gte $ne $not`), which must all hold; `$or $and $not`; `$limit $skip $sort $select
            $distinct`. A dot in a field's name leads into an object.

        Raises
        ------
        BadRequest
            If it says something else; nothing in it is ever ignored.
        """
        if isinstance(raw, Query):
            return raw
        if raw is None:
            return cls()
        if not isinstance(raw, Mapping):
            raise BadRequest(f"query: expected a dictionary, got {shown(raw, 100)}")
        asked = {key: raw[key] for key in raw if key in _PARAMETERS}
        if "$distinct" in asked and len(asked) > 1:
            others = ", ".join(key for key in asked if key != "$distinct")
            raise BadRequest(f"$distinct: expected it with conditions alone, got {others} too")
        where = _Reader().query({key: raw[key] for key in raw if key not in _PARAMETERS}, 0)
        return cls(where, **{key[1:]: _PARAMETERS[key](key, asked[key]) for key in asked})

    @property
    def page_size(self) -> int:
        """How many documents `find` gives at most."""
        return DEFAULT_LIMIT if self.limit is None else min(self.limit, MAX_LIMIT)

    @property
    def reads(self) -> tuple[Path, ...] | None:
        """Which parts of the documents are needed for what is shown; None for all."""
        return self.select

    def shown(self, document: dict[str, Any]) -> dict[str, Any]:
        """Give what is asked for of a document."""
        return document if self.select is None else selected(document, self.select)

    def within(self, condition: Condition) -> Self:
        """Give the same query of the documents for which `condition` holds too."""
        if self.where == EVERYTHING:
            return replace(self, where=condition)
        return replace(self, where=All((condition, self.where)))

    def only_where(self, what: str) -> Condition:
        """Give the condition; `BadRequest` where the query says more, which `what` cannot do."""
        if self != type(self)(self.where):
            raise BadRequest(f"{what}: expected a query of conditions alone, without $limit and so")
        return self.where


def path_of(field: object, what: str) -> Path:
    """Take a field's name apart at its dots."""
    if not isinstance(field, str):
        raise BadRequest(f"{what}: expected the name of a field, got {shown(field)}")
    checked_text(field, what)
    if '"' in field or "'" in field:
        raise BadRequest(f"{what}: expected a field's name without quotes, got {shown(field)}")
    path = tuple(field.split("."))
    if len(path) > 32 or len(field) > 1_000:
        raise BadRequest(f"{what}: expected at most 32 names of 1,000 characters in all")
    return path


class _Reader:
    """Reads the conditions of one query, and counts them."""

    def __init__(self) -> None:
        self._comparisons = 0

    def query(self, raw: object, depth: int) -> Condition:
        if not isinstance(raw, Mapping):
            raise BadRequest(f"query: expected a dictionary, got {shown(raw, 100)}")
        _check_depth(depth)
        if not raw and depth:
            self._count()
        parts = [self._part(key, value, depth) for key, value in raw.items()]
        return _joined(parts)

    def _part(self, key: object, value: object, depth: int) -> Condition:
        if key == "$or":
            return Any_(self._queries(key, value, depth))
        if key == "$and":
            return All(self._queries(key, value, depth))
        if key == "$not":
            return Not(self.query(value, depth + 1))
        if isinstance(key, str) and key.startswith("$"):
            raise BadRequest(f"Invalid query parameter {key:.80}")
        path = path_of(key, "query")
        if isinstance(value, Mapping):
            return self._operators(path, value, depth)
        return self._compare(path, "eq", _scalar(str(key), value))

    def _queries(self, key: str, value: object, depth: int) -> tuple[Condition, ...]:
        if not isinstance(value, list | tuple):
            raise BadRequest(f"{key}: expected a list of queries, got {shown(value, 100)}")
        if not value:
            self._count()
        return tuple(self.query(item, depth + 1) for item in value)

    def _operators(self, path: Path, given: Mapping[Any, Any], depth: int) -> Condition:
        _check_depth(depth)
        if not given:
            raise BadRequest(f"{'.'.join(path):.80}: expected a value or operators, got {{}}")
        return _joined([self._operator(path, key, given[key], depth) for key in given])

    def _operator(self, path: Path, key: object, value: object, depth: int) -> Condition:
        what = f"{'.'.join(path):.80} {_named(key)}"
        if key == "$not":
            if not isinstance(value, Mapping):
                raise BadRequest(f"{what}: expected operators, got {shown(value, 100)}")
            return Not(self._operators(path, value, depth + 1))
        if key in ("$in", "$nin"):
            inside = self._compare(path, "in", _scalars(what, value))
            return inside if key == "$in" else Not(inside)
        if key == "$ne":
            return Not(self._compare(path, "eq", _scalar(what, value)))
        if not isinstance(key, str) or key not in _COMPARISONS:
            raise BadRequest(f"Invalid query parameter {_named(key)}")
        return self._compare(path, _COMPARISONS[key], _scalar(what, value))

    def _compare(
        self, path: Path, operator: Operator, value: Scalar | tuple[Scalar, ...]
    ) -> Condition:
        self._count()
        values = value if isinstance(value, tuple) else (value,)
        texts = [it for it in values if isinstance(it, str)]
        is_order = operator not in ("eq", "in")
        if path == _THUMBNAIL and any(is_order or it.startswith("data:") for it in texts):
            raise BadRequest(
                "thumbnail: expected a comparison with None, got one with a text: pictures are kept"
                " as bytes beside the documents"
            )
        return Compare(path, operator, value)

    def _count(self) -> None:
        self._comparisons += 1
        if self._comparisons > MAX_COMPARISONS:
            raise BadRequest(
                f"query: expected at most {MAX_COMPARISONS} comparisons ($in is one, and so is an"
                " empty condition)"
            )


_COMPARISONS: dict[str, Operator] = {"$lt": "lt", "$lte": "lte", "$gt": "gt", "$gte": "gte"}


def _named(key: object) -> str:
    return key[:80] if isinstance(key, str) else shown(key)


def _joined(parts: list[Condition]) -> Condition:
    return parts[0] if len(parts) == 1 else All(tuple(parts))


def _check_depth(depth: int) -> None:
    if depth > MAX_DEPTH:
        raise BadRequest(f"query: expected at most {MAX_DEPTH} levels")


def _scalar(what: str, value: object) -> Scalar:
    if isinstance(value, list | tuple | dict | set):
        raise BadRequest(
            f"{what}: expected a text, a number, a bool or None, got {shown(value, 100)}"
        )
    return checked_scalar(value, what)


def _scalars(what: str, value: object) -> tuple[Scalar, ...]:
    if not isinstance(value, list | tuple | set | frozenset):
        raise BadRequest(f"{what}: expected a list, got {shown(value, 100)}")
    return tuple(_scalar(what, item) for item in value)


def whole_number(what: str, value: object) -> int:
    """Check that a value is a whole number that is not negative."""
    number: Any = checked_scalar(value, what)
    if not isinstance(number, int) or isinstance(number, bool) or number < 0:
        raise BadRequest(f"{what}: expected a whole number >= 0, got {shown(value)}")
    return number


def _order(what: str, value: object) -> tuple[tuple[Path, bool], ...]:
    if not isinstance(value, Mapping):
        raise BadRequest(f"{what}: expected fields with 1 or -1, got {shown(value)}")
    directions: Mapping[Any, Any] = value
    for field, direction in directions.items():
        if isinstance(field, str) and field.startswith("$"):
            raise BadRequest(f"Invalid query parameter {field:.80}")
        is_number = isinstance(direction, Real)
        if not is_number or direction is True or direction not in (1, -1):
            raise BadRequest(f"{what}: expected 1 or -1, got {shown(direction)}")
    if len(value) > 32:
        raise BadRequest(f"{what}: expected at most 32 fields, got {len(value)}")
    return tuple((path_of(field, what), value[field] == -1) for field in value)


def _fields(what: str, value: object) -> tuple[Path, ...]:
    if not isinstance(value, list | tuple | set | frozenset):
        raise BadRequest(f"{what}: expected a list of fields, got {shown(value)}")
    return tuple(path_of(field, what) for field in value)


_PARAMETERS: dict[str, Callable[[str, object], Any]] = {
    "$limit": whole_number,
    "$skip": whole_number,
    "$sort": _order,
    "$select": _fields,
    "$distinct": lambda what, value: path_of(value, what),
}
