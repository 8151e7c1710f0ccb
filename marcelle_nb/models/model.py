"""What all models have in common: a training stream, one run at a time, and a companion widget."""

from __future__ import annotations

import contextlib
import threading
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from marcelle_nb.component import Component
from marcelle_nb.data.dataset import Dataset
from marcelle_nb.errors import AlreadyTraining, RunCancelled, TrainingError
from marcelle_nb.kinds import Integer
from marcelle_nb.message_log import MessageLog
from marcelle_nb.models.divergence import Divergence
from marcelle_nb.models.storage_methods import StorageMethods
from marcelle_nb.models.training_rows import TrainingRows
from marcelle_nb.models.training_status import TrainingStatus
from marcelle_nb.models.watched_dataset import WatchedDataset
from marcelle_nb.models.web_methods import WebMethods
from marcelle_nb.run import Run
from marcelle_nb.stream import Stream, described

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from marcelle_nb.message import Message
    from marcelle_nb.models.targets import Learned
    from marcelle_nb.models.training_rows import Instances, Read


class Model(StorageMethods, WebMethods, Component, ABC):
    """Something that learns from instances, in the background, and shows how it does.

    Its companion widget has a control for each parameter, the buttons Train, Cancel and Clear, and
    live curves.

    Attributes
    ----------
    training : Stream of TrainingStatus
        Held. `start`, an `epoch` after each epoch, then `success`; or `error`. A training whose
        weights or loss become infinite or NaN is an `error`, after which the model is as it was
        before.
    """

    view = "model"
    title: ClassVar[str] = "Model"
    messages_per_second = 10

    def __init__(self, **parameters: Any) -> None:
        super().__init__(**parameters)
        self.log: MessageLog = MessageLog()
        self.training: Stream[TrainingStatus] = self._stream(TrainingStatus())
        self._train_lock = threading.Lock()
        self._active: Run | None = None
        self._run_number = 0
        self._discarded: Run | None = None
        self._watched = WatchedDataset(self.shown)
        self.log.append(TrainingStatus().to_entry(0))

    # Training

    def train(
        self, dataset: Instances | None = None, validation_dataset: Instances | None = None
    ) -> Run:
        """Start a training in the background and return at once.

        Parameters
        ----------
        dataset : Dataset or iterable of instances, optional
            Read page by page, as it is now: what is recorded later counts next time. No more than
            the array of the inputs is held, above 1 GB in a file of its own. A `Dataset` becomes
            `model.dataset`, which is what is trained on where none is given.
        validation_dataset : Dataset or iterable of instances, optional
            Validate on these instead of on a part of `dataset`.

        Returns
        -------
        Run
            `wait` for it, await it, or `cancel` it. Where a training cannot begin, the run has
            failed: its `error` and the `error` event on `training` say why.

        Raises
        ------
        AlreadyTraining
            If a run of this model is active.
        """
        with self._train_lock:
            self._refuse_if_busy()
            self._run_number += 1
            run = self._active = Run(
                lambda run: self._work(run, given, validation), f"marcelle-train-{self.title}"
            )
        try:
            given = TrainingRows.taken(
                self.dataset if dataset is None else dataset, self._learned, run
            )
            validation = None
            if validation_dataset is not None and isinstance(given, TrainingRows):
                validation = TrainingRows.taken(validation_dataset, self._learned, run)
            if isinstance(dataset, Dataset):
                self.dataset = dataset
            return run.start()
        except BaseException:  # Ctrl-C, while an iterable is read
            with self._train_lock:
                self._active = None
            raise

    def _refuse_if_busy(self) -> None:
        """Raise where no run may begin now; called under the lock."""
        if self._active is not None:
            raise AlreadyTraining(f"{self.title}: expected no active run, got one: cancel it first")

    @abstractmethod
    def _fit(self, run: Run, rows: TrainingRows, validation: TrainingRows | None) -> dict[str, Any]:
        """Learn from at least one row; return what `success` carries beside the history.

        Call `self._begin(epochs)` when nothing can be wrong with the input any more, `self._epoch`
        after each epoch, and `self._publish` with what was learned.
        """

    def _publish(self, run: Run, fitted: Any) -> None:
        """Publish what was learned, in one assignment, unless the model was cleared meanwhile."""
        with self._train_lock:
            if run is not self._discarded:
                self._fitted = fitted

    def _begin(self, epochs: int) -> None:
        self._tell(TrainingStatus("start", epochs=epochs))

    def _epoch(self, run: Run, epoch: int, epochs: int, metrics: Mapping[str, float]) -> None:
        run.record(metrics)
        self._tell(TrainingStatus("epoch", epoch, epochs, dict(metrics)))

    def _tell(self, status: TrainingStatus) -> None:
        with self._train_lock:
            self._tell_later(status)
        self.training._deliver()

    def _tell_later(self, *statuses: TrainingStatus) -> None:
        """Log statuses for the page and queue them on `training`, under the lock.

        Who holds the lock delivers after letting go: no event of another run gets between.
        """
        for status in statuses:
            restart = status.status in {"start", "idle"}
            self.training._post(status)
            self.log.append(status.to_entry(self._run_number), restart=restart)

    def _work(self, run: Run, given: Read, validation: Read | None) -> None:
        before = self._fitted
        try:
            rows = _rows_of(given)
            held_back = None if validation is None else _rows_of(validation)
            self._refuse_none(rows)
            run.checkpoint()
            extra = self._fit(run, rows, held_back)
        except RunCancelled:
            if self.training.value.status not in {"start", "epoch"}:
                self._begin(0)
            extra = {"stopped": True}
        except BaseException as error:  # SystemExit, from a subscriber: nothing stays in start
            if isinstance(error, Divergence):
                self._publish(run, before)
            message = str(error) if isinstance(error, TrainingError) else described(error)
            self._end(run, TrainingStatus("error", data={"message": message}))
            if isinstance(error, TrainingError | ValueError):
                raise TrainingError(str(error)) from error
            raise
        self._end(run, TrainingStatus("success", data={**run.history, **extra}))

    def _refuse_none(self, rows: TrainingRows) -> None:
        if not len(rows):
            raise TrainingError(
                f"{self.title}: expected at least one instance, got none: record something first"
            )

    def _end(self, run: Run, status: TrainingStatus) -> None:
        with self._train_lock:
            self._active = None  # before the event: who hears it may train again
            discarded = run is self._discarded
            self._discarded = None
            self._tell_later(status, *([TrainingStatus("idle")] if discarded else []))
        self.training._deliver()

    def clear(self) -> None:
        """Forget what was learned; a run under way is cancelled, and its results are dropped."""
        with self._train_lock:
            self._fitted = None
            self._discarded = self._active
            if self._active is None:
                self._tell_later(TrainingStatus("idle"))
            else:
                self._active.cancel()
        self.training._deliver()

    @property
    def ready(self) -> bool:
        """Whether the model has learned something that it can predict with."""
        return self._fitted is not None

    _fitted: Any = None

    @property
    def _learned(self) -> Learned:
        """What it learns for each row."""
        return "label"

    @property
    def dataset(self) -> Dataset | None:
        """What the Train button of the widget trains on: set by you, or by the last `train`."""
        return self._watched.dataset

    @dataset.setter
    def dataset(self, dataset: Dataset | None) -> None:
        self._watched.watch(dataset)

    # The page's side

    def _synced(self) -> dict[str, Stream[Any]]:
        kinds = {name: self.parameters[name].kind.to_dict() for name in self.parameters}
        return {
            "title": Stream(self.title),
            "kinds": Stream(kinds),
            "dataset": self._watched.text,
            "can_train": self._watched.is_there,
        }

    def _handlers(self) -> dict[str, Callable[[Message], object]]:
        return {"train": self._on_train, "clear": lambda _: self.clear(), "cancel": self._on_cancel}

    def _urgent(self) -> dict[str, Callable[[Message], dict[str, Any]]]:
        return {"cancel": self._on_cancel}

    def _on_train(self, _: Message) -> None:
        if self.dataset is None:
            raise ValueError("train: expected a dataset, got none: set model.dataset first")
        # a double click, or two pages: the run that was asked for is under way
        with contextlib.suppress(AlreadyTraining):
            self.train(self.dataset)

    def _on_cancel(self, message: Message) -> dict[str, Any]:
        number = message.take("run", Integer(min=0))
        with self._train_lock:
            # a click that waited behind a long cell must not stop a later run
            run = self._active if number == self._run_number else None
        if run is not None:
            run.cancel()
        return {"kind": "cancelled", "run": number}

    def _summary(self) -> list[tuple[str, object]]:
        rows: list[tuple[str, object]] = list(self.parameters.to_dict().items())
        status = self.training.value
        rows.append(("status", status.status))
        if status.epoch is not None:
            rows.append(("epoch", f"{status.epoch} of {status.epochs}"))
        metrics = {
            key: value[-1] if isinstance(value, list) and value else value
            for key, value in (status.data or {}).items()
            if not hasattr(value, "shape")  # an embedding is long
        }
        rows += [(key, f"{v:.3f}" if isinstance(v, float) else v) for key, v in metrics.items()]
        return rows

    def close(self) -> None:
        """End the run that is active, end subscriptions and remove the views."""
        with self._train_lock:
            run = self._active
        if run is not None:
            run.cancel()
        self._watched.close()
        super().close()


def _rows_of(read: Read) -> TrainingRows:
    if isinstance(read, Exception):
        raise read
    return read
