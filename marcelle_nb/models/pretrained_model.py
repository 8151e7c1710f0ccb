"""What the models have in common that come with weights from elsewhere: they load by themselves."""

from __future__ import annotations

from abc import abstractmethod
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from marcelle_nb.formats.model_cache import ModelCache
from marcelle_nb.models.predict_only_model import PredictOnlyModel
from marcelle_nb.models.unfinished_loads import process_is_ending

if TYPE_CHECKING:
    from collections.abc import Callable

    from marcelle_nb.formats.model_files import ModelFiles
    from marcelle_nb.formats.pretrained_files import PretrainedFiles
    from marcelle_nb.message import Message
    from marcelle_nb.models.training_status import TrainingStatus
    from marcelle_nb.stream import Stream


class PretrainedModel(PredictOnlyModel):
    """A model that fetches its weights in the background when it is made, and only predicts.

    Parameters
    ----------
    files : PretrainedFiles
        Where the weights come from.
    **parameters
        First values of the reactive parameters that the class declares.

    Attributes
    ----------
    loading : Stream of bool
        Held. Whether weights are being fetched or opened.
    progress : Stream of float or None
        Held. The share of the download that is done; None where nothing is downloaded.
    training : Stream of TrainingStatus
        Held. `loading`, then `loaded` or `error` (`data={"message": …}`).

    Notes
    -----
    Thread: any.
    """

    view = "pretrained_model"
    title = "Pretrained model"
    why_not_trained = "it is trained already; an mlp or knn learns from its features"

    def __init__(self, files: PretrainedFiles, **parameters: Any) -> None:
        super().__init__(**parameters)
        self._files = files
        self._failure: Exception | None = None
        self.progress: Stream[float | None] = self._stream(None)
        self._bytes: Stream[str] = self._stream("")

    def _start_loading(self) -> None:
        """Begin, in the background: the last thing that a subclass does when it is made."""
        self._load_from(self._files)

    def _load_from(self, files: PretrainedFiles) -> None:
        self._load(
            lambda: self._fetch_and_open(files),
            {"source": "url", "url": files.url},
            wait=False,
            is_superseded=self._is_loaded,
        )

    def retry(self) -> None:
        """Load again, in the background, where it failed or was cleared; else nothing happens.

        The cache is the one that the environment names now: the error may have led there.
        """
        self._load_from(self._files.with_cache(ModelCache()))

    def _is_loaded(self) -> bool:
        """Whether it is loaded or will be; asked under the lock."""
        return self._fitted is not None or any(n > self._cleared for n in self._pending)

    @abstractmethod
    def _open(self, files: ModelFiles) -> Any:
        """Make what predicts; on the thread that loads."""

    def _fetch_and_open(self, wanted: PretrainedFiles) -> Any:
        self._failure = None
        try:
            files = wanted.get(self._note_progress)
            self.progress.set(None)
            self._bytes.set("")
            self._check_wanted()
            return self._open(files)
        except Exception as error:
            self._failure = error
            raise
        finally:
            self.progress.set(None)
            self._bytes.set("")

    def _check_wanted(self) -> None:
        if self._closed or process_is_ending.is_set():
            raise RuntimeError(f"{self.title}: expected to load, got closed")

    def _note_progress(self, done: int, total: int) -> None:
        self._check_wanted()
        self.progress.set(min(1.0, done / total) if total else None)
        whole = f" of {total / 1e6:.1f}" if total else ""
        self._bytes.set(f"{done / 1e6:.1f}{whole} MB")

    def _loaded(self) -> Any:
        """Give what predicts; wait for it where it is being loaded.

        Raises
        ------
        ValueError, OSError
            What loading has raised, again.
        RuntimeError
            If it has raised something else, or the model was closed or cleared before.
        """
        opened = self._fitted_now()
        if opened is not None:
            return opened
        failure = self._failure
        if self._closed:
            raise RuntimeError(
                f"{self.title}: expected a loaded model, got one that was closed before: make it "
                "anew"
            ) from failure
        if failure is not None:
            again = _copied(failure) or RuntimeError(f"{self.title}: loading failed: {failure}")
            raise again from failure
        raise RuntimeError(f"{self.title}: expected a loaded model, got none: call retry()")

    # The page's side

    def _state(self, status: TrainingStatus) -> str:
        """Say in a sentence for the page where it is."""
        if status.status == "error":
            return f"Not loaded: {(status.data or {}).get('message', '')}"
        if status.status == "loading":
            return "Loading"
        return "Ready" if status.status == "loaded" else "Not loaded"

    def _synced(self) -> dict[str, Stream[Any]]:
        synced = super()._synced()
        return {
            "title": synced["title"],
            "kinds": synced["kinds"],
            "loading": self.loading,
            "progress": self.progress,
            "bytes": self._bytes,
            "state": self.training.map(self._state),
            "failed": self.training.map(lambda status: status.status == "error"),
            "can_retry": self.training.map(lambda status: status.status in {"error", "idle"}),
        }

    def _handlers(self) -> dict[str, Callable[[Message], object]]:
        return {"retry": lambda _: self.retry()}


def _copied(failure: Exception) -> Exception | None:
    """Give an error once more, for another thread to raise; None where it is of another kind."""
    if not isinstance(failure, ValueError | OSError):
        return None
    with suppress(Exception):  # a class of somebody else's may not take its own arguments again
        # not `copy`, to which libraries teach another way for errors, with traceback and all
        made: Any = failure.__reduce__()
        kind, given, *state = made
        again = kind(*given)
        again.__dict__.update(*filter(None, state))
        if type(again) is type(failure) and str(again) == str(failure):
            return again
    return None
