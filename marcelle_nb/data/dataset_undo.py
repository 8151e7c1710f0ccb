"""What takes back the last change of a dataset."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from marcelle_nb.data.instance import checked_label
from marcelle_nb.errors import NotFound
from marcelle_nb.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from marcelle_nb.data.before_commit import BeforeCommit
    from marcelle_nb.data.collection import Collection
    from marcelle_nb.data.instance import Instance
    from marcelle_nb.data.taken import Taken

R = TypeVar("R")
T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class _Change:
    """A change of `n` instances; `back` takes it back, and gives how many that were."""

    what: str
    n: int
    back: Callable[[], int]
    made_of: object
    was_tried: bool = False
    is_sure: bool = True
    before: _Change | None = None


class DatasetUndo:
    """Remembers how to take back the last deletion, relabelling or import.

    A change that failed while it was committed, or was interrupted, may have been made: then it can
    be taken back, and where it turns out that it was not made, the one before can be.

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
        self._last: _Change | None = None
        self._lock = threading.Lock()

    def removing(self, which: str, remove: Callable[[BeforeCommit[Taken]], Taken]) -> Taken:
        """Remove instances, and remember that."""
        put_back = self._collection.service.put_back

        def change(taken: Taken) -> _Change:
            what = f"{counted(len(taken))}{which} deleted"
            return _Change(what, len(taken), lambda: len(put_back(taken)), taken)

        return self._follow(remove, change)

    def relabelling(
        self, label: object, relabel: Callable[[BeforeCommit[dict[str, Any]]], list[Instance]]
    ) -> list[Instance]:
        """Relabel instances, and remember what was kept as the label of each id before."""

        def change(before: dict[str, Any]) -> _Change:
            new = checked_label(label)  # as it was written: 3 became "3"
            as_ = "without a label" if new is None else f"as {new!r}"
            what = f"{counted(len(before))} relabelled {as_}"
            other = {
                one: it for one, it in before.items() if not (isinstance(it, str) and it == new)
            }
            return _Change(what, len(other), lambda: self._label_back(other, new), before)

        return self._follow(relabel, change)

    def importing(self, bring: Callable[[BeforeCommit[dict[str, str]]], list[str]]) -> list[str]:
        """Bring instances from files, and remember them: a cell that runs again brings them again.

        What `bring` tells of is the `updatedAt` of each id.
        """

        def change(new: dict[str, str]) -> _Change:
            what = f"{counted(len(new))} imported"
            return _Change(what, len(new), lambda: self._remove(new), new)

        return self._follow(bring, change)

    def undo(self) -> str:
        """Take the last change back, and say what was done; "" where there was nothing.

        Where that fails, it can still be taken back, unless something newer can.
        """
        last: _Change | None = None
        try:
            with self._lock:
                last = self._last
                self._last = None
                self.undoable._post("")
            self.undoable._deliver()
            return "" if last is None else self._taken_back(last)
        except BaseException:
            if last is not None:
                self._keep(replace(last, was_tried=True), again=True)
            raise

    def _taken_back(self, last: _Change) -> str:
        done: int | None
        try:
            done = last.back()
        except NotFound:
            if last.is_sure:
                raise
            done = None
        if done is None or not (done or last.is_sure or last.was_tried):
            if last.before is not None:
                self._keep(last.before, again=True)
            return f"Was not done: {last.what}"
        why = "undone before or changed since" if last.was_tried else "changed since"
        n_left = last.n - done
        left = f" ({counted(n_left)} {why}, and left as they are)" if n_left else ""
        return f"Undone: {last.what}{left}"

    def _follow(self, act: Callable[[BeforeCommit[T]], R], change_of: Callable[[T], _Change]) -> R:
        """Do something, and remember it; also where it fails, and may have been done."""
        made: T | None = None

        def before_commit(result: T | None) -> None:
            nonlocal made
            made = result

        is_sure = False
        try:
            given = act(before_commit)
            is_sure = True
            if made:
                self._keep(change_of(made))
        except BaseException:
            if made:
                self._keep(replace(change_of(made), is_sure=is_sure))
            raise
        return given

    def _keep(self, change: _Change, *, again: bool = False) -> None:
        """Remember what takes a change back; `again` only where there is nothing newer."""
        with self._lock:
            last = self._last
            if again and last is not None:
                return
            if last is not None and last.made_of is change.made_of:  # interrupted in here before
                change = last
            elif not change.is_sure and not again:
                change = replace(change, before=last)
            self._last = change
            self.undoable._post(change.what if change.is_sure else f"{change.what}, perhaps")
        self.undoable._deliver()

    def _remove(self, new: Mapping[str, str]) -> int:
        """Remove only what is as it came: others may have worked on it since."""
        query = {
            "id": {"$in": [*new]},
            "datasetName": self._collection.name,
            "updatedAt": {"$in": [*{*new.values()}]},
        }
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
