"""The rows of one dataset in a store."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from marcelle_nb.data.conditions import EVERYTHING, All, Compare, Condition
from marcelle_nb.data.dataset_name import service_name
from marcelle_nb.data.instance import checked_changes, checked_label
from marcelle_nb.data.instance_iterable import InstanceIterable
from marcelle_nb.data.query import Query
from marcelle_nb.data.stored_instance import as_document, as_instance, shown_label
from marcelle_nb.errors import InstanceNotFound, InstanceRejected, NotFound

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

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

    def query(self, raw: RawQuery | Query | None = None) -> Query:
        """Read a query and keep it to these rows."""
        scope: Condition = Compare(("datasetName",), "eq", self.name)
        if self.narrowed != EVERYTHING:
            scope = All((scope, self.narrowed))
        return Query.parse(raw).within(scope)

    def find(self, query: RawQuery | None) -> Any:
        """Give a page of instances; with `$distinct` a list of values."""
        found = self.service.find(self.query(query))
        if isinstance(found, list):
            return found
        return {**found, "data": [as_instance(it) for it in found["data"]]}

    def count(self, query: RawQuery | None = None) -> int:
        """Count the rows that match."""
        return self.service.count(self.query(query))

    def items(self, query: RawQuery | None = None) -> InstanceIterable:
        """Give the instances that match, lazily."""
        return InstanceIterable(self.service.table, self.query(query))

    def get(self, id: str) -> Instance:
        """Give one instance."""
        try:
            return as_instance(self.service.get(id, self.query()))
        except NotFound:
            raise _not_found(id) from None

    def counts(self, field: str, query: RawQuery | None = None) -> list[tuple[Any, int]]:
        """Count the rows of each value of a field, in first-seen order."""
        return self.service.counts(field, self.query(query))

    def label_counts(self) -> dict[str, int]:
        """Count the rows of each label, in first-seen order."""
        found = [(value, n) for value, n in self.counts("y") if value != ""]
        if sum(n for _, n in found) < self.count():  # some may be of Marcelle's first versions
            found += self.counts("label", {"y": None, "x": None, "label": {"$gt": ""}})
        counts: Counter[str] = Counter()
        for value, n in found:
            counts[shown_label(value)] += n
        return dict(counts)

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

    def create(self, given: Iterable[object]) -> list[str]:
        """Add instances at the end, and give the ids that they got."""
        documents = [as_document(instance, self.name) for instance in given]
        return [document["id"] for document in self.service.create(documents)] if documents else []

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
            if id is None:
                after = self.service.patch(None, changes, self.query(query))
            else:
                after = [self.service.patch(id, changes, self.query(query))]
        except NotFound:
            raise _not_found(id) from None
        return [as_instance(document) for document in after]

    def relabel(
        self, ids: Sequence[str] | None, label: object, query: RawQuery | None
    ) -> list[Instance]:
        """Give many one label in one change; return the ids, and what their labels were."""
        label = checked_label(label)
        if ids is None:
            before = list(self.service.items(self.query(query)).select(["y"]))
        else:
            found = self.service.items(self.query(_among(ids, query))).select(["y"])
            before = in_order(ids, found)
        if before:
            chosen = {"id": {"$in": [document["id"] for document in before]}}
            self.service.patch(None, {"y": label}, self.query(chosen), arrays=False)
        return [{"id": it["id"], "y": it.get("y")} for it in before]

    def take(self, ids: Sequence[str] | None, query: RawQuery | None) -> Taken:
        """Take rows out in one change."""
        if ids is None:
            return self.service.take(self.query(query))
        chosen = _among(ids, query)
        there = self._ids(self.query(chosen))
        in_order(ids, [{"id": identifier} for identifier in there])
        return self.service.take(self.query(chosen))

    def items_of(self, taken: Taken, ids: Sequence[str] | None) -> list[Instance]:
        """Give what was taken out, in the order of the ids, for `restore`."""
        found = self.service.items_of(taken)
        documents = found if ids is None else in_order(ids, found, whole=False)
        return [as_instance(document) for document in documents]

    def restore(self, removed: Sequence[Any]) -> None:
        """Put removed instances back at their old places in one change."""
        documents = [self._returning(given) for given in removed]
        ids = [document["id"] for document in documents]
        there = self.there(ids) if ids else set()
        twice = len(set(ids)) < len(ids)
        for one in ids:
            if one in there or not self.service.has_removed(one) or twice:
                raise InstanceRejected(f"id: expected that of a removed instance, got {one!r:.100}")
        if documents:
            self.service.restore(documents)

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


def in_order(
    ids: Sequence[str], found: Iterable[Document], *, whole: bool = True
) -> list[Document]:
    """Give each document once, in the order of the ids; `whole`: refuse ids that are not there."""
    there = {document["id"]: document for document in found}
    missing = next((one for one in ids if one not in there), None) if whole else None
    if missing is not None:
        raise _not_found(missing)
    return [there[one] for one in dict.fromkeys(ids) if one in there]


def _among(ids: Sequence[str], query: RawQuery | None) -> RawQuery:
    for one in ids:
        if not isinstance(one, str):
            raise _not_found(one)
    chosen = {"id": {"$in": list(ids)}}
    return chosen if not query else {"$and": [chosen, query]}


def _not_found(id: object) -> InstanceNotFound:
    return InstanceNotFound(f"id: expected that of an instance, got {id!r:.100}")
