"""The loop that trains a Keras model: epochs of steps, between which a cancel is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.models.divergence import Divergence, refuse_divergence
from marcelle_nb.models.keras_state import KerasState, has_finite_weights
from marcelle_nb.models.validation_split import split_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from marcelle_nb.models.keras_examples import Examples
    from marcelle_nb.models.keras_model import KerasModel
    from marcelle_nb.models.keras_network import KerasNetwork
    from marcelle_nb.run import Run


def train_network(
    model: KerasModel,
    run: Run,
    network: KerasNetwork,
    examples: Examples,
    validation: Examples | None,
    *,
    split: float,
) -> dict[str, Any]:
    """Train for `model.epochs` epochs; tell and publish each of them.

    Parameters
    ----------
    model : KerasModel
        Its parameters are read, its stream tells.
    network : KerasNetwork
        Prepared.
    examples : Examples
    validation : Examples or None
        None: a part of the examples, `split` of each class.
    split : float

    Returns
    -------
    dict
        What `success` carries beside the history.

    Raises
    ------
    Divergence
        If the weights or the loss become infinite or NaN; the model then has the weights that it
        had before.
    """
    rng = np.random.default_rng(model.seed)
    rows, targets = examples.rows, network.targets(examples)
    if validation is not None:
        train, test = np.arange(len(rows)), np.arange(len(validation.rows))
        tests = validation.rows, network.targets(validation)
    else:
        classes = [""] * len(rows) if network.is_regression else examples.y
        train, test = split_rows(classes, split, rng)
        tests = rows, targets
    epoch, batch_size, before = 0, model.batch_size, KerasState(network.model)
    model._begin(model.epochs)
    while epoch < model.epochs:
        network.set_learning_rate(model.learning_rate)
        order = rng.permutation(train)
        logs = network.train_epoch(run, rows, targets, batch_size, order)
        logs = None if logs is None else _tested(run, network, logs, (*tests, test), batch_size)
        try:
            is_finite = has_finite_weights(network.model)
            refuse_divergence(model, epoch + 1, logs, is_finite=is_finite)
        except Divergence:
            with network.turns:  # what predicts has it already, where it was trained before
                before.restore()
            raise
        model._publish(run, network)  # part of an epoch too
        if logs is None:
            return {"stopped": True}
        epoch += 1
        model._epoch(run, epoch, model.epochs, logs)
    return {}


def _tested(
    run: Run,
    network: KerasNetwork,
    logs: dict[str, float],
    tests: tuple[NDArray[Any], NDArray[Any], NDArray[Any]],
    batch_size: int,
) -> dict[str, float] | None:
    """Add what is measured on the rows that are not trained on; None where that was cancelled."""
    rows, targets, order = tests
    if not len(order):
        return logs
    measured = network.evaluate(run, rows, targets, batch_size, order)
    if measured is None:
        return None
    return {**logs, **{f"val_{key}": value for key, value in measured.items()}}
