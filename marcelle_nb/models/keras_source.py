"""Where the Keras model of a training comes from: it is there, or it is made for the data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from marcelle_nb.errors import ModelFormatError, TrainingError
from marcelle_nb.models.keras_building import FirstWeights, built, is_keras_model, seed_dropout
from marcelle_nb.models.keras_network import KerasNetwork

if TYPE_CHECKING:
    import keras

    from marcelle_nb.formats.loaded_model import LoadedModel
    from marcelle_nb.models.keras_building import Build


class KerasSource:
    """Gives a network for some data.

    Parameters
    ----------
    build : keras.Model, callable or None
    is_regression : bool
    input_range : tuple of float or None
    seed : int or None

    Attributes
    ----------
    given : keras.Model or None
        The model, where one was given and no function.
    """

    def __init__(
        self,
        build: Build | keras.Model | None,
        *,
        is_regression: bool,
        input_range: tuple[float, float] | None,
        seed: int | None,
    ) -> None:
        if build is not None and not callable(build):
            raise TypeError(f"build: expected a Keras model or a function, got {build!r:.80}")
        self.given: keras.Model | None = build if is_keras_model(build) else None
        self.is_regression = is_regression
        self.input_range = input_range
        self._build: Build | None = build if self.given is None else None
        self._first = FirstWeights(self.given) if self.given is not None else None
        self._seed = seed
        self._is_used = False

    def network(
        self,
        model: keras.Model,
        shape: tuple[int | None, ...],
        labels: list[str] | None,
    ) -> KerasNetwork:
        """Make a network of a Keras model."""
        return KerasNetwork(
            model,
            shape,
            labels,
            is_regression=self.is_regression,
            input_range=self.input_range or (0, 1),
        )

    def loaded(self, loaded: LoadedModel) -> KerasNetwork:
        """Make a network of a file that was read; nothing changes here but by `adopt`."""
        shape = loaded.inputs[0].shape if loaded.inputs else None
        if loaded.keras_model is None or shape is None or len(loaded.inputs) != 1:
            names = [spec.name for spec in loaded.inputs]
            raise ModelFormatError(f"model: expected a Keras model with one input, got {names}")
        told, is_regression = loaded.metadata, self.is_regression
        if "task" in told:  # what the file was saved as, not what was expected of it
            is_regression = told["task"] == "regression"
        network = KerasNetwork(
            loaded.keras_model,
            shape[1:],
            None if is_regression else loaded.labels,
            is_regression=is_regression,
            input_range=self.input_range or told.get("input_range", (0, 1)),
            is_loaded=True,
        )
        network.features = told.get("features")
        network.untrained = told.get("training")
        return network

    def adopt(self, network: KerasNetwork) -> None:
        """Make networks from now on of the task that one from a file has."""
        self.is_regression = network.is_regression

    def new(self, shape: tuple[int, ...], labels: list[str] | None) -> KerasNetwork:
        """Begin anew.

        Raises
        ------
        TrainingError
            If there is neither a model nor a function, or it does not fit the data.
        """
        if self.given is not None:
            network = self.network(self.given, shape, labels)
            self._begin_again()
        elif self._build is not None:
            classes = 1 if labels is None else len(labels)
            model = built(self._build, shape, classes, self._seed)
            network = self.network(model, shape, labels)
        else:
            raise TrainingError("build: expected a Keras model, or one to be loaded, got none")
        if self._seed is not None:
            seed_dropout(network.model, self._seed)
        return network

    def _begin_again(self) -> None:
        """Put back the weights of a model that was given, if they were trained since."""
        if self._first is None:
            return
        self._first.note()
        if self._is_used:
            self._first.restore()
        self._is_used = True

    def fitting(
        self, network: KerasNetwork | None, shape: tuple[int, ...], labels: list[str] | None
    ) -> KerasNetwork:
        """Give a network that goes on where this one is, or a new one where it does not fit.

        Parameters
        ----------
        network : KerasNetwork or None
            None: begin anew.
        shape : tuple of int
        labels : list of str or None
            None for a regression.

        Raises
        ------
        TrainingError
            If it does not fit, and there is no function to build another one.
        """
        if network is None:
            return self.new(shape, labels)
        names = labels or []
        unknown = [] if network.labels is None else sorted(set(names) - {*network.labels})
        is_ours = self._build is not None and not network.is_loaded
        if is_ours and (unknown or network.shape != shape):
            return self.new(shape, labels)
        if network.labels is None and labels is not None:
            network.label(labels)
        if unknown:
            raise TrainingError(
                f"labels: expected those that the model has outputs for, {network.labels}, "
                f"got {unknown}"
            )
        if network.shape != shape:
            network.take(shape)
        return network
