"""Records every training of a model as a run in a store."""

from __future__ import annotations

import logging
import threading
import weakref
from typing import TYPE_CHECKING, Any

from marcelle_nb.data.document_keys import now
from marcelle_nb.errors import ModelFormatError, StoreError, UnsupportedByModel
from marcelle_nb.models.run_document import SOURCE, number_of, own_logs
from marcelle_nb.models.run_writer import RunWriter
from marcelle_nb.models.tracked_model import TrackedModel

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from marcelle_nb.models.training_runs import TrainingRuns
    from marcelle_nb.models.training_status import TrainingStatus

logger = logging.getLogger("marcelle_nb")

_trackers: weakref.WeakValueDictionary[tuple[int, int], RunTracker] = weakref.WeakValueDictionary()
"""By the stream and the store: a cell that runs again must not record every training twice."""

_lock = threading.Lock()


class RunTracker:
    """Follows the trainings of one model.

    Parameters
    ----------
    model : Model, or an object with a stream `training` of TrainingStatus
        Whose; the parameters that it has are kept, too.
    runs : TrainingRuns
        Where the runs go.

    Notes
    -----
    Thread: any. The record is kept on the thread of the training: when that has ended, its run and
    its model are in the store. What fails there is told, and the training goes on.
    """

    def __init__(self, model: Any, runs: TrainingRuns) -> None:
        self.model = TrackedModel(model)
        self.runs = runs
        self._basename = ""
        self._tell: Callable[[str], object] = logger.warning
        self._owner: object = None
        self._first = 1
        self._writer: RunWriter | None = None
        self._stop: Callable[[], None] | None = None

    @classmethod
    def of(cls, model: Any, runs: TrainingRuns) -> RunTracker:
        """Give the tracker of a model in a store, the same each time."""
        key = id(model.training), id(runs.store)
        with _lock:
            tracker = _trackers.get(key)
            if (
                tracker is None
                or tracker.model.given is not model
                or tracker.runs.store is not runs.store
            ):
                tracker = _trackers[key] = cls(model, runs)
            return tracker

    def follow(self, basename: str, owner: object, tell: Callable[[str], object]) -> None:
        """Record the trainings from now on, also the one under way, for an owner.

        Parameters
        ----------
        basename : str
            Of the runs to come.
        owner : object
            Who alone can end it with `release`: the last one that called this.
        tell : callable
            Takes a sentence about what failed.
        """
        if basename != self._basename:
            self._basename, self._first = basename, 1
        self._owner, self._tell = owner, tell
        if self._stop is None:
            self._stop = self.model.given.training.subscribe(self._follow)

    def release(self, owner: object) -> None:
        """End it, if nobody else has asked for it since; a run under way is left as stopped."""
        if owner is not self._owner:
            return
        stop, self._stop, self._owner = self._stop, None, None
        if stop is not None:
            stop()
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.give_up()

    def _follow(self, status: TrainingStatus) -> None:
        if status.status == "start":
            self._begin(status)
        elif status.status == "epoch":
            if self._writer is None:  # it is under way already
                self._begin(status)
                for earlier in self.model.epochs_before(status):
                    self._add(earlier["epoch"], earlier["epochs"], earlier["data"])
            self._add(status.epoch, status.epochs, status.data)
        elif status.status in {"success", "error"}:
            self._finish(status)

    def _begin(self, status: TrainingStatus) -> None:
        if self._writer is not None:  # it told no end
            self._writer.give_up()
        document: dict[str, Any] = {
            "start": now(),
            "source": SOURCE,
            "status": "start",
            "epoch": 0,
            "epochs": status.epochs,
            "params": self.model.params(),
            "checkpoints": [],
        }
        if self.model.services:
            document["modelService"] = self.model.services[0]  # see TrainingRuns.remove
        self._writer = RunWriter(self.runs, self._basename, document, self._first, self._told)
        self._writer.start()

    def _add(self, epoch: int | None, epochs: int | None, data: Mapping[str, Any] | None) -> None:
        if self._writer is None:
            return
        row = {key: number_of(value) for key, value in (data or {}).items() if _is_scalar(value)}
        self._writer.note({"status": "epoch", "epoch": epoch, "epochs": epochs}, row)

    def _finish(self, status: TrainingStatus) -> None:
        writer, self._writer = self._writer, None
        if writer is None:  # it began before anybody recorded it, or never
            return
        data = status.data or {}
        changes: dict[str, Any] = {"status": status.status}
        if status.status == "error":
            changes["message"] = str(data.get("message", ""))[:2_000]
        else:
            writer.replace_logs(own_logs(data))
            changes |= {"stopped": True} if data.get("stopped") is True else {}
            summary = self.model.summary()
            changes |= {"model": {"summary": summary}} if summary else {}
            changes |= self._checkpoint(writer)
        writer.end(changes)
        if writer.is_removed:  # nobody would find its model
            self._try(lambda: self.runs.remove_checkpoints(changes.get("checkpoints", [])))
        if writer.run is not None:
            self._first = self.runs.number(self._basename, writer.run) + 1
            self._try(lambda: self.runs.prune(self._basename))

    def _checkpoint(self, writer: RunWriter) -> dict[str, Any]:
        """Save what the model has learned, and say where."""
        is_there = self.model.has_learned and not writer.is_removed
        if not is_there or (writer.run is None and not writer.write()):
            return {}
        run: Any = writer.run
        service = self.model.services[0]
        saved = self._try(lambda: self.runs.save_checkpoint(run, service, self.model.packed()))
        return {"checkpoints": [saved]} if saved is not None else {}

    def _told(self, text: str) -> None:
        self._tell(text)  # of whoever owns this by then

    def _try(self, work: Callable[[], Any]) -> Any:
        """Do what the training does not depend on."""
        try:
            return work()
        except (StoreError, UnsupportedByModel, ModelFormatError) as error:
            logger.warning("the model of a run was not kept", exc_info=True)
            self._tell(f"The model of the run was not kept: {error}")
        except Exception as error:
            logger.exception("the model of a run was not kept")
            self._tell(f"The model of the run was not kept: {type(error).__name__}: {error}")
        return None


def _is_scalar(value: Any) -> bool:
    return value is None or (not isinstance(value, bool | str) and hasattr(value, "__float__"))
