"""What a classifier answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class ClassifierResults:
    """The label that a classifier gives to one input, and a confidence for every label.

    An untrained classifier answers `ClassifierResults(label=None, confidences={})`.
    """

    label: str | None = None
    """The winning label; None from a classifier that knows no label."""

    confidences: dict[str, float] = field(default_factory=dict)
    """A number in [0, 1] for every known label, zeros included; they sum to 1."""

    def to_dict(self) -> dict[str, Any]:
        """Give Marcelle's form, `{"label": …, "confidences": {…}}`, safe to change."""
        return {"label": self.label, "confidences": dict(self.confidences)}
