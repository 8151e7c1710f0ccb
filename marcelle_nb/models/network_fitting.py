"""The loop that trains a dense network: epochs of slices, between which a cancel is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.models.epoch_loop import train_epochs, with_validation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from marcelle_nb.models.dense_network import DenseNetwork, Floats, Indices
    from marcelle_nb.models.running_metrics import AnyMetrics
    from marcelle_nb.run import Run


@dataclass(frozen=True, eq=False)
class Part:
    """Rows of an array that are trained on, or validated on.

    Attributes
    ----------
    x : float32 or uint8, shape (n_rows, n_features)
    targets : float32, shape (n_rows, n_outputs)
    among : intp, shape (n,)
        Which rows: the array is not copied for it.
    """

    x: NDArray[Any]
    targets: Floats
    among: Indices

    @classmethod
    def whole(cls, x: NDArray[Any], targets: Floats) -> Part:
        """Take all rows."""
        return cls(x, targets, np.arange(len(x)))


def fit_network(
    model: Any,
    run: Run,
    network: DenseNetwork,
    training: Part,
    held_back: Part,
    rng: np.random.Generator,
    publish: Callable[[], None],
) -> dict[str, Any]:
    """Train for `model.epochs` epochs; tell each of them. See `train_epochs`.

    Parameters
    ----------
    model : Model
        `epochs` (read after every epoch) and `batch_size` are its; its stream tells.
    training, held_back : Part
        The second may have no rows; then there are no `val_` figures.
    publish : callable
        Called when the network has changed.

    Returns
    -------
    dict
        As of `train_epochs`.

    Raises
    ------
    Divergence
        As of `train_epochs`.
    """
    batch_size = model.batch_size

    def train() -> dict[str, float] | None:
        return _epoch(run, network, training, held_back, batch_size, rng)

    def is_finite() -> bool:
        return bool(np.isfinite(network.parameters).all())

    return train_epochs(model, run, train, is_finite, publish)


def _epoch(
    run: Run,
    network: DenseNetwork,
    training: Part,
    held_back: Part,
    batch_size: int,
    rng: np.random.Generator,
) -> dict[str, float] | None:
    """Go once through the rows; None where the run was cancelled before the last."""
    slices = network.train_epoch(training.x, training.targets, batch_size, rng, training.among)
    logs = _drain(run, slices)
    if logs is None or not len(held_back.among):
        return logs
    measured = _drain(run, network.evaluate(held_back.x, held_back.targets, held_back.among))
    return with_validation(logs, measured)


def _drain(run: Run, slices: Iterator[AnyMetrics]) -> dict[str, float] | None:
    """Work through slices; None if the run was cancelled before the last."""
    metrics = None
    for metrics in slices:  # noqa: B007 - the last ones are the result
        if run.cancelled:
            return None
    return None if metrics is None else metrics._asdict()
