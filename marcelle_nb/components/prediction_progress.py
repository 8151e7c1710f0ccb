"""Shows how far a batch of predictions is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marcelle_nb.component import Component
from marcelle_nb.components.progress_bar import (
    progress_html,
    progress_of,
    share_of,
    statuses_of,
)
from marcelle_nb.models.prediction_status import PredictionStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from marcelle_nb.stream import Stream


class PredictionProgress(Component):
    """A bar that fills as a dataset is predicted.

    Parameters
    ----------
    batch : BatchPrediction, or an object with a stream `status` of PredictionStatus
        It is listened to until a page has shown the bar and gone.

    Attributes
    ----------
    progress : Stream of dict
        Held. `message`; `progress`, in [0, 1] or None (it is under way, nobody knows how far);
        `type`: `default`, `idle`, `success` or `danger`. A batch that failed leaves the bar where
        it was.

    Raises
    ------
    TypeError
        If the batch has no such stream.

    Notes
    -----
    Thread: any.
    """

    view = "prediction_progress"

    def __init__(self, batch: Any) -> None:
        super().__init__()
        statuses = statuses_of(batch, "status", "batch")
        self.progress: Stream[dict[str, Any]] = self._stream(progress_of("idle", 0.0))
        self._detail: Stream[str] = self._stream("")
        self._while_shown(statuses, self._show)

    def _show(self, status: PredictionStatus) -> None:
        if not isinstance(status, PredictionStatus):
            raise TypeError(f"status: expected a PredictionStatus, got {status!r:.80}")
        share = share_of(status.count, status.total)
        if status.status == "error":
            share = share or self.progress.value["progress"] or 0.0
        self._detail.set(_detail(status))
        self.progress.set(progress_of(status.status, share))

    def _synced(self) -> Mapping[str, Stream[Any]]:
        return {"progress": self.progress, "detail": self._detail}

    def _summary(self) -> list[tuple[str, object]]:
        status = self.progress.value["message"].removeprefix("Status: ")
        rows: list[tuple[str, object]] = [("status", status)]
        return [*rows, ("progress", detail)] if (detail := self._detail.value) else rows

    def _picture_html(self) -> str:
        return progress_html(self.progress.value, "")


def _detail(status: PredictionStatus) -> str:
    """Say what the status alone does not."""
    data = status.data or {}
    if status.status == "error":
        return str(data.get("message", ""))[:500]
    if status.count is None:
        return ""
    of = "" if status.total is None else f" of {status.total:,}"
    stopped = ", stopped" if status.status == "success" and data.get("stopped") else ""
    return f"{status.count:,}{of} predicted{stopped}"
