"""Shows how far a batch of predictions is."""

from __future__ import annotations

from typing import Any

from marcelle_nb.components.progress_bar import ProgressBar, share_of, statuses_of
from marcelle_nb.models.prediction_status import PredictionStatus


class PredictionProgress(ProgressBar):
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
        super().__init__(statuses_of(batch, "status", "batch"))

    def _show(self, status: PredictionStatus) -> None:
        if not isinstance(status, PredictionStatus):
            raise TypeError(f"status: expected a PredictionStatus, got {status!r:.80}")
        share = share_of(status.count, status.total)
        if status.status == "error":
            share = share or self.progress.value["progress"] or 0.0
        self._fill(status.status, share, _detail(status))


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
