"""A multilayer perceptron."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.errors import InstanceRejected
from marcelle_nb.kinds import Float, Integer, IntegerList
from marcelle_nb.models.classifier import Classifier, check_version
from marcelle_nb.models.classifier_results import ClassifierResults
from marcelle_nb.models.network import Network
from marcelle_nb.models.validation_split import split_rows
from marcelle_nb.parameter import parameter

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from marcelle_nb.data.instance import Instance
    from marcelle_nb.models.running_metrics import Metrics
    from marcelle_nb.run import Run

    Floats = NDArray[np.float32]


class MLP(Classifier):
    """Labels a row with a small neural network: dense layers with ReLU, then softmax.

    It minimises cross-entropy with Adam. Every training begins with new weights. While it runs,
    `predict` uses the newest epoch.

    Parameters
    ----------
    layers : list of int
        Units of each hidden layer; an empty list gives a linear classifier. Read when a training
        begins.
    epochs : int
        How often all rows are shown. Read after every epoch: a change counts at once.
    batch_size : int
        Rows a step. Read when a training begins.
    validation_split : float
        The share of the rows of each label, in [0, 1], that validates instead of training. The rows
        are drawn once a training.
    seed : int, optional
        Makes trainings repeatable bit by bit on one machine.

    Notes
    -----
    Computed in NumPy, not TensorFlow: for networks of up to about half a million weights its loop
    over one flat vector is the faster of the two, and nothing has to be imported first.

    References
    ----------
    Kingma, D. & Ba, J. (2015). Adam: A method for stochastic optimization. ICLR.
    """

    title = "MLP"
    min_labels = 2
    layers = parameter(IntegerList(min=1, max=10_000, max_length=20), [64, 32])
    epochs = parameter(Integer(min=1, max=100_000), 20)
    batch_size = parameter(Integer(min=1, max=100_000), 8)
    validation_split = parameter(Float(min=0, max=1), 0.2)

    def __init__(self, *, seed: int | None = None, **parameters: Any) -> None:
        super().__init__(**parameters)
        self.seed = None if seed is None else Integer(min=0).check("seed", seed)

    def _fit(
        self, run: Run, instances: list[Instance], validation: list[Instance] | None
    ) -> dict[str, Any]:
        rows, y, features = self._arrays(run, instances)
        labels = self._distinct(y)
        rng = np.random.default_rng(self.seed)
        targets = _one_hot(y, labels)
        if validation is not None:
            kept = rows
            held_back, y_held_back = self._validation(run, validation, rows.shape[1], features)
            held_back_targets = _one_hot(y_held_back, labels)
        else:
            train, test = split_rows(y, self.validation_split, rng)
            kept, held_back = rows[train], rows[test]
            targets, held_back_targets = targets[train], targets[test]
        network = Network(rows.shape[1], self.layers, len(labels), rng)
        epoch, batch_size = 0, self.batch_size
        self._begin(self.epochs)
        while epoch < self.epochs:
            metrics = _drain(run, network.train_epoch(kept, targets, batch_size, rng))
            if metrics is None:
                break
            logs = {"loss": metrics.loss, "accuracy": metrics.accuracy}
            if len(held_back):
                metrics = _drain(run, network.evaluate(held_back, held_back_targets))
                if metrics is None:
                    break
                logs |= {"val_loss": metrics.loss, "val_accuracy": metrics.accuracy}
            epoch += 1
            self._publish(run, _Fitted(network.snapshot(), labels, features))
            self._epoch(run, epoch, self.epochs, logs)
        else:
            return {}
        self._publish(run, _Fitted(network.snapshot(), labels, features))  # part of an epoch too
        return {"stopped": True}

    def _validation(
        self, run: Run, instances: list[Instance], n_features: int, features: str | None
    ) -> tuple[Floats, list[str]]:
        if not instances:
            return np.empty((0, n_features), np.float32), []
        rows, y, version = self._arrays(run, instances)
        check_version("validation_dataset", version, features)
        if rows.shape[1] != n_features:
            raise InstanceRejected(
                f"validation_dataset: expected {n_features} numbers an instance, "
                f"got {rows.shape[1]}"
            )
        return rows, y

    def _answer(self, fitted: _Fitted, rows: Floats) -> list[ClassifierResults]:
        return [
            ClassifierResults(
                fitted.labels[int(row.argmax())],
                dict(zip(fitted.labels, row.tolist(), strict=True)),
            )
            for row in fitted.network.probabilities(rows)
        ]


@dataclass(frozen=True)
class _Fitted:
    network: Network
    labels: list[str]
    features: str | None

    @property
    def n_features(self) -> int:
        return self.network.n_features


def _one_hot(y: Sequence[str], labels: Sequence[str]) -> Floats:
    """Give a row per label, shape (len(y), len(labels)); one not among `labels` gives zeros."""
    position = {label: index for index, label in enumerate(labels)}
    targets = np.zeros((len(y), len(labels)), np.float32)
    for row, label in enumerate(y):
        if label in position:
            targets[row, position[label]] = 1
    return targets


def _drain(run: Run, slices: Iterator[Metrics]) -> Metrics | None:
    """Work through slices; None if the run was cancelled before the last."""
    metrics = None
    for metrics in slices:  # noqa: B007 - the last ones are the result
        if run.cancelled:
            return None
    return metrics
