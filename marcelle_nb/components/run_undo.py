"""What brings removed runs back."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from marcelle_nb.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Sequence

    from marcelle_nb.models.removed_runs import RemovedRuns

MAX_UNDO = 20


class RunUndo:
    """Remembers the last deletions, until the store is closed.

    Attributes
    ----------
    undoable : Stream of str
        What would be brought back; empty where nothing would. Held.
    """

    def __init__(self) -> None:
        self.undoable: Stream[str] = Stream("")
        self._removed: list[RemovedRuns] = []
        self._lock = threading.Lock()

    def add(self, removed: RemovedRuns) -> None:
        """Remember a deletion."""
        self._set([*self._removed, removed][-MAX_UNDO:])

    def undo(self) -> str:
        """Bring back what was removed last, and say what was done; "" where there was nothing."""
        with self._lock:
            removed = self._removed[-1] if self._removed else None
        if removed is None:
            return ""
        n = removed.put_back()
        self._set([one for one in self._removed if one is not removed])
        left = len(removed.names) - n
        rest = f"; {left} could not be: the name is taken" if left else ""
        return f"{_counted(removed.names)} brought back{rest}"

    def _set(self, removed: list[RemovedRuns]) -> None:
        with self._lock:
            self._removed = removed
            self.undoable._post(f"{_counted(removed[-1].names)} deleted" if removed else "")
        self.undoable._deliver()


def _counted(names: Sequence[str]) -> str:
    return names[0][:200] if len(names) == 1 else f"{len(names)} runs"
