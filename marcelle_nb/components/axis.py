"""The kind of a parameter that says what an axis of a plot stands for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from marcelle_nb.components.field_name import FieldName
from marcelle_nb.kinds import Integer, Kind


@dataclass(frozen=True)
class Axis(Kind):
    """The number of a component of x, from 0 on, or the name of a field."""

    type: ClassVar[str] = "axis"

    def check(self, name: str, value: Any) -> int | str:
        """Return the number or the name."""
        if isinstance(value, str):
            return FieldName().check(name, value)
        return Integer(min=0).check(name, value)
