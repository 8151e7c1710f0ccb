"""Which instances of a batch have a prediction from before."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from marcelle_nb.models.held_prediction import HeldPrediction


@dataclass
class DonePredictions:
    """Which instances have a prediction.

    Attributes
    ----------
    by_instance : dict
        The prediction of each.
    surplus : list of str
        The ids of predictions of no instance, or of one that has another.
    """

    by_instance: dict[Any, HeldPrediction] = field(default_factory=dict)
    surplus: list[str] = field(default_factory=list)

    def take(self, id: Any) -> HeldPrediction | None:
        """Give the prediction of an instance, once; None where it has none."""
        return self.by_instance.pop(id, None)

    def left(self) -> list[str]:
        """Give the ids of the predictions that no instance took."""
        return [*self.surplus, *(held.id for held in self.by_instance.values())]
