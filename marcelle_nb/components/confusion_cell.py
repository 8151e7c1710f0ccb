"""The kind of a parameter that holds a cell of a confusion matrix."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from marcelle_nb.kinds import Kind, Text

LABEL = Text()
"""As long as it is: the matrix has it from the predictions."""


@dataclass(frozen=True)
class ConfusionCell(Kind):
    """A cell, by the label that was predicted, `x`, and the one that is true, `y`; or none.

    Parameters
    ----------
    at : callable
        Gives the cell of two labels as it is now.
    """

    type: ClassVar[str] = "confusion cell"
    at: Callable[[str, str], dict[str, Any]]

    def check(self, name: str, value: Any) -> dict[str, Any] | None:
        """Return the cell with the number that it has now."""
        if value is None:
            return None
        if not isinstance(value, Mapping) or not {"x", "y"} <= set(value):
            raise TypeError(
                f"{name}: expected None or a cell {{'x': predicted, 'y': true}}, got {value!r:.80}"
            )
        return self.at(*(LABEL.check(f"{name}[{key!r}]", value[key]) for key in ("x", "y")))
