"""How many instances there are of each label, and the first of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from marcelle_nb.data.dataset import Dataset
from marcelle_nb.data.instance_iterable import InstanceIterable
from marcelle_nb.data.stored_instance import shown_label

if TYPE_CHECKING:
    from marcelle_nb.data.instance import Instance


class LabelExamples:
    """Counts instances by label, and keeps the first few of the labels that are most frequent.

    Of a dataset only these are read, and of the others the labels; anything else is read once.

    Parameters
    ----------
    data : Dataset or iterable of instances
        Whose.
    examples : int
        How many of each label.
    most : int
        Of how many labels.

    Attributes
    ----------
    counts : dict of (str or None) to int
        In first-seen order; None for instances without a label, of a dataset the last.
    shown : dict of (str or None) to list of instances
        The examples of the most frequent labels, in the order of `counts`.

    Raises
    ------
    TypeError
        If `data` holds no instances.
    """

    def __init__(
        self, data: Dataset | Iterable[Mapping[str, Any]], examples: int, most: int
    ) -> None:
        self.counts: Counter[str | None] = Counter()
        self.shown: dict[str | None, list[Mapping[str, Any]]] = {}
        self._examples = examples
        self._most = most
        if isinstance(data, Dataset):
            self._ask(data)
        elif isinstance(data, InstanceIterable):
            self._read_twice(data)
        else:
            self._read(data)

    def _choose(self) -> list[str | None]:
        often = set(sorted(self.counts, key=self.counts.__getitem__, reverse=True)[: self._most])
        return [label for label in self.counts if label in often]

    def _ask(self, data: Dataset) -> None:
        self.counts.update(data.label_counts())
        unlabelled = data.find({"$limit": 0})["total"] - self.counts.total()
        if unlabelled > 0:
            self.counts[None] = unlabelled
        for label in self._choose():
            chosen = {"y": label, "$limit": self._examples}
            self.shown[label] = _seen(data.items(chosen)) if self._examples else []

    def _read_twice(self, instances: InstanceIterable) -> None:
        ids: dict[str | None, list[str]] = {}
        for instance in instances.select(["y"]):
            label = _label(instance)
            self.counts[label] += 1
            if len(first := ids.setdefault(label, [])) < self._examples:
                first.append(instance["id"])
        # these are the ones, however many others were to be skipped
        alone = instances.unlimited()
        for label in self._choose():
            among = {"id": {"$in": ids[label]}}
            self.shown[label] = _seen(alone.query(among)) if ids[label] else []

    def _read(self, instances: Iterable[Mapping[str, Any]]) -> None:
        found: dict[str | None, list[Mapping[str, Any]]] = {}
        for instance in instances:
            if not isinstance(instance, Mapping):
                raise TypeError(f"data: expected instances, got {instance!r:.80}")
            label = _label(instance)
            self.counts[label] += 1
            if len(first := found.setdefault(label, [])) < self._examples:
                first.append(instance)
        self.shown = {label: found[label] for label in self._choose()}


def _seen(instances: Any) -> list[Mapping[str, Any]]:
    """Read what there is to be seen of instances: x only of those without a thumbnail."""
    found: list[Instance] = list(instances.select(["thumbnail"]))
    bare = [it["id"] for it in found if not it.get("thumbnail")]
    read = {it["id"]: it for it in instances.query({"id": {"$in": bare}})} if bare else {}
    return [read.get(it["id"], it) for it in found]


def _label(instance: Mapping[str, Any]) -> str | None:
    value = instance.get("y")
    if isinstance(value, int | float) and not isinstance(value, bool):
        return shown_label(value)
    return None if value is None or not str(value) else str(value)
