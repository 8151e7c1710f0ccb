"""What the models have in common that come from a file."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import AlreadyTraining, UnsupportedByModel
from marcelle_nb.inbox import Inbox
from marcelle_nb.models.model import Model
from marcelle_nb.models.training_status import TrainingStatus
from marcelle_nb.models.unfinished_loads import finished_before_exit, process_is_ending
from marcelle_nb.stream import described

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from marcelle_nb.stream import Stream

logger = logging.getLogger("marcelle_nb")


class LoadableModel(Model):
    """A model that a file can be read into.

    What it held before stays until the file is read; where that fails, it stays for good. Of
    several files that are asked for while one is read, only the last is read.

    Attributes
    ----------
    loading : Stream of bool
        Held. Whether a file is being read, or is to be: True as soon as it is asked for.
    training : Stream of TrainingStatus
        Held. Also tells `loading`, then `loaded` (`data={"source": …}`) or `error`.
    """

    def __init__(self, **parameters: Any) -> None:
        super().__init__(**parameters)
        self.loading: Stream[bool] = self._stream(False)
        self._load_lock = threading.RLock()
        self._queue = Inbox(f"marcelle-load-{self.title}")
        self._asked = 0
        self._pending: set[int] = set()
        self._cleared = 0
        self._loader: threading.Thread | None = None
        self._settled = threading.Condition(self._train_lock)

    def _load(
        self,
        read: Callable[[], Any],
        source: Mapping[str, Any],
        *,
        wait: bool = True,
        is_superseded: Callable[[], bool] = lambda: False,
    ) -> None:
        """Read something into the model, here or in the background.

        `is_superseded` is asked where no run can begin any more; where it says so, nothing happens.
        """
        with self._train_lock:
            if self._active is not None:
                raise AlreadyTraining(
                    f"{self.title}: expected no active run while a file is loaded, got one"
                )
            if is_superseded():
                return
            self._asked += 1
            number = self._asked
            self._pending.add(number)  # from now on nothing is trained, and who predicts waits
        if wait:
            self._load_now(number, read, source)
        else:
            self._tell_whether_loading()  # who waits for its end must not find it not begun
            self._queue.put(lambda: self._load_and_log(number, read, source))

    def _load_and_log(
        self, number: int, read: Callable[[], Any], source: Mapping[str, Any]
    ) -> None:
        with finished_before_exit() as may_begin:
            if not may_begin:
                with self._train_lock:  # nobody may wait for it
                    self._end_up_to(number)
                return
            try:
                self._load_now(number, read, source)
            except Exception:  # the streams have told it
                if not process_is_ending.is_set():
                    logger.warning("%s: loading failed", self.title, exc_info=True)

    def _load_now(self, number: int, read: Callable[[], Any], source: Mapping[str, Any]) -> None:
        with self._load_lock:
            before, self._loader = self._loader, threading.current_thread()
            try:
                self._read(number, read, source)
            finally:
                self._loader = before

    def _read(self, number: int, read: Callable[[], Any], source: Mapping[str, Any]) -> None:
        with self._train_lock:
            if is_dropped := number <= self._cleared:
                self._end_up_to(number)
            elif number < self._asked:  # who waits for this one gets the later
                return
            else:
                self._tell_later(TrainingStatus("loading"))
        self._tell_whether_loading()
        if is_dropped:
            return
        self.training._deliver()
        try:
            fitted = read()
            self._adopt(fitted)
        except BaseException as error:
            status = TrainingStatus("error", data={"message": _reason(error)})
            self._settle(number, status)
            raise
        self._settle(number, TrainingStatus("loaded", data={**source}), fitted)

    def _adopt(self, fitted: Any) -> None:
        """Take over what a loaded model says of itself, just before it is held."""

    def _settle(self, number: int, status: TrainingStatus, fitted: Any = None) -> None:
        """End a load: hold what was read, unless the model was cleared meanwhile, and tell it."""
        with self._train_lock:
            is_cleared = number <= self._cleared
            if fitted is not None and not is_cleared:
                self._fitted = fitted
            self._end_up_to(number)  # before the event: who hears it may train, or load again
            is_idle = is_cleared and status.status == "loaded"
            self._tell_later(TrainingStatus("idle") if is_idle else status)
        self._tell_whether_loading()
        self.training._deliver()

    def _tell_whether_loading(self) -> None:
        with self._train_lock:  # so that the last value is that of the last change
            is_loading = bool(self._pending)
            if self.loading.value is not is_loading:
                self.loading._post(is_loading)
        self.loading._deliver()

    def _end_up_to(self, number: int) -> None:
        self._pending = {later for later in self._pending if later > number}
        self._settled.notify_all()

    def _refuse_if_busy(self) -> None:
        """Raise where a file is asked for, too: a training would lose what it learns."""
        super()._refuse_if_busy()
        if self._pending:
            raise AlreadyTraining(f"{self.title}: expected a loaded model, got one that is loading")

    def clear(self) -> None:
        """Forget what was learned or loaded; what is under way is dropped when it is there."""
        with self._train_lock:
            self._cleared = self._asked
        super().clear()

    @property
    def ready(self) -> bool:
        """Whether it can predict at once: it has learned or loaded something, and loads nothing."""
        return self._fitted is not None and not self._pending

    def _fitted_now(self) -> Any:
        """Give what was learned or loaded; wait for it where it is being loaded."""
        with self._train_lock:
            asked = self._asked  # not for what is asked for later: that might never end
            if threading.current_thread() is not self._loader:
                self._settled.wait_for(lambda: min(self._pending, default=asked + 1) > asked)
            return self._fitted


def _reason(error: BaseException) -> str:
    plain = isinstance(error, ValueError | OSError | UnsupportedByModel | AlreadyTraining)
    return str(error) if plain else described(error)
