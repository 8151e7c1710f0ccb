"""What the `status` stream of a batch of predictions carries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

Status: TypeAlias = Literal["idle", "start", "running", "success", "error", "loaded", "loading"]


@dataclass(frozen=True)
class PredictionStatus:
    """One event in the life of a batch of predictions.

    A batch emits `start`, one `running` for each prediction that is stored, then `success`; or
    `error`. Where predictions are found in the store, it is `loaded`.
    """

    status: Status = "idle"
    """What happened."""

    count: int | None = None
    """How many instances have a prediction so far; None where it does not apply."""

    total: int | None = None
    """How many instances there are; None where that is not known before the last one."""

    data: dict[str, Any] | None = None
    """The stored prediction while `running`; a `message` at `error`; `stopped` where it was
    cancelled."""

    def to_dict(self) -> dict[str, Any]:
        """Give all four keys, None where one does not apply, as a copy that is safe to change."""
        data = None if self.data is None else dict(self.data)
        return {"status": self.status, "count": self.count, "total": self.total, "data": data}
