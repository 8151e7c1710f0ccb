"""Runs that were removed, and can be put back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from marcelle_nb.data.service import Service
    from marcelle_nb.data.taken import Taken


@dataclass(frozen=True, eq=False)
class RemovedRuns:
    """What `TrainingRuns.remove` took out: runs, and before them the models of their checkpoints.

    Attributes
    ----------
    names : tuple of str
        Of the runs.
    parts : tuple of (Service, Taken)
        What was taken out of where; the runs come last.
    """

    names: tuple[str, ...]
    parts: tuple[tuple[Service, Taken], ...]

    def put_back(self) -> int:
        """Put all of it back, and say how many runs came: not one whose place is taken."""
        return [len(service.put_back(taken)) for service, taken in self.parts][-1]
