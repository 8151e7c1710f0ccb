"""What takes back the last change of a dataset."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from marcelle_nb.data.instance import checked_label
from marcelle_nb.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from marcelle_nb.data.collection import Collection
    from marcelle_nb.data.instance import Instance
    from marcelle_nb.data.taken import Taken


class DatasetUndo:
    """Remembers how to take back the last deletion or relabelling.

    Parameters
    ----------
    collection : Collection
        Where it was made.

    Attributes
    ----------
    undoable : Stream of str
        What would be taken back; empty where nothing is. Held.
    """

    def __init__(self, collection: Collection) -> None:
        self.undoable: Stream[str] = Stream("")
        self._collection = collection
        self._act: Callable[[], int] | None = None
        self._n = 0
        self._lock = threading.Lock()

    def removed(self, what: str, taken: Taken) -> None:
        """Remember a deletion."""
        if taken:
            put_back = self._collection.service.put_back
            self._keep(f"{what} deleted", len(taken), lambda: len(put_back(taken)))

    def relabelled(self, before: Sequence[Instance], label: object) -> None:
        """Remember a relabelling: the ids, and the labels that they had."""
        label = checked_label(label)  # as it was written: 3 became "3"
        if before:
            as_ = "without a label" if label is None else f"as {label!r}"
            what = f"{counted(len(before))} relabelled {as_}"
            self._keep(what, len(before), lambda: self._label_back(before, label))

    def undo(self) -> str:
        """Take the last change back, and say what was done; "" where there was nothing."""
        with self._lock:
            act, self._act = self._act, None
            what, n = self.undoable.value, self._n
            self.undoable._post("")
        self.undoable._deliver()
        if act is None:
            return ""
        done = act()
        left = f" ({counted(n - done)} changed since, and left as they are)" if done < n else ""
        return f"Undone: {what}{left}"

    def _keep(self, what: str, n: int, act: Callable[[], int]) -> None:
        with self._lock:
            self._act, self._n = act, n
            self.undoable._post(what)
        self.undoable._deliver()

    def _label_back(self, before: Sequence[Instance], label: str | None) -> int:
        """Change only what still has the new label: others may have relabelled it since."""
        done, by_label = 0, dict[Any, list[str]]()
        for instance in before:
            by_label.setdefault(instance["y"], []).append(instance["id"])
        for old, ids in by_label.items():
            query = {"id": {"$in": ids}, "y": label, "datasetName": self._collection.name}
            done += len(self._collection.service.patch(None, {"y": old}, query, arrays=False))
        return done


def counted(n: int) -> str:
    """Say how many instances."""
    return f"{n} instance{'' if n == 1 else 's'}"
