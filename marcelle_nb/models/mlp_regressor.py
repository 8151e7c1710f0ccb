"""A multilayer perceptron for numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.errors import InstanceRejected, ModelFormatError
from marcelle_nb.kinds import Float, Integer, IntegerList
from marcelle_nb.models.dense_layers import DenseLayers
from marcelle_nb.models.finite_numbers import checked_answers
from marcelle_nb.models.layers_network import LayersNetwork
from marcelle_nb.models.model_metadata import model_features
from marcelle_nb.models.network_files import NetworkFiles
from marcelle_nb.models.network_fitting import Part, fit_network
from marcelle_nb.models.regression_network import RegressionNetwork
from marcelle_nb.models.training_rows import check_validation
from marcelle_nb.models.unlabelled_model import UnlabelledModel
from marcelle_nb.models.validation_split import split_rows
from marcelle_nb.parameter import parameter

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from marcelle_nb.models.packed_model import PackedModel
    from marcelle_nb.models.targets import Learned
    from marcelle_nb.models.training_rows import TrainingRows
    from marcelle_nb.run import Run

    Floats = NDArray[np.float32]


class MLPRegressor(UnlabelledModel, NetworkFiles):
    """Predicts a number, or a list of numbers, with a small neural network.

    Dense layers with ReLU, then a linear one. It minimises the mean squared error with Adam. Every
    training begins with new weights. While it runs, `predict` uses the newest epoch.

    `y` of the instances is a number, or a list of as many numbers as that of the first. A dataset
    keeps a number as a text without loss; this model reads it as a number again.

    Parameters
    ----------
    units : list of int
        Units of each hidden layer; an empty list gives a linear regression. Read when a training
        begins.
    epochs : int
        How often all rows are shown. Read after every epoch: a change counts at once.
    batch_size : int
        Rows a step. Read when a training begins.
    validation_split : float
        The share of the rows, in [0, 1], that validates instead of training; one row at least
        trains. The rows are drawn once a training.
    seed : int, optional
        Makes trainings repeatable bit by bit on one machine.

    Notes
    -----
    `training` tells `loss` (the mean squared error), `mean_absolute_error`, `val_loss` and
    `val_mean_absolute_error`. Targets are not scaled: numbers in the thousands take many epochs.

    References
    ----------
    Kingma, D. & Ba, J. (2015). Adam: A method for stochastic optimization. ICLR.

    Examples
    --------
    >>> model = MLPRegressor(units=[16], epochs=200, batch_size=1, seed=0)
    >>> model.train([{"x": [i / 10], "y": i / 10 + 1} for i in range(11)]).wait()
    <Run finished, 200 epochs>
    >>> round(model.predict([0.5]), 1)
    1.5
    """

    title = "MLP regressor"
    file_stem = "mlpregressor"
    units = parameter(IntegerList(min=1, max=10_000, max_length=20), [64, 32])
    epochs = parameter(Integer(min=1, max=100_000), 20)
    batch_size = parameter(Integer(min=1, max=100_000), 8)
    validation_split = parameter(Float(min=0, max=1), 0.2)

    # Training

    @property
    def _learned(self) -> Learned:
        return "number"

    def _fit(self, run: Run, rows: TrainingRows, validation: TrainingRows | None) -> dict[str, Any]:
        x, targets, rng = rows.vectors, _targets(rows), np.random.default_rng(self.seed)
        if validation is not None:
            check_validation(rows, validation)
            training, held_back = Part.whole(x, targets), _held_back(validation, x, targets)
        else:
            train, test = split_rows([""] * len(x), self.validation_split, rng)
            training, held_back = Part(x, targets, train), Part(x, targets, test)
        network = RegressionNetwork(x.shape[1], self.units, targets.shape[1], rng)

        def publish() -> None:
            self._publish(run, _Fitted(network.snapshot(), rows.features))

        return fit_network(self, run, network, training, held_back, rng, publish)

    # Predicting

    def predict(self, x: ArrayLike) -> float | list[float] | None:
        """Predict from one row.

        Parameters
        ----------
        x : float, shape (n_features,) or (1, n_features), or an image, as in the training

        Returns
        -------
        float, list of float, or None
            The number, or the list where lists were learned of more than one number; None before
            the first training. Any thread may ask, also during a training: then the newest epoch
            is used.

        Raises
        ------
        ValueError
            If x has another width, is not finite, or comes from another version of image features;
            or if the answer is not finite, of an x far from all that was learned from.
        """
        answer: float | list[float] | None = self.predict_many([x])[0]
        return answer

    def _answer(self, fitted: _Fitted, rows: Floats) -> list[Any]:
        numbers = checked_answers(fitted.numbers(rows))
        answers: list[Any] = (numbers[:, 0] if numbers.shape[1] == 1 else numbers).tolist()
        return answers

    # Outside the kernel

    def _pack(self, fitted: _Fitted) -> PackedModel:
        network = fitted.network
        if isinstance(network, LayersNetwork):
            files = network.network
        else:
            files = DenseLayers(network.weights, "linear").network()
        return self._network_pack(files, {"features": fitted.features})

    def _unpack(self, packed: PackedModel) -> _Fitted:
        files = self._network_of(packed)
        labels = packed.metadata.get("labels")
        has_labels = isinstance(labels, list | tuple) and len(labels) > 0
        if has_labels or files.is_softmax:
            raise ModelFormatError(
                "model: expected one that predicts numbers, got a classifier, with labels or a"
                " softmax: load it into an MLP"
            )
        dense = DenseLayers.read(files)
        network: RegressionNetwork | LayersNetwork
        if dense is not None and dense.output == "linear":
            network = RegressionNetwork.from_weights(dense.weights).snapshot()
        else:  # Marcelle reads any layers
            network = LayersNetwork(files)
        return _Fitted(network, model_features(packed.metadata))


@dataclass(frozen=True)
class _Fitted:
    network: RegressionNetwork | LayersNetwork
    features: str | None

    @property
    def n_features(self) -> int:
        return self.network.n_features

    def numbers(self, rows: Floats) -> Floats:
        if isinstance(self.network, LayersNetwork):
            return self.network.probabilities(rows)
        return self.network.numbers(rows)


def _targets(rows: TrainingRows) -> Floats:
    assert rows.numbers is not None  # noqa: S101 - asked for by `_learned`
    return rows.numbers


def _held_back(validation: TrainingRows, x: NDArray[Any], targets: Floats) -> Part:
    if not len(validation):
        return Part(x, targets, np.arange(0))
    numbers = _targets(validation)
    if numbers.shape[1] != targets.shape[1]:
        raise InstanceRejected(
            f"validation_dataset: expected {targets.shape[1]} numbers as y, got {numbers.shape[1]}"
        )
    return Part.whole(validation.vectors, numbers)
