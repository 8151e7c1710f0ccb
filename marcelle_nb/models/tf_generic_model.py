"""A model that somebody trained elsewhere, used for what it was made for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from marcelle_nb.formats.load import load, open_files
from marcelle_nb.models.checked_options import checked_labels
from marcelle_nb.models.file_contents import contents_of
from marcelle_nb.models.file_model import FileModel
from marcelle_nb.models.keras_state import refuse_bad_weights
from marcelle_nb.models.model_use import ModelUse

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from marcelle_nb.formats.loaded_model import LoadedModel
    from marcelle_nb.models.opened_model import OpenedModel


class TFGenericModel(FileModel):
    """Predicts with a model from files: TensorFlow.js, Keras, SavedModel, TensorFlow Lite, ONNX, ….

    It cannot be trained. Its companion widget takes the files of a model, dropped or picked, and
    shows what was loaded. While other files are read, and where they are no model, what was loaded
    before stays.

    Parameters
    ----------
    input_type : {"image", "generic"}
        What `predict` takes: pictures, which are resized to the model's input, or arrays.
    task_type : {"classification", "segmentation", "generic"}
        What `predict` answers; see there.
    segmentation_options : dict, optional
        `output`: `"image"` (the default) or `"tensor"`; `apply_argmax`: whether the outputs are
        scores of classes, of which the highest counts. See `segmentation` in
        `marcelle_nb.models.task_outputs`.
    input_range : tuple of float, optional
        What the values 0 and 255 of a picture become. By default what the file says, as those of
        Teachable Machine do, else (0, 255): no scaling.
    crop : {"center", "none"}, optional
        Whether the middle of a picture is cut out in the shape of the model's input before it is
        resized. By default what the file says, else none: it is squeezed.
    labels : list of str, optional
        Names of the classes. By default what the file says, else their numbers.
    data_store : DataStore, or a location as text, optional
        Where `save`, `load` and `sync` go that name no store; the store in memory by default.

    Attributes
    ----------
    loading : Stream of bool
        Held. Whether a model is being loaded.
    training : Stream of TrainingStatus
        Held. `loading`, then `loaded` with `data={"source": "file"}` or `{"source": "url", "url":
        …}`, or `error` with `data={"message": …}`.
    ready : bool
        Whether `predict` answers at once.

    Raises
    ------
    ValueError, TypeError
        If an option is none of those above.

    Notes
    -----
    Thread: any, for all methods.

    Differs from Marcelle's `tfjsModel`, which it is made after, where that loses information:
    `apply_argmax` gives whole class numbers, not their halves; labels and the treatment of pictures
    are read from the file; a file that is no model leaves the earlier one in place.

    References
    ----------
    Marcelle 0.6.5, `tfjsModel` (in earlier versions `tfGenericModel`): marcelle.dev.

    Examples
    --------
    >>> model = TFGenericModel(input_type="image", task_type="classification")
    >>> model.ready
    False
    """

    view = "tf_generic_model"

    def __init__(
        self,
        input_type: str = "image",
        task_type: str = "classification",
        segmentation_options: Mapping[str, Any] | None = None,
        *,
        input_range: tuple[float, float] | None = None,
        crop: str | None = None,
        labels: Sequence[str] | None = None,
        data_store: Any = None,
    ) -> None:
        super().__init__(data_store=data_store)
        self._use = ModelUse.checked(
            input_type,
            task_type,
            segmentation_options,
            input_range=input_range,
            crop=crop,
            labels=labels,
        )
        self.task = f"{self.input_type} → {self.task_type}"

    @property
    def input_type(self) -> str:
        """What `predict` takes: `"image"` or `"generic"`."""
        return self._use.input_type

    @property
    def task_type(self) -> str:
        """What `predict` answers: `"classification"`, `"segmentation"` or `"generic"`."""
        return self._use.task_type

    @property
    def segmentation_options(self) -> dict[str, Any]:
        """How a segmentation answers: `output` and `apply_argmax`; a copy."""
        return dict(self._use.segmentation_options)

    def _opened(self, source: Any, **options: Any) -> OpenedModel:
        given = {key: options.pop(key) for key in ("sha256", "allow_http") if key in options}
        opened = self._network(load(open_files(source, **given), **options))
        return replace(opened, is_trusted=bool(options.get("trust")))

    def _network(self, loaded: LoadedModel) -> OpenedModel:
        if loaded.keras_model is not None:
            refuse_bad_weights(loaded.keras_model)
        opened = replace(self._use.open(loaded), contents=contents_of(loaded))
        if loaded.format != "tfjs-graph":  # which is converted from its files
            loaded.source = None
        return opened

    def _made_with(self) -> dict[str, Any]:
        use = self._use
        options = {
            "input_type": use.input_type,
            "task_type": use.task_type,
            "segmentation_options": use.segmentation_options,
            "input_range": use.input_range,
            "crop": use.crop,
            "labels": use.labels,
        }
        return {key: value for key, value in options.items() if value is not None}

    # Predicting

    def predict(self, x: Any) -> Any:
        """Predict from one input.

        Parameters
        ----------
        x : image, or array_like
            `input_type="image"`: what `marcelle_nb.image.as_rgb` takes, as uint8, shape (height,
            width, 3). `"generic"`: one example, shape as the model's input, with or without an axis
            of size 1 for the batch in front; for a model with several inputs a list of arrays, or a
            dictionary by name. Texts for a model that takes texts.

        Returns
        -------
        ClassifierResults
            `task_type="classification"`: label and confidences, the model's own outputs, in the
            order of its classes; no softmax is added.
        array
            `"segmentation"`: uint8, shape (height, width, 3), or a tensor; see
            `marcelle_nb.models.task_outputs.segmentation`. The size is that of the model's output.
        array or list of arrays
            `"generic"`: the output, without the axis of the batch where the model has one; a list
            where there are several.

        Raises
        ------
        RuntimeError
            If nothing is loaded.
        ImageRejected
            If x is to be an image, and is none.
        ValueError
            If x is no input of the model, or the output not one of the task.

        Notes
        -----
        Thread: any. While a model is being loaded, it waits.
        """
        return self._opened_now().predict(x)

    def predict_many(self, xs: Iterable[Any]) -> list[Any]:
        """Predict from several inputs, one answer for each, in order; see `predict`.

        Parameters
        ----------
        xs : iterable of what `predict` takes
            They go through the model together where it takes several, else one by one.

        Returns
        -------
        list
        """
        return self._opened_now().predict_many(list(xs))

    def _opened_now(self) -> OpenedModel:
        opened: OpenedModel | None = self._fitted_now()
        if opened is None:
            reason = self._problem or "call load_from_files or load_from_url first"
            raise RuntimeError(f"predict: expected a loaded model, got none: {reason}")
        return opened

    @property
    def labels(self) -> list[str]:
        """The names of the classes; empty where neither you nor the file gave any. Can be set."""
        opened = self._fitted
        return list(opened.labels if opened else self._use.labels or [])

    @labels.setter
    def labels(self, labels: Sequence[str]) -> None:
        checked = checked_labels(labels)
        opened = self._fitted
        if opened is not None:
            self._fitted = opened.with_labels(checked)
        self._use = replace(self._use, labels=checked)
        self._describe()

    @property
    def metadata(self) -> dict[str, Any]:
        """How images become inputs, for a file that is converted from this; nothing before.

        `input_range`, a pair of numbers, `image_size`, a height and a width, and `crop`, where they
        are known.
        """
        return {} if self._fitted is None else self._fitted.metadata

    def _summary(self) -> list[tuple[str, object]]:
        rows = [("input", self.input_type), ("task", self.task_type), *super()._summary()]
        rows += [("model", str(spec)) for spec in (self.loaded.inputs if self.loaded else ())]
        return [*rows, ("labels", ", ".join(self.labels[:20]) or "none")]
