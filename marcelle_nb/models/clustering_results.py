"""What a clustering answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class ClusteringResults:
    """The cluster that an input belongs to, and a confidence for every cluster.

    A clustering that has learned nothing answers `ClusteringResults(cluster=None, confidences={})`.
    """

    cluster: int | None = None
    """The number of the nearest centre, from 0."""

    confidences: dict[str, float] = field(default_factory=dict)
    """A number in [0, 1] for every cluster by its number as text; they sum to 1."""

    def to_dict(self) -> dict[str, Any]:
        """Give Marcelle's form, `{"cluster": …, "confidences": {…}}`, safe to change."""
        return {"cluster": self.cluster, "confidences": dict(self.confidences)}
