"""A Keras network that a model has learned or loaded, put to use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marcelle_nb.kinds import Choice
from marcelle_nb.models.checked_options import checked_labels
from marcelle_nb.models.classifier_results import ClassifierResults
from marcelle_nb.models.keras_answers import answers
from marcelle_nb.models.keras_files import write_network
from marcelle_nb.models.keras_parameters import KerasParameters

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from numpy.typing import ArrayLike

    from marcelle_nb.models.keras_network import KerasNetwork


class FittedKerasModel(KerasParameters):
    """A model that predicts with a Keras network, shows it and saves it; how it came is elsewhere.

    Parameters
    ----------
    task : {"classification", "regression"}
        What it predicts: a label, or a number.
    labels : list of str or None
        In the order of the outputs, where they are known before there is a network.
    **parameters
        See `KerasParameters`.
    """

    _fitted: KerasNetwork | None = None

    def __init__(self, *, task: str, labels: Sequence[str] | None, **parameters: Any) -> None:
        super().__init__(**parameters)
        self.task = Choice(("classification", "regression")).check("task", task)
        self._labels = None if labels is None else checked_labels(labels)

    def predict(self, x: ArrayLike) -> Any:
        """Predict from one input.

        Parameters
        ----------
        x : float, shape (n_features,) or (1, n_features), or an image
            As the instances that the model was trained on.

        Returns
        -------
        ClassifierResults or float
            A label and the confidence of each, `label=None, confidences={}` before the first
            training; or the number of a regression, NaN before.

        Raises
        ------
        ValueError
            If x has another shape, is not finite, or comes from another version of image features.

        Notes
        -----
        Thread: any, also during a training: then it uses the newest step.
        """
        return self.predict_many([x])[0]

    def predict_many(self, xs: Iterable[ArrayLike]) -> list[Any]:
        """Predict from several inputs, one answer for each, in order; see `predict`."""
        given, network = list(xs), self._fitted_now()
        if network is None or not given:
            nothing = float("nan") if self.task == "regression" else ClassifierResults()
            return [nothing] * len(given)
        return answers(network, given)

    @property
    def labels(self) -> list[str]:
        """The labels in the order of the outputs; empty where they are not known yet."""
        return list((self._fitted and self._fitted.labels) or self._labels or [])

    @property
    def metadata(self) -> dict[str, Any]:
        """The task, and how images become inputs, for a file that is converted from this."""
        return {} if self._fitted is None else self._fitted.metadata

    def save(
        self, path: str | os.PathLike[str], *, format: str | None = None, **options: Any
    ) -> list[Path]:
        """Save architecture, weights, training configuration and optimizer state.

        Parameters
        ----------
        path : path
            Its ending says the format: `.keras`, `.h5`, or a folder (or `model.json` in one) for
            TensorFlow.js layers.
        format : {"keras", "h5", "tfjs-layers"}, optional
        **options
            `quantize` and `shard_size`, for TensorFlow.js: see `marcelle_nb.convert`.

        Returns
        -------
        list of Path
            The files. Labels, input range and task stand in them, too.

        Raises
        ------
        UnsupportedByModel
            If the format holds inference only: `marcelle_nb.convert(model, path)` writes it.
        UnsafeModel
            If a layer is a `Lambda` or of a class that is not registered: nobody could load it.
        ModelFormatError
            If the format cannot say what a layer does.
        ValueError
            If nothing is built yet.
        """
        if self._fitted is None:
            raise ValueError(
                f"{self.title}: expected a model that is built, got one that is not; train it, "
                "call its build() or load a file into it first"
            )
        return write_network(self._fitted, path, format, options)
