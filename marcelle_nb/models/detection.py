"""One object that a detector found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Detection:
    """What was found, and where.

    Examples
    --------
    >>> Detection((10.0, 20.0, 30.0, 40.0), "dog", 0.9).to_dict()
    {'bbox': [10.0, 20.0, 30.0, 40.0], 'class': 'dog', 'confidence': 0.9}
    """

    bbox: tuple[float, float, float, float]
    """Left, top, width and height in pixels of the image; a box may reach beyond it."""

    class_: str
    """The name of what was found; `class` in Marcelle's form."""

    confidence: float
    """A number in [0, 1]."""

    def to_dict(self) -> dict[str, Any]:
        """Give Marcelle's form, `{"bbox": […], "class": …, "confidence": …}`, safe to change."""
        return {"bbox": [*self.bbox], "class": self.class_, "confidence": self.confidence}
