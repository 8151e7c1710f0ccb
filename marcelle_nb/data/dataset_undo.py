"""What takes back the last change of a dataset."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from marcelle_nb.data.instance import checked_label
from marcelle_nb.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from marcelle_nb.data.collection import Collection
    from marcelle_nb.data.taken import Taken


class DatasetUndo:
    """Remembers how to take back the last deletion, relabelling or import.

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

    def relabelled(self, before: Mapping[str, Any], label: object) -> None:
        """Remember a relabelling: what was kept as the label of each id before."""
        label = checked_label(label)  # as it was written: 3 became "3"
        if before:
            as_ = "without a label" if label is None else f"as {label!r}"
            what = f"{counted(len(before))} relabelled {as_}"
            self._keep(what, len(before), lambda: self._label_back(before, label))

    def imported(self, ids: Sequence[str]) -> None:
        """Remember instances that came from files: a cell that runs again brings them again."""
        if ids:
            self._keep(f"{counted(len(ids))} imported", len(ids), lambda: self._remove(ids))

    def undo(self) -> str:
        """Take the last change back, and say what was done; "" where there was nothing.

        Where that fails, it can still be taken back, unless something newer can.
        """
        with self._lock:
            act, self._act = self._act, None
            what, n = self.undoable.value, self._n
            self.undoable._post("")
        self.undoable._deliver()
        if act is None:
            return ""
        try:
            done = act()
        except BaseException:
            self._keep(what, n, act, again=True)
            raise
        left = f" ({counted(n - done)} changed since, and left as they are)" if done < n else ""
        return f"Undone: {what}{left}"

    def _keep(self, what: str, n: int, act: Callable[[], int], *, again: bool = False) -> None:
        """Remember what takes a change back; `again` only where there is nothing newer."""
        with self._lock:
            if again and self._act is not None:
                return
            self._act, self._n = act, n
            self.undoable._post(what)
        self.undoable._deliver()

    def _remove(self, ids: Sequence[str]) -> int:
        query = {"id": {"$in": [*ids]}, "datasetName": self._collection.name}
        return len(self._collection.service.take(query))

    def _label_back(self, before: Mapping[str, Any], label: str | None) -> int:
        """Change only what still has the new label: others may have relabelled it since."""
        has_it = {"$in": [None, ""]} if label is None else label
        query = {"id": {"$in": [*before]}, "y": has_it, "datasetName": self._collection.name}
        service = self._collection.service
        back = service.exchange("y", lambda it: before[it["id"]], lambda it: it["id"], query)
        return len(back)


def counted(n: int) -> str:
    """Say how many instances."""
    return f"{n:,} instance{'' if n == 1 else 's'}"
