"""What the models have in common that come from a file."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import AlreadyTraining, UnsupportedByModel
from marcelle_nb.models.model import Model
from marcelle_nb.models.training_status import TrainingStatus
from marcelle_nb.stream import described

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from marcelle_nb.models.model import Instances
    from marcelle_nb.run import Run
    from marcelle_nb.stream import Stream

logger = logging.getLogger("marcelle_nb")


class LoadableModel(Model):
    """A model that a file can be read into.

    Attributes
    ----------
    loading : Stream of bool
        Held. Whether a file is being read.
    training : Stream of TrainingStatus
        Held. Also tells `loading`, then `loaded` (`data={"source": …}`) or `error`.
    """

    def __init__(self, **parameters: Any) -> None:
        super().__init__(**parameters)
        self.loading: Stream[bool] = self._stream(False)
        self._load_lock = threading.RLock()
        self._loads = 0
        self._loader: threading.Thread | None = None
        self._settled = threading.Event()
        self._settled.set()

    def _load(
        self, read: Callable[[], Any], source: Mapping[str, Any], *, wait: bool = True
    ) -> None:
        """Read something into the model, here or in the background; what it held is gone."""
        if wait:
            self._load_now(read, source)
            return
        self._settled.clear()  # who predicts from now on waits
        arguments = (read, source)
        threading.Thread(
            target=self._load_and_log,
            args=arguments,
            name=f"marcelle-load-{self.title}",
            daemon=True,
        ).start()

    def _load_and_log(self, read: Callable[[], Any], source: Mapping[str, Any]) -> None:
        try:
            self._load_now(read, source)
        except Exception:  # the streams have told it
            logger.warning("%s: loading failed", self.title, exc_info=True)

    def _load_now(self, read: Callable[[], Any], source: Mapping[str, Any]) -> None:
        with self._load_lock:
            self._loader = threading.current_thread()
            self._settled.clear()
            try:
                self._read(read, source)
            finally:
                self._loader = None
                self._settled.set()

    def _read(self, read: Callable[[], Any], source: Mapping[str, Any]) -> None:
        number = self._begin_load()
        try:
            fitted = read()
        except BaseException as error:
            self.loading.set(False)
            self._tell(TrainingStatus("error", data={"message": _reason(error)}))
            raise
        with self._train_lock:
            cleared = number != self._loads
            self._fitted = None if cleared else fitted
        self.loading.set(False)
        self._tell(TrainingStatus("idle") if cleared else TrainingStatus("loaded", data={**source}))

    def _begin_load(self) -> int:
        with self._train_lock:
            if self._active is not None:
                raise AlreadyTraining(
                    f"{self.title}: expected no active run while a file is loaded, got one"
                )
            self._loads += 1
            number = self._loads
            self._fitted = None
            self._tell_later(TrainingStatus("loading"))
        self.loading.set(True)
        self.training._deliver()
        return number

    def train(
        self, dataset: Instances | None = None, validation_dataset: Instances | None = None
    ) -> Run:
        """Start a training in the background and return at once; see `Model.train`.

        Raises
        ------
        AlreadyTraining
            If a run of this model is active, or a file is being loaded into it.
        """
        if self.loading.value:
            raise AlreadyTraining(f"{self.title}: expected a loaded model, got one that is loading")
        return super().train(dataset, validation_dataset)

    def clear(self) -> None:
        """Forget what was learned or loaded; what is under way is dropped when it is there."""
        with self._train_lock:
            self._loads += 1
        super().clear()

    def _fitted_now(self) -> Any:
        """Give what was learned or loaded; wait for it where it is being loaded."""
        if self._fitted is None and threading.current_thread() is not self._loader:
            self._settled.wait()
        return self._fitted


def _reason(error: BaseException) -> str:
    plain = isinstance(error, ValueError | OSError | UnsupportedByModel | AlreadyTraining)
    return str(error) if plain else described(error)
