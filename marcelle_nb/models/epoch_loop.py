"""The loop of a training that has epochs, whatever computes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marcelle_nb.models.divergence import refuse_divergence

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from marcelle_nb.run import Run


def train_epochs(
    model: Any,
    run: Run,
    train: Callable[[], Mapping[str, float] | None],
    is_finite: Callable[[], bool],
    publish: Callable[[], None],
) -> dict[str, Any]:
    """Train for `model.epochs` epochs; tell and publish each of them.

    Parameters
    ----------
    model : Model
        `epochs` is read after every epoch; its stream tells.
    train : callable
        Trains for one epoch, and gives what it measured; None where the run was cancelled.
    is_finite : callable
        Says whether all weights are.
    publish : callable
        Called when the weights have changed, also after a part of an epoch.

    Returns
    -------
    dict
        What `success` carries beside the history.

    Raises
    ------
    Divergence
        If the weights or the loss become infinite or NaN; these are not published.
    """
    epoch = 0
    model._begin(model.epochs)
    while epoch < model.epochs:
        logs = train()
        refuse_divergence(model, epoch + 1, logs, is_finite=is_finite())
        publish()
        if logs is None:
            return {"stopped": True}
        epoch += 1
        model._epoch(run, epoch, model.epochs, logs)
    return {}


def with_validation(
    logs: Mapping[str, float], measured: Mapping[str, float] | None
) -> dict[str, float] | None:
    """Add the figures of the rows that are not trained on; None where that was cancelled."""
    if measured is None:
        return None
    return {**logs, **{f"val_{key}": value for key, value in measured.items()}}
