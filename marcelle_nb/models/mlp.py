"""A multilayer perceptron."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.kinds import Float, Integer, IntegerList
from marcelle_nb.models.checked_options import checked_seed
from marcelle_nb.models.classifier import Classifier
from marcelle_nb.models.classifier_results import ClassifierResults
from marcelle_nb.models.dense_layers import DenseLayers
from marcelle_nb.models.finite_numbers import checked_answers
from marcelle_nb.models.layers_network import LayersNetwork
from marcelle_nb.models.model_metadata import model_features, model_labels
from marcelle_nb.models.network import Network
from marcelle_nb.models.network_files import NetworkFiles
from marcelle_nb.models.network_fitting import Part, fit_network
from marcelle_nb.models.training_rows import check_validation
from marcelle_nb.models.validation_split import split_rows
from marcelle_nb.parameter import parameter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from marcelle_nb.models.packed_model import PackedModel
    from marcelle_nb.models.training_rows import TrainingRows
    from marcelle_nb.run import Run

    Floats = NDArray[np.float32]


class MLP(Classifier, NetworkFiles):
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
    data_store : DataStore, or a location as text, optional
        Where `save`, `load` and `sync` go that name no store; the store in memory by default.

    Notes
    -----
    Computed in NumPy, not TensorFlow: for networks of up to about half a million weights its loop
    over one flat vector is the faster of the two, and nothing has to be imported first.

    References
    ----------
    Kingma, D. & Ba, J. (2015). Adam: A method for stochastic optimization. ICLR.
    """

    title = "MLP"
    file_stem = "mlpclassifier"
    min_labels = 2
    layers = parameter(IntegerList(min=1, max=10_000, max_length=20), [64, 32])
    epochs = parameter(Integer(min=1, max=100_000), 20)
    batch_size = parameter(Integer(min=1, max=100_000), 8)
    validation_split = parameter(Float(min=0, max=1), 0.2)

    def __init__(
        self, *, seed: int | None = None, data_store: Any = None, **parameters: Any
    ) -> None:
        super().__init__(data_store=data_store, **parameters)
        self.seed = checked_seed(seed)

    def _fit(self, run: Run, rows: TrainingRows, validation: TrainingRows | None) -> dict[str, Any]:
        labels = self._distinct(rows.labels)
        rng = np.random.default_rng(self.seed)
        x, targets = rows.vectors, _one_hot(rows.labels, labels)
        if validation is not None:
            check_validation(rows, validation)
            training = Part.whole(x, targets)
            held_back = Part.whole(validation.vectors, _one_hot(validation.labels, labels))
        else:
            train, test = split_rows(rows.labels, self.validation_split, rng)
            training, held_back = Part(x, targets, train), Part(x, targets, test)
        network = Network(x.shape[1], self.layers, len(labels), rng)

        def publish() -> None:
            self._publish(run, _Fitted(network.snapshot(), labels, rows.features))

        return fit_network(self, run, network, training, held_back, rng, publish)

    def _answer(self, fitted: _Fitted, rows: Floats) -> list[ClassifierResults]:
        return [
            ClassifierResults(
                fitted.labels[int(row.argmax())],
                dict(zip(fitted.labels, row.tolist(), strict=True)),
            )
            for row in checked_answers(fitted.network.probabilities(rows))
        ]

    # Outside the kernel

    def _pack(self, fitted: _Fitted) -> PackedModel:
        network = fitted.network
        if isinstance(network, LayersNetwork):
            files = network.network
        else:
            files = DenseLayers(network.weights, "softmax").network()
        about = {"labels": list(fitted.labels), "features": fitted.features}
        return self._network_pack(files, about)

    def _unpack(self, packed: PackedModel) -> _Fitted:
        files = self._network_of(packed)
        if packed.metadata.get("labels") is None and not files.is_softmax:
            raise ModelFormatError(
                "labels: expected a list of texts, as of a classifier, got none: a model that"
                " predicts numbers is for an MLPRegressor"
            )
        dense = DenseLayers.read(files)
        network: Network | LayersNetwork
        if dense is not None and dense.output == "softmax":
            network = Network.from_weights(dense.weights).snapshot()
        else:  # Marcelle reads any layers
            network = LayersNetwork(files)
        labels = model_labels(packed.metadata.get("labels"), network.n_classes)
        return _Fitted(network, labels, model_features(packed.metadata))


@dataclass(frozen=True)
class _Fitted:
    network: Network | LayersNetwork
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
