"""Tells the runs that go on from those whose kernel is gone."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from marcelle_nb.models.run_document import RUNNING

if TYPE_CHECKING:
    from collections.abc import Mapping

SILENT_S = 15.0
"""A run that writes a beat and is silent for this long is over: its kernel was killed."""

FOREIGN_SILENT_S = 600.0
"""Marcelle writes no beat, only the end of each epoch."""


class RunPulse:
    """Watches the beats of runs, with this machine's clock alone once it has seen one.

    Notes
    -----
    Thread: any; two at once may both take a look. A clock that is wrong can only mislead about a
    run that it sees for the first time, until that writes again.
    """

    def __init__(self) -> None:
        self._seen: dict[str, tuple[object, float]] = {}

    def is_alive(self, run: Mapping[str, Any]) -> bool:
        """Say whether a run goes on."""
        identifier = run["id"]
        if run["status"] not in RUNNING:
            self._seen.pop(identifier, None)
            return False
        beat, written = run.get("beat"), run.get("updatedAt")
        now = time.monotonic()
        known = self._seen.get(identifier)
        if known is None:
            known = self._seen[identifier] = (beat, written), now - _age_s(written)
        elif known[0] != (beat, written):
            known = self._seen[identifier] = (beat, written), now
        return now - known[1] < (FOREIGN_SILENT_S if beat is None else SILENT_S)

    def status(self, run: Mapping[str, Any]) -> str:
        """Give the status of a run, "stopped" where it goes on only by its document."""
        is_gone = run["status"] in RUNNING and not self.is_alive(run)
        return "stopped" if is_gone else str(run["status"])


def _age_s(written: Any) -> float:
    try:
        then = datetime.fromisoformat(written)
    except (TypeError, ValueError):
        return 0.0
    then = then if then.tzinfo else then.replace(tzinfo=UTC)
    return max(0.0, (datetime.now(UTC) - then).total_seconds())
