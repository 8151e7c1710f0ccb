"""Conditions on documents: what a query asks for, free of any store's language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Path: TypeAlias = tuple[str, ...]
"""A chain of keys into nested objects; it never leads into an array."""

Operator: TypeAlias = Literal["eq", "lt", "lte", "gt", "gte", "in"]
Scalar: TypeAlias = str | float | bool | None


@dataclass(frozen=True, slots=True)
class Compare:
    """The value at a path stands in a relation to another; only within one type of JSON.

    Attributes
    ----------
    path : tuple of str
        Where the value is. A value that is not there counts as None.
    operator : "eq", "lt", "lte", "gt", "gte" or "in"
        The relation.
    value : str, float, bool or None; for "in", a tuple of them
        The other one. Order: strings by code point, False before True. Nothing is less or greater
        than None.
    """

    path: Path
    operator: Operator
    value: Scalar | tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class All:
    """Every one of the conditions holds; so do none at all."""

    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Any_:  # noqa: N801 `Any` is the type that every module knows
    """At least one of the conditions holds; none at all do not."""

    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Not:
    """The condition does not hold."""

    condition: Condition


Condition: TypeAlias = Compare | All | Any_ | Not

EVERYTHING = All()
