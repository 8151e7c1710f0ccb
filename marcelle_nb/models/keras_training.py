"""The loop that trains a Keras model: epochs of steps, between which a cancel is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.models.divergence import Divergence
from marcelle_nb.models.epoch_loop import train_epochs, with_validation
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
        As of `train_epochs`.

    Raises
    ------
    Divergence
        As of `train_epochs`; the model then has the weights that it had before.
    """
    rng = np.random.default_rng(model.seed)
    rows, targets = examples.rows, network.targets(examples)
    if validation is not None:
        train_rows, test_rows = np.arange(len(rows)), np.arange(len(validation.rows))
        tests = validation.rows, network.targets(validation)
    else:
        classes = [""] * len(rows) if network.is_regression else examples.y
        train_rows, test_rows = split_rows(classes, split, rng)
        tests = rows, targets
    batch_size, before = model.batch_size, KerasState(network.model)

    def train() -> dict[str, float] | None:
        network.set_learning_rate(model.learning_rate)
        logs = network.train_epoch(run, rows, targets, batch_size, rng.permutation(train_rows))
        if logs is None:
            return None
        return _tested(run, network, logs, (*tests, test_rows), batch_size)

    try:
        return train_epochs(
            model,
            run,
            train,
            lambda: has_finite_weights(network.model),
            lambda: model._publish(run, network),
        )
    except Divergence:
        with network.turns:  # what predicts has it already, where it was trained before
            before.restore()
        raise


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
    return with_validation(logs, measured)
