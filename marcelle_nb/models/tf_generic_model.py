"""A model that somebody trained elsewhere, used for what it was made for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from marcelle_nb.errors import UnsupportedByModel
from marcelle_nb.file_receiver import FileReceiver
from marcelle_nb.formats.addresses import display
from marcelle_nb.formats.load import load
from marcelle_nb.kinds import Boolean, Choice
from marcelle_nb.models.layer_rows import Rows, as_json, rows_of
from marcelle_nb.models.layered_model import LayeredModel
from marcelle_nb.models.opened_model import OpenedModel, checked_labels, checked_range
from marcelle_nb.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import keras

    from marcelle_nb.formats.loaded_model import LoadedModel
    from marcelle_nb.message import Message
    from marcelle_nb.models.training_status import TrainingStatus
    from marcelle_nb.received_file import ReceivedFile
    from marcelle_nb.run import Run

MAX_BYTES = 500_000_000
"""Of the files of one model that are dropped in the page."""


class TFGenericModel(LayeredModel):
    """Predicts with a model from files: TensorFlow.js, Keras, SavedModel, TensorFlow Lite, ONNX, ….

    It cannot be trained. Its companion widget takes the files of a model, dropped or picked, and
    shows what was loaded.

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

    Attributes
    ----------
    loading : Stream of bool
        Held. Whether a model is being loaded.
    training : Stream of TrainingStatus
        Held. `loading`, then `loaded` with `data={"source": "file"}` or `{"source": "url", "url":
        …}`, or `error`.

    Examples
    --------
    >>> model = TFGenericModel(input_type="image", task_type="classification")
    >>> model.ready
    False
    """

    view = "tf_generic_model"
    title = "Model from files"
    messages_per_second = 20
    _fitted: OpenedModel | None = None

    def __init__(
        self,
        input_type: str = "image",
        task_type: str = "classification",
        segmentation_options: Mapping[str, Any] | None = None,
        *,
        input_range: tuple[float, float] | None = None,
        crop: str | None = None,
        labels: Sequence[str] | None = None,
    ) -> None:
        super().__init__()
        self.input_type = Choice(("image", "generic")).check("input_type", input_type)
        tasks = Choice(("classification", "segmentation", "generic"))
        self.task_type = tasks.check("task_type", task_type)
        self.segmentation_options = _checked_options(segmentation_options or {})
        self._input_range = None if input_range is None else checked_range(input_range)
        self._crop = None if crop is None else Choice(("center", "none")).check("crop", crop)
        self._labels = None if labels is None else checked_labels(labels)
        self._receiver = FileReceiver(self.send, self._on_files, MAX_BYTES)
        self._facts: Stream[list[tuple[str, str]]] = self._stream([])
        self._rows: Stream[Rows] = self._stream(Rows())
        self.training.subscribe(self._describe)

    # Loading

    def load_from_files(
        self, files: Any, *, format: str | None = None, trust: bool = False, wait: bool = True
    ) -> None:
        """Load a model; what was loaded before is gone.

        Parameters
        ----------
        files : path, or iterable of paths, open binary files and (name, bytes)
            All files of one model, in any order, or one archive of them. A path to a model's main
            file or folder finds the rest beside it. What `file_upload().files` emits.
        format : str, optional
            By default what the files look like; see `marcelle_nb.load`.
        trust : bool
            Open also what could run code. Only for files that you made yourself.
        wait : bool
            False: return at once, and load in the background; `predict` waits for it. An error then
            shows in the widget and in `training` alone.

        Raises
        ------
        ModelFormatError
            If they are no model, or one that does not do what this one is for.
        AlreadyTraining
            Never for this class: it does not train.
        """
        self._load(lambda: self._opened(files, format=format, trust=trust), SOURCE_FILE, wait=wait)

    def load_from_url(
        self,
        url: str,
        *,
        format: str | None = None,
        sha256: str | Mapping[str, str] | None = None,
        allow_http: bool = False,
        trust: bool = False,
        wait: bool = True,
    ) -> None:
        """Fetch a model from an address, or take it from the cache; see `load_from_files`.

        Parameters
        ----------
        url : str
            Of a model's main file, or a link to a model of Teachable Machine.
        sha256, allow_http
            See `marcelle_nb.load`.

        Raises
        ------
        DownloadRefused
            If it cannot be fetched, or its checksum differs.
        ModelFormatError
            If it is no model, or one that does not do what this one is for.
        """
        options = {"format": format, "sha256": sha256, "allow_http": allow_http, "trust": trust}
        source = {"source": "url", "url": url}
        self._load(lambda: self._opened(url, **options), source, wait=wait)

    def _opened(self, source: Any, **options: Any) -> OpenedModel:
        return OpenedModel.of(
            load(source, **options),
            input_type=self.input_type,
            task_type=self.task_type,
            segmentation_options=self.segmentation_options,
            input_range=self._input_range,
            crop=self._crop,
            labels=self._labels,
        )

    # Predicting

    def predict(self, x: Any) -> Any:
        """Predict from one input.

        Parameters
        ----------
        x : image, or array_like
            `input_type="image"`: what `marcelle_nb.image.as_rgb` takes. `"generic"`: one example,
            with or without an axis of size 1 for the batch in front; for a model with several
            inputs a list of arrays, or a dictionary by name.

        Returns
        -------
        ClassifierResults, array or list of arrays
            `task_type="classification"`: label and confidences, the model's own outputs.
            `"segmentation"`: see `marcelle_nb.models.task_outputs.segmentation`. `"generic"`: the
            output without the axis of the batch; a list where there are several.

        Raises
        ------
        RuntimeError
            If nothing is loaded.
        ImageRejected, ValueError
            If x is no input of the model.

        Notes
        -----
        Thread: any. While a model is being loaded, it waits.
        """
        return self._opened_now().predict(x)

    def predict_many(self, xs: Iterable[Any]) -> list[Any]:
        """Predict from several inputs, one answer for each, in order; see `predict`."""
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
        return list(opened.labels if opened else self._labels or [])

    @labels.setter
    def labels(self, labels: Sequence[str]) -> None:
        checked = checked_labels(labels)
        opened = self._fitted
        if opened is not None:
            self._fitted = opened.with_labels(checked)
        self._labels = checked
        self._describe()

    @property
    def loaded(self) -> LoadedModel | None:
        """What was loaded: formats, inputs, outputs; None before."""
        return None if self._fitted is None else self._fitted.model

    @property
    def keras_model(self) -> keras.Model | None:
        """The Keras model that was loaded; None where the file holds a graph."""
        return None if self.loaded is None else self.loaded.keras_model

    def summary(self) -> str:
        """Describe what was loaded as text."""
        return "nothing is loaded" if self.loaded is None else self.loaded.summary()

    def train(self, *_: Any, **__: Any) -> Run:
        """Raise: a model from files only predicts.

        Raises
        ------
        UnsupportedByModel
            Always.
        """
        self._refuse_training()

    def _fit(self, *_: Any) -> NoReturn:
        self._refuse_training()

    def _refuse_training(self) -> NoReturn:
        raise UnsupportedByModel(
            f"{self.title}: expected predict, got train: it only predicts; "
            "keras_model().load(path) trains what a Keras or TensorFlow.js layers file holds"
        )

    # The page's side

    def _on_files(self, files: list[ReceivedFile]) -> None:
        self.load_from_files(files)

    @property
    def _problem(self) -> str:
        return str((self.training.value.data or {}).get("message", ""))

    def _describe(self, _: object = None) -> None:
        opened, told = self._fitted, self.training.value.data or {}
        facts = [] if opened is None else opened.facts()
        if "url" in told:
            facts.append(("From", display(told["url"])))
        self._facts.set(facts)
        self._rows.set(Rows() if opened is None else rows_of(opened.model))

    def _state(self, status: TrainingStatus) -> str:
        """Say in a sentence for the page where it is."""
        if status.status == "error":
            return f"Not loaded: {self._problem}"
        return {"loading": "Loading …", "loaded": "Loaded"}.get(
            status.status, "Nothing is loaded yet"
        )

    def _synced(self) -> dict[str, Stream[Any]]:
        return {
            "title": Stream(self.title),
            "task": Stream(f"{self.input_type} → {self.task_type}"),
            "max_bytes": Stream(MAX_BYTES),
            "loading": self.loading,
            "state": self.training.map(self._state),
            "failed": self.training.map(lambda status: status.status == "error"),
            "facts": self._facts,
            "table": self._rows.map(as_json),
        }

    def _handlers(self) -> dict[str, Callable[[Message], object]]:
        return {**self._receiver.handlers(), "clear": lambda _: self.clear()}

    def _urgent(self) -> dict[str, Callable[[Message], dict[str, Any]]]:
        return {}

    def _summary(self) -> list[tuple[str, object]]:
        rows = [("input", self.input_type), ("task", self.task_type), *super()._summary()]
        rows += [("model", str(spec)) for spec in (self.loaded.inputs if self.loaded else ())]
        return [*rows, ("labels", ", ".join(self.labels[:20]) or "none")]


SOURCE_FILE = {"source": "file"}


def _checked_options(given: Mapping[str, Any]) -> dict[str, Any]:
    known = {"output": "image", "apply_argmax": False}
    if unknown := sorted(set(given) - set(known)):
        raise ValueError(f"segmentation_options: expected {list(known)}, got {unknown}")
    options = {**known, **given}
    Choice(("image", "tensor")).check("segmentation_options: output", options["output"])
    Boolean().check("segmentation_options: apply_argmax", options["apply_argmax"])
    return options
