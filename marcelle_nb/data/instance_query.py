"""Queries of a dataset: in terms of instances as they are shown, not as they are stored."""

from __future__ import annotations

import sys
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from marcelle_nb.data.conditions import EVERYTHING, All, Any_, Compare, Condition, Not
from marcelle_nb.data.query import Query
from marcelle_nb.data.stored_instance import Y, as_instance, shown_label, stored_forms

if TYPE_CHECKING:
    from marcelle_nb.data.conditions import Path, Scalar
    from marcelle_nb.data.query import RawQuery

_X, _LABEL, _FEATURES = ("x",), ("label",), ("features",)

_TOLD_BY_FEATURES = {"x", "y", "label", "features"}
"""What is shown of these depends on whether `features` is an array."""

_LARGEST = sys.float_info.max

HAS_EARLY_LABEL: Condition = All(
    (
        Compare(_X, "eq", None),  # first, as hardly any row has none
        Compare(Y, "eq", None),
        Any_((Compare(_LABEL, "gte", ""), Compare(_LABEL, "gte", -_LARGEST))),  # text, or number
        Not(Compare(_FEATURES, "eq", None)),
        Not(Compare(_FEATURES, "gte", "")),  # an array, then
    )
)
"""What Marcelle's first versions wrote: the label is under another key."""

_NOTHING: Condition = Any_()


@dataclass(frozen=True)
class InstanceQuery(Query):
    """A query whose conditions on `y` speak of labels, and which shows instances.

    A label is found however it was stored: as a text, by another client as a number, by Marcelle's
    first versions under another key. None and "" stand for no label. A number stands for the label
    that it is written as; only `$lt $lte $gt $gte` compare numbers with those that were stored as
    such, and texts with texts. The order of `$sort` is that of what is stored.
    """

    @classmethod
    def parse(cls, raw: RawQuery | Query | None) -> InstanceQuery:
        """Read a query; one that was read by this stays as it is."""
        if isinstance(raw, InstanceQuery):
            return raw
        query = Query.parse(raw)
        values = {field.name: getattr(query, field.name) for field in fields(query)}
        return cls(**{**values, "where": _of_stored(query.where)})

    def without_early(self) -> InstanceQuery:
        """Give the same query for a dataset without rows of the first versions: an index answers.

        It is the same object where the query does not speak of labels.
        """
        where = _without_early(self.where)
        return self if where == self.where else replace(self, where=where)

    @property
    def reads(self) -> tuple[Path, ...] | None:
        """Which parts of the documents are needed for what is shown; None for all."""
        if self.select is None or _TOLD_BY_FEATURES.isdisjoint(path[0] for path in self.select):
            return self.select
        return (*self.select, _FEATURES)

    def shown(self, document: dict[str, Any]) -> dict[str, Any]:
        """Give the instance, or what is asked for of it."""
        return as_instance(document, self.select)


def _of_stored(condition: Condition) -> Condition:
    """Say a condition in terms of what is stored."""
    if isinstance(condition, All | Any_):
        return type(condition)(tuple(map(_of_stored, condition.conditions)))
    if isinstance(condition, Not):
        return Not(_of_stored(condition.condition))
    return _of_label(condition) if condition.path == Y else condition


def _of_label(condition: Compare) -> Condition:
    value = condition.value
    if isinstance(value, tuple):
        return _one_of(value)
    if condition.operator == "eq":
        return _one_of((value,))
    if isinstance(value, str):
        return _compared(condition)
    if value is None and condition.operator in ("lte", "gte"):
        return _one_of((None,))
    return condition


def _without_early(condition: Condition) -> Condition:
    """Leave out what holds for no row where `HAS_EARLY_LABEL` holds for none."""
    if condition == HAS_EARLY_LABEL:
        return _NOTHING
    if isinstance(condition, Not):
        inside = _without_early(condition.condition)
        return EVERYTHING if inside == _NOTHING else Not(inside)
    if not isinstance(condition, All | Any_):
        return condition
    parts = tuple(map(_without_early, condition.conditions))
    if isinstance(condition, All):
        return _NOTHING if _NOTHING in parts else All(parts)
    parts = tuple(part for part in parts if part != _NOTHING)
    return parts[0] if len(parts) == 1 else Any_(parts)


def _one_of(values: tuple[Scalar, ...]) -> Condition:
    """Say that the label is one of these."""
    labels = [it if isinstance(it, str) else shown_label(it) for it in values if it is not None]
    texts = tuple(dict.fromkeys(filter(None, labels)))
    found: list[Condition] = []
    if texts:
        forms = tuple(form for text in texts for form in stored_forms(text))
        # the label first: one look at a row without another is enough
        found += [Compare(Y, "in", forms), All((Compare(_LABEL, "in", forms), HAS_EARLY_LABEL))]
    if len(texts) < len(set(labels)) or None in values:
        has_early_one = All((HAS_EARLY_LABEL, Not(Compare(_LABEL, "eq", ""))))
        found.append(All((Compare(Y, "in", (None, "")), Not(has_early_one))))
    return Any_(tuple(found))


def _compared(condition: Compare) -> Condition:
    """Say that the label is less or greater than a text; an empty one is none."""
    early = Compare(_LABEL, condition.operator, condition.value)
    return Any_(
        (
            All((condition, Not(Compare(Y, "eq", "")))),
            All((HAS_EARLY_LABEL, early, Not(Compare(_LABEL, "eq", "")))),
        )
    )
