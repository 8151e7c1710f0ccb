"""A training whose numbers have become infinite or NaN."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import TrainingError

if TYPE_CHECKING:
    from collections.abc import Mapping


class Divergence(TrainingError):
    """A training went out of the range of its numbers; its model becomes what it was before."""


def refuse_divergence(
    model: Any, epoch: int, logs: Mapping[str, float] | None, *, is_finite: bool
) -> None:
    """End a training that cannot come to anything any more.

    Parameters
    ----------
    model : Model
        Whose training; what it has to be tuned with is what the message advises.
    epoch : int
        Its number, from 1.
    logs : mapping or None
        What the epoch has measured; None where it was cancelled.
    is_finite : bool
        Whether all weights are.

    Raises
    ------
    Divergence
        If the weights or the loss are not finite.
    """
    loss = (logs or {}).get("loss", 0.0)
    if is_finite and math.isfinite(loss):
        return
    what = f"a loss of {loss}" if is_finite else "weights that are infinite or NaN"
    scaled = "x and y" if model._learned == "number" else "x"
    slower = ", or lower learning_rate" if hasattr(model, "learning_rate") else ""
    raise Divergence(
        f"{model.title}: expected finite numbers in epoch {epoch}, got {what}: the training has"
        f" diverged; scale {scaled} of the instances to numbers from about -1 to 1{slower}. The"
        " model is as it was before"
    )
