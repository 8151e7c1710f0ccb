"""A model that is read from files, in Python or dropped in the page, and only predicts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marcelle_nb.file_receiver import FileReceiver
from marcelle_nb.formats.addresses import display
from marcelle_nb.formats.loaded_model import LoadedModel
from marcelle_nb.models.layer_rows import Rows, as_json, rows_of
from marcelle_nb.models.layered_model import LayeredModel
from marcelle_nb.models.predict_only_model import PredictOnlyModel
from marcelle_nb.models.web_networks import web_opened_model
from marcelle_nb.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Callable

    import keras

    from marcelle_nb.message import Message
    from marcelle_nb.models.opened_model import OpenedModel
    from marcelle_nb.models.packed_model import PackedModel
    from marcelle_nb.models.training_status import TrainingStatus
    from marcelle_nb.models.web_model import WebModel
    from marcelle_nb.received_file import ReceivedFile

MAX_BYTES = 500_000_000
"""Of the files of one model that are dropped in the page."""


class FileModel(PredictOnlyModel, LayeredModel):
    """Loads a model, and describes it in the page; a subclass says what it is used for.

    Attributes
    ----------
    task : str
        What it is used for, in the words of the page.
    """

    title = "Model from files"
    file_stem = "tfjs-model"
    messages_per_second = 20
    why_not_trained = (
        "it only predicts; keras_model().load(path) trains what a Keras or TensorFlow.js layers "
        "file holds"
    )
    task: str
    _fitted: OpenedModel | None = None

    def __init__(self, *, data_store: Any = None) -> None:
        super().__init__(data_store=data_store)
        self._receiver = FileReceiver(self.send, self._on_files, MAX_BYTES)
        self._ends.append(self._receiver.close)
        self._facts: Stream[list[tuple[str, str]]] = self._stream([])
        self._rows: Stream[Rows] = self._stream(Rows())
        self._from = ""
        self.training.subscribe(self._describe)

    @property
    def loaded(self) -> LoadedModel | None:
        """What was loaded: formats, inputs, outputs; None before."""
        return None if self._fitted is None else self._fitted.model

    @property
    def keras_model(self) -> keras.Model | None:
        """The Keras model that was loaded; None where the file holds a graph."""
        return None if self.loaded is None else self.loaded.keras_model

    def summary(self) -> str:
        """Describe what was loaded as text, layer by layer where it has layers."""
        loaded = self.loaded
        if loaded is None:
            return "nothing is loaded"
        if loaded.keras_model is None:
            return loaded.summary()
        return f"{LoadedModel.summary(loaded)}\n\n{rows_of(loaded).text()}"

    # Outside the kernel

    def _pack(self, fitted: OpenedModel) -> PackedModel:
        return fitted.pack()

    def _to_web(self, fitted: OpenedModel) -> WebModel:
        return web_opened_model(fitted)

    def _own_metadata(self, fitted: OpenedModel) -> dict[str, Any]:
        return fitted.own_metadata

    # The page's side

    def _on_files(self, files: list[ReceivedFile]) -> None:
        self.load_from_files(files)

    @property
    def _problem(self) -> str:
        return str((self.training.value.data or {}).get("message", ""))

    def _describe(self, status: TrainingStatus | None = None) -> None:
        if status is not None and status.status == "loaded":
            told = status.data or {}
            self._from = display(told.get("url", ""))
        opened = self._fitted
        facts = [] if opened is None else opened.facts()
        if opened is not None and self._from:
            facts.append(("From", self._from))
        self._facts.set(facts)
        self._rows.set(Rows() if opened is None else rows_of(opened.model))

    def _state(self, status: TrainingStatus) -> str:
        """Say in a sentence for the page where it is."""
        if status.status == "error":
            stays = "" if self._fitted is None else ". The model from before is still here"
            return f"Not loaded: {self._problem.rstrip('.')}{stays}"
        return {"loading": "Loading …", "loaded": "Loaded"}.get(
            status.status, "Nothing is loaded yet"
        )

    def _synced(self) -> dict[str, Stream[Any]]:
        return {
            "title": Stream(self.title),
            "task": Stream(self.task),
            "max_bytes": Stream(MAX_BYTES),
            "loading": self.loading,
            "state": self.training.map(self._state),
            "failed": self.training.map(lambda status: status.status == "error"),
            "facts": self._facts,
            "table": self._rows.map(as_json),
            **self._stored_state(),
        }

    def _handlers(self) -> dict[str, Callable[[Message], object]]:
        receiving = self._receiver.handlers()
        return {**self._storage.handlers(), **receiving, "clear": lambda _: self.clear()}
