"""Shows how far a training is."""

from __future__ import annotations

from typing import Any

from marcelle_nb.components.progress_bar import ProgressBar, share_of, statuses_of
from marcelle_nb.models.training_status import TrainingStatus


class TrainingProgress(ProgressBar):
    """A bar that fills as a model trains.

    Parameters
    ----------
    model : Model, or an object with a stream `training` of TrainingStatus
        It is listened to until a page has shown the bar and gone.

    Attributes
    ----------
    progress : Stream of dict
        Held. `message`; `progress`, in [0, 1] or None (it trains or loads, nobody knows how far);
        `type`: `default`, `idle`, `success` or `danger`. A training that failed leaves the bar
        where it was; of one that could not begin it is empty.

    Raises
    ------
    TypeError
        If the model has no such stream.

    Notes
    -----
    Thread: any.

    Examples
    --------
    >>> from marcelle_nb.models.mlp import MLP
    >>> TrainingProgress(MLP()).progress.value
    {'message': 'Status: idle', 'progress': 0.0, 'type': 'idle'}
    """

    view = "training_progress"

    def __init__(self, model: Any) -> None:
        self._last = TrainingStatus()  # before the first is shown
        super().__init__(statuses_of(model, "training", "model"))

    def _show(self, status: TrainingStatus) -> None:
        if not isinstance(status, TrainingStatus):
            raise TypeError(f"training: expected a TrainingStatus, got {status!r:.80}")
        before, self._last = self._last, status
        if status is before:  # who is shown again is told again
            return
        share = share_of(status.epoch, status.epochs)
        if status.status == "error":
            had_begun = before.status in {"start", "epoch"}
            share = (had_begun and self.progress.value["progress"]) or 0.0
        self._fill(status.status, share, _detail(status))


def _detail(status: TrainingStatus) -> str:
    """Say what the status alone does not."""
    data = status.data or {}
    if status.status == "error":
        return str(data.get("message", ""))[:500]
    if status.status == "success" and data.get("stopped"):
        return "stopped, what was learned is kept"
    if status.epoch is None:
        return ""
    # the number planned can be lowered while a training is past it
    is_planned = status.epochs is not None and status.epochs >= status.epoch
    return f"{status.epoch:,}" + (f" of {status.epochs:,}" if is_planned else "")
