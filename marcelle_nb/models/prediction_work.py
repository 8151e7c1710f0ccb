"""What one run of a batch of predictions does, from the first instance to the last."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import StoreError, TrainingError
from marcelle_nb.models.prediction_page import (
    PredictionPage,
    input_of,
    instance_version,
    instances_of,
    number_of,
    source_of,
)
from marcelle_nb.models.prediction_status import PredictionStatus
from marcelle_nb.stream import described

if TYPE_CHECKING:
    from collections.abc import Iterator

    from marcelle_nb.models.done_predictions import DonePredictions
    from marcelle_nb.models.prediction_log import PredictionLog
    from marcelle_nb.models.prediction_tasks import PredictionTasks
    from marcelle_nb.run import Run
    from marcelle_nb.stream import Stream


class PredictionWork:
    """Reads instances, has them predicted, stores the predictions, and tells how far it is.

    Parameters
    ----------
    dataset : Dataset or iterable of instances
        What is predicted.
    input_field : str
        Where an instance has the input.
    size : int
        Instances that are predicted and stored at a time.
    tasks : PredictionTasks
        What predicts.
    log : PredictionLog
        Where the predictions go.
    status : Stream of PredictionStatus
        Told of each prediction.
    progress : Stream of PredictionStatus
        Told of each page of them.

    Notes
    -----
    Thread: that of the run.
    """

    def __init__(
        self,
        dataset: Any,
        input_field: str,
        size: int,
        *,
        tasks: PredictionTasks,
        log: PredictionLog,
        status: Stream[PredictionStatus],
        progress: Stream[PredictionStatus],
    ) -> None:
        self._dataset = dataset
        self._input_field = input_field
        self._size = size
        self._tasks = tasks
        self._log = log
        self._status = status
        self._progress = progress
        self._count, self._seen = 0, 0
        self._total: int | None = None
        self._has_begun = False
        self._resumes = False

    def do(self, run: Run) -> PredictionStatus:
        """Work to the end, and give the status that it ends with.

        Raises
        ------
        RunCancelled
            When the run is cancelled.
        Exception
            Whatever goes wrong; `ended` notes it.
        """
        self._total = number_of(self._dataset)
        self._tasks.freeze()
        source, key = source_of(self._dataset), self._tasks.key
        about = {"model": key, "dataset": source, "inputField": self._input_field}
        self._resumes = source is not None and key is not None
        done = self._log.begin(about, self._total, resumes=self._resumes)
        self._begin(min(len(done.by_instance), self._total or 0))
        for page, answers in self._tasks.answers(run, self._pages(run, done)):
            self._store(page, answers)
        self._log.remove(done.left())
        self._log.end("success", self._seen)
        return PredictionStatus("success", self._seen, self._seen)

    def ended(self, error: BaseException, *, is_stop: bool) -> PredictionStatus:
        """Say how a run ends that did not come to its end; note it, unless the store is gone."""
        with contextlib.suppress(StoreError):
            self._log.end("stopped" if is_stop else "error", self._total)
        if not is_stop:
            message = str(error) if isinstance(error, TrainingError) else described(error)
            return PredictionStatus("error", self._count, self._total, {"message": message})
        if not self._has_begun:
            self._begin(0)
        return PredictionStatus("success", self._count, self._total, {"stopped": True})

    def _begin(self, count: int) -> None:
        self._has_begun = True
        self._count = count
        start = PredictionStatus("start", count, self._total)
        self._progress.set(start)
        self._status.set(start)

    def _pages(self, run: Run, done: DonePredictions) -> Iterator[PredictionPage]:
        """Give pages of what has no prediction yet."""
        page = PredictionPage()
        for identifier, instance in instances_of(self._dataset):
            self._seen += 1
            run.checkpoint()
            row, x, version = input_of(identifier, instance, self._input_field)
            mark = instance_version(row.get("y"), x, version) if self._resumes else ""
            held = done.take(identifier)
            if held is not None and held.version == mark:
                continue
            replaces = None if held is None else held.id
            page.add(identifier, row, x, version, mark=mark, replaces=replaces)
            page.count = self._reached(done)
            if page.is_full(self._size):
                yield page
                page = PredictionPage()
        if len(page):
            yield page

    def _reached(self, done: DonePredictions) -> int:
        """Count the instances up to here, and those of later ones that have a prediction."""
        count = self._seen + len(done.by_instance)
        return count if self._total is None else min(count, max(self._seen, self._total))

    def _store(self, page: PredictionPage, answers: list[dict[str, Any]]) -> None:
        stored = self._log.write(page, answers)
        first = page.count - len(stored)
        for n, document in enumerate(stored, 1):
            self._status.set(PredictionStatus("running", first + n, self._total, document))
        self._count = page.count
        self._progress.set(PredictionStatus("running", self._count, self._total))
