"""The rows of one dataset in a store."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from marcelle_nb.data.before_commit import BeforeCommit, unheard
from marcelle_nb.data.conditions import EVERYTHING, All, Compare, Condition
from marcelle_nb.data.dataset_name import service_name
from marcelle_nb.data.instance import checked_changes, checked_label
from marcelle_nb.data.instance_iterable import InstanceIterable
from marcelle_nb.data.instance_query import HAS_EARLY_LABEL, InstanceQuery
from marcelle_nb.data.query import Query
from marcelle_nb.data.removed_instances import RemovedInstances
from marcelle_nb.data.service_events import MANY
from marcelle_nb.data.shown_list import ShownList
from marcelle_nb.data.stored_instance import (
    Y,
    as_document,
    as_instance,
    is_early,
    shown_label,
    shown_y,
)
from marcelle_nb.errors import InstanceNotFound, InstanceRejected, NotFound

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from marcelle_nb.data.data_store import DataStore
    from marcelle_nb.data.instance import Instance
    from marcelle_nb.data.query import RawQuery
    from marcelle_nb.data.records import Document
    from marcelle_nb.data.taken import Taken

_NOT_NAMED = {"$not": {"features": {"$gte": ""}}}
"""What has no text as its `features`."""


class Collection:
    """Reads and writes the rows of one dataset, which may share a service with others.

    Parameters
    ----------
    store : DataStore
        Where they are.
    name : str
        The name of the dataset: what its rows hold as `datasetName`.

    Attributes
    ----------
    narrowed : condition
        What the rows must match beside.
    """

    def __init__(self, store: DataStore, name: str) -> None:
        self.store = store  # which lives for as long as something refers to it
        self.name = name
        self.service = store.service(service_name(name))
        self.narrowed: Condition = EVERYTHING

    def query(self, raw: RawQuery | Query | None = None) -> InstanceQuery:
        """Read a query and keep it to these rows."""
        scope: Condition = Compare(("datasetName",), "eq", self.name)
        if self.narrowed != EVERYTHING:
            scope = All((scope, self.narrowed))
        return InstanceQuery.parse(raw).within(scope)

    def find(self, query: RawQuery | None) -> Any:
        """Give a page of instances; with `$distinct` a list of values."""
        asked = self.query(query)
        if asked.distinct == Y:
            return ShownList(value for value, _ in self._label_values(asked.where))
        return self.service.find(self._quick(asked))

    def count(self, query: RawQuery | None = None) -> int:
        """Count the rows that match."""
        return self.service.count(self._quick(self.query(query)))

    def _quick(self, asked: InstanceQuery) -> InstanceQuery:
        """Give what says the same of the rows as they are now, and takes less time to answer."""
        quick = asked.without_early()
        if quick is asked:
            return asked
        own = Query(Compare(("datasetName",), "eq", self.name), limit=1, select=())
        early = self.service.items(own.within(HAS_EARLY_LABEL))
        return quick if next(iter(early), None) is None else asked

    def items(self, query: RawQuery | None = None) -> InstanceIterable:
        """Give the instances that match, lazily."""
        return InstanceIterable(self.service.table, self.query(query))

    def get(self, id: str) -> Instance:
        """Give one instance."""
        try:
            return self.service.get(id, self.query())
        except NotFound:
            raise _not_found(id) from None

    def counts(self, field: str, query: RawQuery | None = None) -> list[tuple[Any, int]]:
        """Count the rows of each value of a field, in first-seen order."""
        return self.service.counts(field, self.query(query))

    def label_counts(self) -> dict[str, int]:
        """Count the rows of each label, in first-seen order."""
        counts: Counter[str] = Counter()
        for value, n in self._label_values(self.query().where):
            counts[shown_label(value)] += n
        return dict(counts)

    def _label_values(self, where: Condition) -> list[tuple[Any, int]]:
        """Count the rows of each label, which may be none of ours, as a list of another client."""
        rows = Query(where)
        found = [it for it in self.service.firsts("y", rows) if it[0] != ""]
        if sum(n for _, n, _ in found) < self.service.count(rows):  # some may be early ones
            early = self.service.firsts("label", rows.within(HAS_EARLY_LABEL))
            found += [it for it in early if it[0] != ""]
            found.sort(key=lambda it: it[2])
        counts: dict[str, tuple[Any, int]] = {}
        for value, n, _ in found:
            shown = shown_label(value) if isinstance(value, int | float) else value
            counts[repr(shown)] = shown, n + counts.get(repr(shown), (shown, 0))[1]
        return [*counts.values()]

    def features(self) -> list[str | None]:
        """Give the names of what made the inputs, in first-seen order; None for unnamed."""
        values = [it for it, _ in self.counts("features") if isinstance(it, str)]
        queries = [{"features": value} for value in values] + [_NOT_NAMED]
        firsts = [self.find({**it, "$limit": 1, "$select": ["features"]})["data"] for it in queries]
        if not firsts[-1]:
            return [*values]
        named = {first[0]["id"]: it for first, it in zip(firsts, [*values, None], strict=True)}
        in_order = self.items({"id": {"$in": list(named)}}).select([])
        return [named[instance["id"]] for instance in in_order]

    def there(self, ids: Sequence[str]) -> set[str]:
        """Give those of the ids that rows have, also where these do not match `narrowed`."""
        return self._ids(Query.parse({"id": {"$in": list(ids)}, "datasetName": self.name}))

    def matching(self, ids: Sequence[str] | None = None) -> set[str]:
        """Give the ids of all rows, or those of these that rows have."""
        return self._ids(self.query(None if ids is None else {"id": {"$in": list(ids)}}))

    def _ids(self, query: Query) -> set[str]:
        return {document["id"] for document in self.service.items(query).select([])}

    def create(
        self, given: Iterable[object], before_commit: BeforeCommit[list[Document]] = unheard
    ) -> list[str]:
        """Add instances at the end, and give the ids that they got."""
        documents = [as_document(instance, self.name) for instance in given]
        if not documents:
            return []
        return [it["id"] for it in self.service.create(documents, before_commit=before_commit)]

    def update(self, id: str, given: object) -> Instance:
        """Replace a whole instance."""
        self.get(id)
        try:
            return as_instance(self.service.update(id, as_document(given, self.name)))
        except NotFound:
            raise _not_found(id) from None

    def patch(
        self, id: str | None, given: Mapping[str, Any], query: RawQuery | None
    ) -> list[Instance]:
        """Replace some keys of one instance, or of all that match."""
        if "id" in given and given["id"] != id:
            raise InstanceRejected(f"id: expected {id!r:.100}, got {given['id']!r:.100}")
        if "x" in given and given["x"] is None:
            raise InstanceRejected("x: expected numbers or an image, got none")
        changes = checked_changes(given)
        try:
            also = partial(_of_early, changes=changes)
            if id is None:
                after = self.service.patch(None, changes, self.query(query), also=also)
            else:
                after = [self.service.patch(id, changes, self.query(query), also=also)]
        except NotFound:
            raise _not_found(id) from None
        return [as_instance(document) for document in after]

    def relabel(
        self,
        ids: Sequence[str] | None,
        label: object,
        query: RawQuery | None,
        before_commit: BeforeCommit[dict[str, Any]],
    ) -> list[Instance]:
        """Give many one label in one change.

        `before_commit` gets what was stored as the label of each id. Gives the ids, and what their
        labels were, in the order in which the ids were given.
        """
        changes = {"y": checked_label(label)}
        with _naming_instances():
            found = self.service.exchange(
                "y",
                lambda it: (changes | _of_early(it, changes))["y"],
                lambda it: ({"id": it["id"], "y": shown_y(it)}, it.get("y")),
                self.query(query if ids is None else _among(ids, query)),
                ids or (),
                before_commit=lambda found: before_commit(
                    None if found is None else {shown["id"]: value for shown, value in found}
                ),
            )
        shown = [it for it, _ in found]
        return shown if ids is None else in_order(ids, shown)

    def take(
        self,
        ids: Sequence[str] | None,
        query: RawQuery | None,
        before_commit: BeforeCommit[Taken] = unheard,
    ) -> Taken:
        """Take rows out in one change."""
        chosen = self.query(query if ids is None else _among(ids, query))
        with _naming_instances():
            return self.service.take(chosen, ids or (), before_commit=before_commit)

    def items_of(self, taken: Taken, ids: Sequence[str] | None) -> Sequence[Instance]:
        """Give what was taken out, in the order of the ids, for `restore`; many not read yet."""
        there = set(taken.ids)
        chosen = taken.ids if ids is None else [it for it in dict.fromkeys(ids) if it in there]
        removed = RemovedInstances(self.service, self.name, taken, chosen)
        return removed if len(removed) > MANY else list(removed)

    def restore(self, removed: Sequence[Any]) -> None:
        """Put removed instances back at their old places in one change."""
        if isinstance(removed, RemovedInstances) and self._may_return(removed):
            self.service.put_back(removed.taken)
            return
        documents = [self._returning(given) for given in removed]
        ids = [document["id"] for document in documents]
        there = self.there(ids) if ids else set()
        twice = len(set(ids)) < len(ids)
        for one in ids:
            if one in there or not self.service.has_removed(one) or twice:
                why = ", which is there" if one in there else ""
                raise InstanceRejected(
                    f"id: expected that of a removed instance, got {one!r:.100}{why}"
                )
        if documents:
            self.service.restore(documents)

    def _may_return(self, removed: RemovedInstances) -> bool:
        """Say whether all of them can return as they are, without being read."""
        is_own = removed.service is self.service and removed.name == self.name
        return is_own and removed.are_out and not self.there(removed.taken.ids)

    def _returning(self, given: Any) -> Document:
        document = as_document(given, self.name)
        for key in ("id", "createdAt", "updatedAt"):
            value = given.get(key)
            if isinstance(value, str):
                document[key] = value
        if "id" not in document:
            raise InstanceRejected(
                f"id: expected that of a removed instance, got {given.get('id')!r:.100}"
            )
        return document


def in_order(ids: Sequence[str], found: Iterable[Document]) -> list[Document]:
    """Give each document once, in the order of the ids, all of which must be there."""
    there = {document["id"]: document for document in found}
    missing = next((one for one in ids if one not in there), None)
    if missing is not None:
        raise _not_found(missing)
    return [there[one] for one in dict.fromkeys(ids)]


def _of_early(row: Document, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Give what else changes in a row of Marcelle's first versions, whose label is elsewhere."""
    if not is_early(row):
        return {}
    if "y" in changes:
        return {"y": ""} if changes["y"] is None else {}  # None would show the label from before
    return {"y": shown_y(row)} if "x" in changes else {}


def _among(ids: Sequence[str], query: RawQuery | None) -> RawQuery:
    for one in ids:
        if not isinstance(one, str):
            raise _not_found(one)
    chosen = {"id": {"$in": list(ids)}}
    return chosen if not query else {"$and": [chosen, query]}


@contextmanager
def _naming_instances() -> Iterator[None]:
    try:
        yield
    except NotFound as error:
        raise _not_found(error.data["id"]) from None


def _not_found(id: object) -> InstanceNotFound:
    return InstanceNotFound(f"id: expected that of an instance, got {id!r:.100}")
