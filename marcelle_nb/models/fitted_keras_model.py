"""A Keras network that a model has learned or loaded, put to use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marcelle_nb.kinds import Choice
from marcelle_nb.models.checked_options import checked_labels
from marcelle_nb.models.classifier_results import ClassifierResults
from marcelle_nb.models.keras_answers import answers
from marcelle_nb.models.keras_files import names_file, write_network
from marcelle_nb.models.keras_packing import own_metadata, pack_network
from marcelle_nb.models.keras_parameters import KerasParameters
from marcelle_nb.models.web_networks import web_keras_model

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import ArrayLike

    from marcelle_nb.models.keras_network import KerasNetwork
    from marcelle_nb.models.packed_model import PackedModel
    from marcelle_nb.models.web_model import WebModel


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
        x : float, shape (n_features,) or (1, n_features), or an image, as in the training

        Returns
        -------
        ClassifierResults or float
            A label and the confidence of each, `label=None, confidences={}` before the first
            training; or the number of a regression, NaN before.

        Raises
        ------
        ValueError
            If x has another shape, is not finite, or comes from another version of image features;
            or if the answer is not finite, of an x far from all that was learned from.

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
        self,
        store: Any = None,
        name: Any = None,
        metadata: Mapping[str, Any] | None = None,
        id: str | None = None,
        *,
        update: bool | None = None,
        format: str | None = None,
        **options: Any,
    ) -> Any:
        """Save architecture, weights, training configuration and optimizer state.

        Into a store, as the other models: `save(store, name)`, `save("name")`, ….  Or into a file:
        `save("model.keras")`, `save(folder / "web")`, `save("web", format="tfjs")`. A file is meant
        by any path object, by a text with a `/` or the ending of a model's file (`.keras .h5 .hdf5
        .json .tflite .onnx .pb .zip`), and wherever a format or another option of files is given;
        by any other text, the name or id of a model in a store.

        Parameters
        ----------
        store : DataStore, path, str, bool or dict, optional
            See `StorableModel.save`; or where to save a file. Its ending says the format: `.keras`,
            `.h5`, or a folder (or `model.json` in one) for TensorFlow.js layers.
        name, metadata, id, update
            With a store; see `StorableModel.save`.
        format : {"keras", "h5", "tfjs-layers"}, optional
            Of a file.
        **options
            `quantize` and `shard_size`, for TensorFlow.js files: see `marcelle_nb.convert`.

        Returns
        -------
        str, or list of Path
            The id in the store; or the files. Labels, input range and task stand in them, too.

        Raises
        ------
        UnsupportedByModel
            If the format holds inference only: `marcelle_nb.convert(model, path)` writes it. Or, in
            a store, if nothing is built yet.
        UnsafeModel
            If a layer is a `Lambda` or of a class that is not registered: nobody could load it.
        ModelFormatError
            If the format cannot say what a layer does.
        StoreError
            If the store does not take it.
        ValueError
            If nothing is built yet that a file could hold.

        Notes
        -----
        In a store, and wherever it is sent, a model is in TensorFlow.js's form; where that cannot
        say the layers, or the training that would go on, in Keras's.
        """
        if format is None and not options and not names_file(store):
            return super().save(store, name, metadata, id, update=update)
        return self._save_file(store, (name, metadata, id, update), format, options)

    def _save_file(
        self, path: Any, others: tuple[Any, ...], format: str | None, options: dict[str, Any]
    ) -> list[Path]:
        if any(other is not None for other in others):
            raise TypeError(f"save: expected a file alone, or a store and a name, got {path!r:.80}")
        if self._fitted is None:
            raise ValueError(
                f"{self.title}: expected a model that is built, got one that is not; train it, "
                "call its build() or load a file into it first"
            )
        with self._fitted.turns:
            return write_network(self._fitted, path, format, options)

    # Outside the kernel

    def _pack(self, fitted: KerasNetwork) -> PackedModel:
        return pack_network(fitted)

    def _pack_for_files(self, fitted: KerasNetwork) -> PackedModel:
        return pack_network(fitted, with_training=False)  # for pages, that predict

    def _to_web(self, fitted: KerasNetwork) -> WebModel:
        return web_keras_model(fitted)

    def _own_metadata(self, fitted: KerasNetwork) -> dict[str, Any]:
        return own_metadata(fitted)
