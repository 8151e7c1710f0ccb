"""A model that is read from files, in Python or dropped in the page, and only predicts."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, NoReturn

from marcelle_nb.errors import UnsupportedByModel
from marcelle_nb.file_receiver import FileReceiver
from marcelle_nb.formats.addresses import display
from marcelle_nb.formats.loaded_model import LoadedModel
from marcelle_nb.models.layer_rows import Rows, as_json, rows_of
from marcelle_nb.models.layered_model import LayeredModel
from marcelle_nb.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import keras

    from marcelle_nb.message import Message
    from marcelle_nb.models.opened_model import OpenedModel
    from marcelle_nb.models.training_status import TrainingStatus
    from marcelle_nb.received_file import ReceivedFile
    from marcelle_nb.run import Run

MAX_BYTES = 500_000_000
"""Of the files of one model that are dropped in the page."""


class FileModel(LayeredModel):
    """Loads a model, and describes it in the page; a subclass says what it is used for.

    Attributes
    ----------
    task : str
        What it is used for, in the words of the page.
    """

    title = "Model from files"
    messages_per_second = 20
    task: str
    _fitted: OpenedModel | None = None

    def __init__(self) -> None:
        super().__init__()
        self._receiver = FileReceiver(self.send, self._on_files, MAX_BYTES)
        self._facts: Stream[list[tuple[str, str]]] = self._stream([])
        self._rows: Stream[Rows] = self._stream(Rows())
        self._from = ""
        self.training.subscribe(self._describe)

    # Loading

    def load_from_files(
        self, files: Any, *, format: str | None = None, trust: bool = False, wait: bool = True
    ) -> None:
        """Load a model; what was loaded before is gone when it is there.

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
            If they are no model; `UnsafeModel` where `trust` would help.
        FileNotFoundError
            If there is nothing at a path.
        ValueError
            If the model does not do what this one is for: takes no pictures, or has more or fewer
            classes than there are labels.
        TypeError
            If something is neither a path nor a file.

        Notes
        -----
        Thread: any. One file is read at a time; of several that are asked for meanwhile only the
        last is read.
        """
        options = {"format": format, "trust": trust}
        self._load(lambda: self._opened(files, **options), {"source": "file"}, wait=wait)

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
            Of a model's main file, of a zip archive, of a folder with a `model.json`, or a link to
            a model of Teachable Machine: https, http to this machine, or `file:`.
        format : str, optional
            By default what the file looks like; see `marcelle_nb.load`.
        sha256 : str, or dict of str to str, optional
            The checksum of the file, or of each by name; see `marcelle_nb.load`. A file with a
            checksum that was fetched once is taken from this machine without asking anybody: for a
            class whose network may be off. Without one, the server is asked for a newer version;
            where it does not answer, the file of the same address from before is used, with a
            warning.
        allow_http : bool
            Fetch over http from another machine, as a teacher's laptop, without a checksum.
        trust : bool
            Open also what could run code. Only for files that you made yourself.
        wait : bool
            False: return at once; see `load_from_files`.

        Raises
        ------
        DownloadRefused
            If it cannot be fetched, or its checksum differs.
        ModelFormatError
            If it is no model; `UnsafeModel` where `trust` would help.
        ValueError
            If the model does not do what this one is for.

        Notes
        -----
        Thread: any.
        """
        options = {"format": format, "sha256": sha256, "allow_http": allow_http, "trust": trust}
        source = {"source": "url", "url": url}
        self._load(lambda: self._opened(url, **options), source, wait=wait)

    @abstractmethod
    def _opened(self, source: Any, **options: Any) -> OpenedModel:
        """Load a model from what `marcelle_nb.load` takes."""

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

    def _describe(self, status: TrainingStatus | None = None) -> None:
        if status is not None and status.status == "loaded":
            told = status.data or {}
            self._from = display(told["url"]) if "url" in told else ""
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
        }

    def _handlers(self) -> dict[str, Callable[[Message], object]]:
        return {**self._receiver.handlers(), "clear": lambda _: self.clear()}

    def _urgent(self) -> dict[str, Callable[[Message], dict[str, Any]]]:
        return {}
