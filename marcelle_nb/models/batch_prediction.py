"""Predictions of a whole dataset, in the background, kept in a store."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, Any

from marcelle_nb.component import Component
from marcelle_nb.data.dataset_name import checked_name
from marcelle_nb.data.given_store import given_store
from marcelle_nb.errors import AlreadyTraining, NotFound, RunCancelled, TrainingError
from marcelle_nb.kinds import Integer
from marcelle_nb.models.prediction_log import PredictionLog
from marcelle_nb.models.prediction_status import PredictionStatus
from marcelle_nb.models.prediction_tasks import PredictionTasks
from marcelle_nb.models.prediction_work import PredictionWork
from marcelle_nb.models.predictor import Predictor
from marcelle_nb.run import Run
from marcelle_nb.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from concurrent.futures import Executor

    from marcelle_nb.data.data_store import DataStore
    from marcelle_nb.data.dataset import Dataset
    from marcelle_nb.data.query import RawQuery
    from marcelle_nb.data.service import Service
    from marcelle_nb.data.service_iterable import ServiceIterable
    from marcelle_nb.message import Message

PAGE = 500
"""Instances that are predicted and stored at a time."""


class BatchPrediction(Component):
    """Predictions of a whole dataset, in the background, kept in a store.

    Parameters
    ----------
    name : str
        Of the batch: one name in one store is one set of predictions.
    store : DataStore or its location, optional
        Where they are kept; the memory of this kernel by default.
    data_store : DataStore or its location, optional
        Another word for `store`.

    Raises
    ------
    ValueError, TypeError
        If the name is no text that can name a service, or the store is none.
    StoreError
        If the store cannot be opened; other methods raise it where a store fails.

    Attributes
    ----------
    status : Stream of PredictionStatus
        Held. `start`, a `running` for each prediction that is stored, then `success`; or `error`.
        At the beginning `loaded` where predictions are there, else `idle`.
    count : Stream of int
        Held. How many instances have a prediction; set after each page of them.
    predictions : Service
        The predictions, one document each: the fields of what the model answers (`label` and
        `confidences` of a classifier; numbers, lists and arrays as `output`), `instanceId` (for an
        instance without an id its place) and `yTrue` (its label; of a model that answers with
        numbers, a number or a list of them). Where a later `predict` can go on with them, also
        `instanceVersion`: a text that differs where input or label of the instance do.

    Notes
    -----
    Thread: any.

    In versions of Marcelle before 0.6, `predictions` was a stream of ids: here it is the service,
    whose own streams (`created`, `changes`, …) tell of them, also of those of other kernels.

    The predictions are in the service `predictions-` and the name in lower case with hyphens, as
    Marcelle has it: "A" and "a" are one batch.

    Examples
    --------
    >>> from marcelle_nb.models.knn import KNN
    >>> model = KNN(k=1)
    >>> run = model.train([{"x": [0, 1], "y": "up"}, {"x": [1, 0], "y": "right"}]).wait()
    >>> batch = BatchPrediction("of an example")
    >>> run = batch.predict(model, [{"x": [0.2, 0.9], "y": "up"}]).wait()
    >>> [(it["label"], it["yTrue"]) for it in batch.items()]
    [('up', 'up')]
    >>> batch.clear()
    """

    view = "batch_prediction"

    def __init__(self, name: str, store: Any = None, *, data_store: Any = None) -> None:
        if store is not None and data_store is not None:
            raise TypeError("data_store: expected none beside store, got both")
        super().__init__()
        self._name = checked_name(name)
        place = given_store(store) if data_store is None else given_store(data_store, "data_store")
        self._log = PredictionLog(place, self._name)
        self.predictions: Service = self._log.predictions
        self._lock = threading.Lock()
        self._active: Run | None = None
        self._discarded: Run | None = None
        self._run_number = 0
        self._number: Stream[int] = self._stream(0)
        self.status: Stream[PredictionStatus] = self._stream(PredictionStatus("loading"))
        self._progress: Stream[PredictionStatus] = self._stream(PredictionStatus("loading"))
        self.count: Stream[int] = self._progress.map(lambda it: it.count or 0)
        self._tell(self._found())

    @property
    def name(self) -> str:
        """The name that was given."""
        return self._name

    @property
    def store(self) -> DataStore:
        """Where the predictions are."""
        return self._log.store

    def predict(
        self,
        model: Any,
        dataset: Dataset | Iterable[Mapping[str, Any]],
        input_field: str = "x",
        executor: Executor | None = None,
        batch_size: int = PAGE,
    ) -> Run:
        """Predict from every instance in the background, and return at once.

        Of a `Dataset` and a model that can be stored, what was begun is gone on with: predictions
        that are there from a run of the same model, parameters, dataset and field (it was
        cancelled, failed or killed, or the dataset has changed since) stay, those of instances that
        were removed go, and those of changed ones are renewed in their places. What is changed
        after it was read is renewed by the next `predict`. All other predictions of this name are
        replaced.

        Parameters
        ----------
        model : Model, or an object with `predict_many`
            A model that can be stored is used as it is now; others must not change meanwhile.
        dataset : Dataset or iterable of instances
            Read in pages while it is predicted.
        input_field : str
            Where an instance has the input; "features" falls back to "x".
        executor : concurrent.futures.Executor, optional
            What predicts in place of this thread: a `ThreadPoolExecutor`; a `ProcessPoolExecutor`
            and `Client.get_executor()` of Dask, for a model that can be stored and whose class the
            workers can import. The results are the same. It is not shut down.
        batch_size : int
            So many instances, or fewer large ones, are predicted and stored at a time.

        Returns
        -------
        Run
            `wait` for it, await it, or `cancel` it: what is stored by then stays. Where it fails,
            its `error` and the `error` event on `status` say why.

        Raises
        ------
        AlreadyTraining
            If a run of this batch is active.
        UnsupportedByModel
            If the model cannot be used on the executor.
        TypeError, ValueError
            If an argument is none of this.
        """
        size = Integer(min=1, max=100_000).check("batch_size", batch_size)
        if not input_field or not isinstance(input_field, str):
            raise TypeError(f"input_field: expected the name of a field, got {input_field!r:.80}")
        work = PredictionWork(
            dataset,
            input_field,
            size,
            tasks=PredictionTasks(executor, Predictor(model)),
            log=self._log,
            status=self.status,
            progress=self._progress,
        )
        with self._lock:
            if self._active is not None:
                raise AlreadyTraining(
                    f"batch {self._name!r}: expected no active run, got one: cancel it first"
                )
            run = self._active = Run(lambda run: self._work(run, work), "marcelle-predict")
            self._run_number += 1
        self._number.set(self._run_number)
        return run.start()

    def cancel(self) -> None:
        """Stop the active run, if there is one; what is stored stays. Returns at once."""
        with self._lock:
            run = self._active
        if run is not None:
            run.cancel()

    def items(self, query: RawQuery | None = None) -> ServiceIterable:
        """Give all predictions, or those that match, in order; they are read while one iterates."""
        return self.predictions.items(query)

    def find(self, query: RawQuery | None = None) -> Any:
        """Give a page of predictions; see `Service.find`."""
        return self.predictions.find(query)

    def clear(self) -> None:
        """Remove all predictions; an active run is cancelled, and it is waited for."""
        with self._lock:
            run = self._discarded = self._active
        if run is not None:
            run.cancel()
        self._log.clear()
        if run is None:
            self._tell(PredictionStatus("idle"))
        elif threading.current_thread() is not run._thread:
            with contextlib.suppress(TrainingError):  # whatever it ends with is gone
                run.wait()

    # Within

    def _work(self, run: Run, work: PredictionWork) -> None:
        try:
            status = work.do(run)
        except BaseException as error:
            # what it was about to write to is gone
            is_gone = isinstance(error, TrainingError | NotFound)
            is_cleared = run is self._discarded and is_gone
            status = work.ended(error, is_stop=is_cleared or isinstance(error, RunCancelled))
            if status.status == "error":
                self._end(run, status)
                raise
        self._end(run, status)

    def _end(self, run: Run, status: PredictionStatus) -> None:
        with self._lock:
            discarded = run is self._discarded
            self._active = self._discarded = None  # before the event: who hears it may predict
        self._tell(status)
        if discarded:
            self._tell(PredictionStatus("idle"))

    def _tell(self, status: PredictionStatus) -> None:
        self._progress.set(status)
        self.status.set(status)

    def _found(self) -> PredictionStatus:
        """Say what is in the store."""
        n = self.predictions.count()
        if not n:
            return PredictionStatus("idle")
        noted = self._log.noted() or {}
        total = noted.get("total")
        return PredictionStatus("loaded", n, total if isinstance(total, int) else n)

    # The page's side

    def _synced(self) -> dict[str, Stream[Any]]:
        return {
            "name": Stream(self._name),
            "where": Stream(self.store.where),
            "run": self._number,
            "status": self._progress.map(lambda it: it.status),
            "count": self._progress.map(lambda it: it.count),
            "total": self._progress.map(lambda it: it.total),
            "stopped": self._progress.map(lambda it: bool((it.data or {}).get("stopped"))),
            "message": self._progress.map(lambda it: str((it.data or {}).get("message", ""))),
        }

    def _handlers(self) -> dict[str, Callable[[Message], object]]:
        return {"cancel": self._on_cancel, "clear": lambda _: self.clear()}

    def _urgent(self) -> dict[str, Callable[[Message], dict[str, Any]]]:
        return {"cancel": self._on_cancel}

    def _on_cancel(self, message: Message) -> dict[str, Any]:
        number = message.take("run", Integer(min=0))
        with self._lock:
            # a click that waited behind a long cell must not stop a later run
            run = self._active if number == self._run_number else None
        if run is not None:
            run.cancel()
        return {"kind": "cancelled", "run": number}

    def _summary(self) -> list[tuple[str, object]]:
        status = self._progress.value
        rows: list[tuple[str, object]] = [("name", self._name), ("status", status.status)]
        if status.count is not None:
            of = "" if status.total is None else f" of {status.total}"
            rows.append(("predictions", f"{status.count}{of}"))
        if status.data and "message" in status.data:
            rows.append(("message", status.data["message"]))
        return [*rows, ("where", self.store.where)]

    def close(self) -> None:
        """Cancel the run that is active, end subscriptions and remove the views."""
        self.cancel()
        super().close()
