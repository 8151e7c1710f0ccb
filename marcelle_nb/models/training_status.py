"""What a model's `training` stream carries."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

Status: TypeAlias = Literal["idle", "start", "epoch", "success", "error", "loaded", "loading"]


@dataclass(frozen=True)
class TrainingStatus:
    """One event in the life of a model.

    A training emits `start`, one `epoch` after each epoch, then `success`; one that cannot begin
    emits `error` alone. Loading emits `loading`, then `loaded` or `error`.
    """

    status: Status = "idle"
    """What happened."""

    epoch: int | None = None
    """The epoch that has ended, counted from 1; None where it does not apply."""

    epochs: int | None = None
    """How many epochs the training is to have; None where it does not apply."""

    data: dict[str, Any] | None = None
    """The metrics of an `epoch`, the history at `success` (a list per metric), or a `message`."""

    def to_dict(self) -> dict[str, Any]:
        """Give all four keys, None where one does not apply, as a copy that is safe to change."""
        data = None if self.data is None else dict(self.data)
        return {"status": self.status, "epoch": self.epoch, "epochs": self.epochs, "data": data}

    def to_entry(self, run: int) -> dict[str, Any]:
        """Give what a page is told, in a form that JSON knows; `run` counts a model's trainings."""
        told = self.data or {}
        # an embedding is for who subscribes: no page draws it
        data = {key: _json(value) for key, value in told.items() if not hasattr(value, "shape")}
        if self.status == "success":  # the page has the history already
            data = {"stopped": True} if data.get("stopped") else {}
        return {**self.to_dict(), "run": run, "data": data}


def _json(value: Any) -> Any:
    """Give a number that JSON can say: it has no NaN and no infinity."""
    return None if isinstance(value, float) and not math.isfinite(value) else value
