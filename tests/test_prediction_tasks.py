import multiprocessing
import os
import signal
import warnings
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from typing import Any

import numpy as np
import pytest

from marcelle_nb.data.data_store import DataStore
from marcelle_nb.data.dataset import Dataset
from marcelle_nb.errors import TrainingError, UnsupportedByModel
from marcelle_nb.models.batch_prediction import BatchPrediction
from marcelle_nb.models.mlp import MLP
from marcelle_nb.models.prediction_status import PredictionStatus
from tests.batch_runs import Counted, documents, rows, trained_knn, when

SPAWN = multiprocessing.get_context("spawn")


@pytest.fixture(scope="module")
def pool():
    with ProcessPoolExecutor(2, mp_context=SPAWN) as executor:
        yield executor


@pytest.fixture(scope="module")
def client():
    distributed = pytest.importorskip("distributed")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # those of Dask's own parts
        cluster = distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        )
        client = distributed.Client(cluster)
    yield client
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        client.close()
        cluster.close()


def trained_mlp():
    model = MLP(epochs=2, seed=0)
    model.train(rows(60)).wait(60)
    return model


@pytest.fixture(params=["knn", "mlp"])
def model(request):
    return trained_knn() if request.param == "knn" else trained_mlp()


def predicted(model, given, **options):
    batch = BatchPrediction("of tasks")
    batch.clear()
    batch.predict(model, given, batch_size=16, **options).wait(120)
    return documents(batch.items())


MIXED = [*rows(70, 1), *({"x": row["x"].astype(float), "y": "b"} for row in rows(5, 2))]


def test_processes_give_the_same_predictions_in_the_same_order(model, pool):
    assert predicted(model, MIXED, executor=pool) == predicted(model, MIXED)


@pytest.mark.slow
def test_a_cluster_gives_the_same_predictions_in_the_same_order(model, client):
    executor = client.get_executor()
    assert predicted(model, MIXED, executor=executor) == predicted(model, MIXED)


@pytest.mark.slow
def test_a_cluster_has_at_most_two_tasks_a_worker_in_flight(client):
    executor = Counted(client.get_executor(), 0, client)
    predicted(trained_knn(k=13), rows(400), executor=executor)
    assert 2 <= executor.most <= 4
    assert 1 <= executor.with_model <= 4
    again = Counted(client.get_executor(), 0, client)
    predicted(trained_knn(k=13), rows(400), executor=again)
    assert again.with_model == 0


@pytest.mark.slow
def test_what_a_cluster_did_is_kept_and_gone_on_with(client, tmp_path):
    model = trained_knn()
    with DataStore(tmp_path / "cluster.db") as store:
        data = Dataset("data", store)
        data.create(rows(90, 1))
        batch = BatchPrediction("on a cluster", store)
        batch.status.subscribe(when(30, batch.cancel), key="cancel")
        executor = client.get_executor()
        batch.predict(model, data, executor=executor, batch_size=10).wait(60)
        kept = list(batch.items())
        assert len(kept) == 30
        batch.status.subscribe(lambda _: None, key="cancel")
        batch.predict(model, data, batch_size=10).wait(60)
        assert batch.status.value == PredictionStatus("success", 90, 90)
        assert list(batch.items())[:30] == kept
        answers = model.predict_many([it["x"] for it in data.items()])
        assert [it["label"] for it in batch.items()] == [it.label for it in answers]


def test_a_worker_that_dies_is_an_error_and_what_was_stored_stays():
    model, data = trained_knn(), Dataset("of a death")
    data.clear()
    data.create(rows(90, 1))
    batch = BatchPrediction("of a death")
    batch.clear()
    with ProcessPoolExecutor(1, mp_context=SPAWN) as executor:
        pid = executor.submit(os.getpid).result(60)
        batch.status.subscribe(when(10, lambda: os.kill(pid, signal.SIGKILL)), key="kill")
        run = batch.predict(model, data, executor=executor, batch_size=10)
        with pytest.raises(TrainingError, match="BrokenProcessPool"):
            run.wait(60)
    kept = list(batch.items())
    assert 10 <= len(kept) < 90
    batch.status.subscribe(lambda _: None, key="kill")
    batch.predict(model, data, batch_size=10).wait(60)
    assert list(batch.items())[: len(kept)] == kept
    assert batch.predictions.count() == 90


def test_a_class_that_workers_cannot_import_is_an_error(pool):
    class Local(type(trained_knn())):  # type: ignore[misc]
        pass

    model = Local()
    model.train(rows(9)).wait(60)
    with pytest.raises(TrainingError, match="class that a worker can import"):
        predicted(model, rows(3), executor=pool)
    assert len(predicted(model, rows(3))) == 3


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="no fork here")
def test_forked_processes_are_refused_for_tensorflow_with_advice():
    from marcelle_nb.models.tf_generic_model import TFGenericModel

    batch = BatchPrediction("of a fork")
    model = TFGenericModel(input_type="generic", task_type="generic")
    fork = multiprocessing.get_context("fork")
    with (
        ProcessPoolExecutor(1, mp_context=fork) as executor,
        pytest.raises(UnsupportedByModel, match=r"get_context\('spawn'\)"),
    ):
        batch.predict(model, [{"x": np.ones(3)}], executor=executor)
    assert batch.status.value.status == "idle"


class Client:
    """Takes tasks, and is closed before one ends."""

    def __init__(self):
        self.status = "running"
        self.tasks: list[Future[Any]] = []

    def scatter(self, data):
        return data

    def nthreads(self):
        return {"worker": 1}


class OnClient(Executor):
    """Gives the tasks to a client."""

    def __init__(self, then):
        self._client = Client()
        self._then = then

    def submit(self, *_, **__):
        self._client.tasks.append(Future())
        self._then(self._client)
        return self._client.tasks[-1]


def close(client):
    client.status = "closed"


def cancel(client):
    client.tasks[-1].cancel()


@pytest.mark.parametrize(
    ("then", "why"), [(close, "its client was closed"), (cancel, "a task of it was cancelled")]
)
def test_a_cluster_that_is_gone_ends_the_batch_with_words(then, why):
    batch = BatchPrediction("of a cluster that is gone")
    with pytest.raises(TrainingError, match=f"{why}; what is stored stays: predict again"):
        batch.predict(trained_knn(), rows(5), executor=OnClient(then)).wait(10)


@pytest.mark.slow
def test_closing_a_client_ends_the_batch():
    distributed = pytest.importorskip("distributed")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cluster = distributed.LocalCluster(
            n_workers=1, threads_per_worker=1, processes=True, dashboard_address=None
        )
        client = distributed.Client(cluster)
        batch = BatchPrediction("of a closed client")
        batch.clear()
        run = batch.predict(trained_knn(), rows(3000), executor=client.get_executor(), batch_size=3)
        client.close()
        with pytest.raises(TrainingError, match="executor: expected one that works until"):
            run.wait(30)
        cluster.close()
