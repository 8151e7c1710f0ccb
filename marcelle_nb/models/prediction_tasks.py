"""Pages of inputs on an executor: few at a time, their answers in order."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from concurrent import futures
from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import RunCancelled, TrainingError, UnsupportedByModel
from marcelle_nb.models.prediction_page import packed_inputs
from marcelle_nb.models.prediction_task import predict_page

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from marcelle_nb.models.prediction_page import PredictionPage
    from marcelle_nb.models.predictor import Predictor
    from marcelle_nb.run import Run

    Answers = list[dict[str, Any]]
    Future = futures.Future[Answers | None]

TASKS_PER_WORKER = 2
"""One that a worker works on, and one that it finds when that is done."""

POLL_S = 0.05
"""How often it is looked at whether the run was cancelled."""

COUNT_S = 2.0
"""How long a number of workers is believed: a cluster may grow."""


class PredictionTasks:
    """Predicts pages on an executor.

    Parameters
    ----------
    executor : concurrent.futures.Executor or None
        None predicts here, on the thread that asks.
    predictor : Predictor

    Raises
    ------
    TypeError
        If it is no executor.
    UnsupportedByModel
        If the model cannot be used on it.
    """

    def __init__(self, executor: futures.Executor | None, predictor: Predictor) -> None:
        if executor is not None and not callable(getattr(executor, "submit", None)):
            raise TypeError(
                f"executor: expected a concurrent.futures.Executor, got {executor!r:.80}"
            )
        self._executor: Any = executor
        self._predictor = predictor
        self._in_process = executor is None or isinstance(executor, futures.ThreadPoolExecutor)
        self._client = _dask_client(executor)
        self._n_workers, self._counted = 0, float("-inf")
        self._model: Any = None
        self._refuse_fork()

    @property
    def key(self) -> str | None:
        """The digest of the model and its parameters, after `freeze`; None of one that has none."""
        return self._predictor.key

    def freeze(self) -> None:
        """Take the model as it is, and see whether it can be used on the executor."""
        self._predictor.freeze()
        self._refuse_fork()
        if not self._in_process and self._predictor.key is None:
            raise UnsupportedByModel(
                "executor: expected a model that can be stored, which other processes need, got"
                " one that cannot: use a ThreadPoolExecutor, or none"
            )

    def answers(
        self, run: Run, pages: Iterable[PredictionPage]
    ) -> Iterator[tuple[PredictionPage, Answers]]:
        """Give each page with its answers, in order.

        Raises
        ------
        RunCancelled
            When the run is cancelled; what was not begun by then is not done.
        """
        if self._executor is None:
            for page in pages:
                run.checkpoint()
                yield page, self._predictor.predict(page.inputs, page.versions)
            return
        waiting: deque[tuple[PredictionPage, Future]] = deque()
        try:
            for page in pages:
                self._check_open()
                waiting.append((page, self._submit(page)))
                while len(waiting) >= self._most():
                    yield self._first(run, waiting)
            while waiting:
                yield self._first(run, waiting)
        finally:
            for _, future in waiting:
                future.cancel()

    def _first(
        self, run: Run, waiting: deque[tuple[PredictionPage, Future]]
    ) -> tuple[PredictionPage, Answers]:
        """Wait for the oldest page; meanwhile give the model to the workers that ask for it."""
        while True:
            self._serve(waiting)
            page, future = waiting[0]
            # one that ends after it was served is looked at again
            if future.done() and (answers := _answers_of(future)) is not None:
                waiting.popleft()
                return page, answers
            if run.cancelled:
                raise RunCancelled
            self._check_open()
            futures.wait(
                [it for _, it in waiting if not it.done()], POLL_S, futures.FIRST_COMPLETED
            )

    def _check_open(self) -> None:
        """Refuse to wait for a cluster whose client was closed: its tasks may never end."""
        if getattr(self._client, "status", None) in ("closing", "closed"):
            raise _stopped("its client was closed")

    def _serve(self, waiting: deque[tuple[PredictionPage, Future]]) -> None:
        for place, (page, future) in enumerate(waiting):
            is_answer = future.done() and not future.cancelled() and future.exception() is None
            if is_answer and future.result() is None:
                waiting[place] = page, self._submit(page, with_model=True)

    def _submit(self, page: PredictionPage, *, with_model: bool = False) -> Future:
        predictor, submit = self._predictor, self._executor.submit
        if self._in_process:
            future: Future = submit(predictor.predict, page.inputs, page.versions)
            return future
        return submit(  # type: ignore[no-any-return]
            predict_page,
            predictor.key or "",
            predictor.description,
            self._model_data() if with_model else None,
            packed_inputs(page.inputs),
            page.versions,
        )

    def _model_data(self) -> Any:
        """Pack the model; on a cluster, put it where its workers fetch it from one another."""
        if self._model is None:
            self._model = self._predictor.to_bytes()
            if self._client is not None:
                self._model = self._client.scatter(self._model)
        return self._model

    def _most(self) -> int:
        if time.monotonic() - self._counted > COUNT_S:
            self._n_workers, self._counted = self._count(), time.monotonic()
        return TASKS_PER_WORKER * max(1, self._n_workers)

    def _count(self) -> int:
        if self._client is not None:
            return len(self._client.nthreads())
        n = getattr(self._executor, "_max_workers", None)
        return n if isinstance(n, int) else 1

    def _refuse_fork(self) -> None:
        context = getattr(self._executor, "_mp_context", None)  # of a pool of processes
        method = None if context is None else context.get_start_method()
        if method == "fork" and self._predictor.needs_tensorflow:
            raise UnsupportedByModel(
                "executor: expected processes that are not forked, in which TensorFlow stands"
                " still, got start method 'fork': give ProcessPoolExecutor(mp_context="
                "multiprocessing.get_context('spawn')), or a ThreadPoolExecutor"
            )


def _answers_of(future: Future) -> Answers | None:
    try:
        return future.result()
    except (futures.CancelledError, asyncio.CancelledError) as error:
        told = f": {error}" if str(error) else ""
        raise _stopped(f"a task of it was cancelled{told}") from error


def _stopped(why: str) -> TrainingError:
    return TrainingError(
        f"executor: expected one that works until the batch has ended, but {why}; what is stored"
        " stays: predict again, with an executor that is open, to go on"
    )


def _dask_client(executor: Any) -> Any:
    client = getattr(executor, "_client", None)
    is_dask = all(callable(getattr(client, name, None)) for name in ("scatter", "nthreads"))
    return client if is_dask else None
