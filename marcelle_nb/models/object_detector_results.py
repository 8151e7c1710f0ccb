"""What a detector of objects answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from marcelle_nb.models.detection import Detection


@dataclass(frozen=True)
class ObjectDetectorResults:
    """The objects that were found in one image, the surest first; none where nothing was found."""

    outputs: list[Detection] = field(default_factory=list)
    """One for each object."""

    def to_dict(self) -> dict[str, Any]:
        """Give Marcelle's form, `{"outputs": […]}`, safe to change."""
        return {"outputs": [detection.to_dict() for detection in self.outputs]}
