"""Processes that predict batches and are killed, and models for them."""

from __future__ import annotations

import multiprocessing
import random
import time
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.data.data_store import DataStore
from marcelle_nb.data.dataset import Dataset
from marcelle_nb.models.batch_prediction import BatchPrediction
from marcelle_nb.models.knn import KNN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from multiprocessing.context import ForkServerProcess

    from marcelle_nb.models.prediction_status import PredictionStatus

PAGE = 7
_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(["tests.batch_runs"])


def start(work: Callable[..., None], *args: Any) -> ForkServerProcess:
    """Start a function of this module in a process of its own."""
    process = _processes.Process(target=work, args=args, daemon=True)
    process.start()
    return process


def rows(n: int, seed: int = 0, width: int = 6) -> list[dict[str, Any]]:
    """Make instances, the same for the same seed."""
    source = np.random.default_rng(seed)
    x = source.normal(size=(n, width)).astype(np.float32)
    return [{"x": row, "y": "abc"[place % 3]} for place, row in enumerate(x)]


def trained_knn(**parameters: Any) -> KNN:
    """Train a model, the same in every process."""
    model = KNN(**parameters)
    model.train(rows(30)).wait(60)
    return model


class Slow(KNN):
    """Takes its time, so that it can be killed at work."""

    def predict_many(self, xs: Any) -> Any:
        """Wait before answering."""
        time.sleep(0.01)
        return super().predict_many(xs)


def predict(place: str, n: int) -> None:
    """Predict a batch to its end."""
    with DataStore(place) as store:
        data = Dataset("data", store)
        if data.count.value < n:
            data.create(rows(n - data.count.value, 1))
        model = Slow()
        model.train(rows(30)).wait(60)
        BatchPrediction("killed", store).predict(model, data, batch_size=PAGE).wait(60)


def kill_while_predicting(place: str, n: int, times: int) -> list[int]:
    """Kill a process `times` times at work, and check each time; give how far it was."""
    source, seen = random.Random(0), list[int]()
    model = trained_knn()
    with DataStore(place) as store:
        Dataset("data", store).create(rows(n, 1))
    for _ in range(times):
        process = start(predict, place, n)
        time.sleep(source.uniform(0, 0.35))
        process.kill()
        process.join()
        seen.append(check_after_kill(place, model, n))
        if seen[-1] == n:
            with DataStore(place) as store:
                BatchPrediction("killed", store).clear()
    return seen


def check_after_kill(place: str, model: KNN, n: int) -> int:
    """Check what a killed run left: whole pages from the beginning; give their number of rows."""
    with DataStore(place) as store:
        store.check()
        batch, instances = BatchPrediction("killed", store), list(Dataset("data", store).items())
        found = list(batch.items())
        assert batch.status.value.status == ("loaded" if found else "idle")
        assert len(found) == n or len(found) % PAGE == 0
        assert [it["instanceId"] for it in found] == [it["id"] for it in instances][: len(found)]
        answers = model.predict_many([it["x"] for it in instances[: len(found)]])
        for document, instance, answer in zip(found, instances, answers, strict=False):
            assert document["yTrue"] == instance["y"]
            assert {"label": answer.label, "confidences": answer.confidences} == {
                key: document[key] for key in ("label", "confidences")
            }
        return len(found)


class Counted(Executor):
    """A stand-in for an executor that counts what is in flight; `client` is that of a cluster."""

    def __init__(self, executor: Executor, n_workers: int, client: Any = None) -> None:
        self.executor = executor
        self._client = client
        self._max_workers = n_workers
        self.most = self.with_model = self.submitted = 0
        self._futures: list[Any] = []

    def submit(self, function: Callable[..., Any], /, *args: Any, **_: Any) -> Any:
        """Count, and pass on."""
        self._futures = [future for future in self._futures if not future.done()]
        self.submitted += 1
        self.with_model += len(args) > 2 and args[2] is not None
        self._futures.append(self.executor.submit(function, *args))
        self.most = max(self.most, len(self._futures))
        return self._futures[-1]


def when(count: int, act: Callable[[], object]) -> Callable[[PredictionStatus], None]:
    """Make a subscriber that does something at the prediction of a number."""

    def follow(status: PredictionStatus) -> None:
        if status.status == "running" and status.count == count:
            act()

    return follow


def documents(found: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave out what a store adds, and what tells whether an instance has changed."""
    own = ("id", "createdAt", "updatedAt", "instanceVersion")
    return [{key: it for key, it in document.items() if key not in own} for document in found]
