import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marcelle_nb.data import document_keys
from marcelle_nb.data.data_store import DataStore
from marcelle_nb.data.dataset import Dataset
from marcelle_nb.data.lazy_iterable import LazyIterable
from marcelle_nb.errors import (
    AlreadyTraining,
    InstanceRejected,
    StoreError,
    TrainingError,
    UnsupportedByModel,
)
from marcelle_nb.models.batch_prediction import BatchPrediction
from marcelle_nb.models.feature_vector import FeatureVector
from marcelle_nb.models.mlp import MLP
from marcelle_nb.models.prediction_status import PredictionStatus
from tests import batch_runs
from tests.batch_runs import Counted, documents, rows, trained_knn, when
from tests.eventually import eventually
from tests.fake_page import FakePage

MODEL = trained_knn()


class Plain:
    """No model of this package."""

    def __init__(self, answer=lambda x: float(x[0])):
        self.answer = answer
        self.calls: list[int] = []

    def predict_many(self, xs):
        self.calls.append(len(xs))
        return [self.answer(x) for x in xs]


class Gate(Plain):
    """Answers when it may."""

    def __init__(self, batch):
        super().__init__()
        self.batch = batch

    def predict_many(self, xs):
        answers = super().predict_many(xs)
        if len(self.calls) == 2:
            self.batch.cancel()
        return answers


@pytest.fixture
def batch(store):
    batch = BatchPrediction("of a test", store)
    batch.clear()
    yield batch
    batch.close()
    batch.clear()


@pytest.fixture
def data(store):
    data = Dataset("of a test", store)
    data.clear()
    data.create(rows(23, 1))
    return data


def expected(model, instances):
    instances = list(instances)
    answers = [model.predict(it["x"]).to_dict() for it in instances]
    return [
        {**answer, "instanceId": it.get("id", place), "yTrue": it["y"]}
        for place, (answer, it) in enumerate(zip(answers, instances, strict=True))
    ]


def statuses(batch):
    seen: list[PredictionStatus] = []
    batch.status.subscribe(seen.append, key="test")
    seen.clear()
    return seen


def test_a_batch_is_what_predict_answers_to_each_row_in_order(batch, data):
    seen = statuses(batch)
    run = batch.predict(MODEL, data, batch_size=5)
    assert run.wait(60) is run
    assert documents(batch.items()) == expected(MODEL, data.items())
    assert [it.status for it in seen] == ["start", *["running"] * 23, "success"]
    assert [it.count for it in seen] == [0, *range(1, 24), 23]
    assert {it.total for it in seen} == {23}
    assert [it.data for it in seen[1:-1]] == list(batch.items())


@settings(max_examples=25)
@given(
    n=st.integers(0, 40), size=st.integers(1, 50), threads=st.integers(0, 3), seed=st.integers(0, 9)
)
def test_neither_page_nor_executor_changes_the_predictions(n, size, threads, seed):
    batch, given_rows = BatchPrediction("of a property"), rows(n, seed)
    executor = ThreadPoolExecutor(threads) if threads else None
    batch.predict(MODEL, given_rows, executor=executor, batch_size=size).wait(60)
    assert documents(batch.items()) == expected(MODEL, given_rows)
    if executor is not None:
        executor.shutdown()


def test_an_empty_dataset_is_a_success(batch):
    seen = statuses(batch)
    batch.predict(MODEL, []).wait(60)
    assert seen == [PredictionStatus("start", 0, 0), PredictionStatus("success", 0, 0)]


@pytest.mark.parametrize(
    "make",
    [list, tuple, iter, LazyIterable, lambda given_rows: (row for row in given_rows)],
    ids=["list", "tuple", "iterator", "lazy", "generator"],
)
def test_any_iterable_is_predicted(batch, make):
    batch.predict(MODEL, make(rows(12, 1)), batch_size=5).wait(60)
    assert documents(batch.items()) == expected(MODEL, rows(12, 1))
    assert batch.status.value == PredictionStatus("success", 12, 12)


@pytest.mark.parametrize(
    ("answer", "output"),
    [
        (lambda x: 2.5, 2.5),
        (lambda x: [1.0, 2.0], [1.0, 2.0]),
        (lambda x: np.array([1.0, 2.0]), [1.0, 2.0]),
    ],
)
def test_numbers_and_lists_of_a_regression_are_kept(batch, answer, output):
    batch.predict(Plain(answer), rows(2)).wait(60)
    assert [it["output"] for it in batch.items()] == [output] * 2


def test_an_object_with_predict_alone_is_a_model(batch):
    class Single:
        def predict(self, x):
            return {"first": float(x[0])}

    batch.predict(Single(), [{"x": [3, 4]}]).wait(60)
    assert documents(batch.items()) == [{"first": 3.0, "instanceId": 0, "yTrue": None}]


def test_the_input_may_be_in_another_field(batch):
    batch.predict(Plain(), [{"x": [1], "other": [2]}], "other").wait(60)
    batch_of_features = [it["output"] for it in batch.items()]
    batch.predict(Plain(), [{"x": [1], "other": [2]}], input_field="features").wait(60)
    assert (batch_of_features, [it["output"] for it in batch.items()]) == ([2.0], [1.0])


def test_features_of_another_version_are_refused(batch):
    model = MLP(epochs=1)
    model.train([{"x": FeatureVector([n, 1], "made-1"), "y": "ab"[n % 2]} for n in range(8)]).wait(
        60
    )
    run = batch.predict(model, [{"x": [1, 2], "features": "made-2"}])
    with pytest.raises(TrainingError, match=r"made-1.*made-2"):
        run.wait(60)


# How it fails


def test_a_bad_row_ends_it_with_an_error_and_what_was_stored_stays(batch):
    given_rows = [*rows(10), {"x": [1, 2], "y": "a", "id": "bad"}]
    seen = statuses(batch)
    run = batch.predict(MODEL, given_rows, batch_size=5)
    with pytest.raises(TrainingError, match="expected 6 numbers, got 2"):
        run.wait(60)
    assert seen[-1].status == "error"
    assert "expected 6 numbers, got 2" in seen[-1].data["message"]
    assert (seen[-1].count, len(list(batch.items()))) == (10, 10)
    batch.predict(MODEL, rows(3)).wait(60)
    assert batch.status.value.status == "success"


@pytest.mark.parametrize(
    ("dataset", "message"),
    [
        ([{"y": "a"}], "instance 0: x: expected"),
        ([3], "instance 0: expected a dictionary"),
        (3, "not iterable"),
    ],
)
def test_what_is_no_instance_is_an_error(batch, dataset, message):
    run = batch.predict(MODEL, dataset)
    with pytest.raises(TrainingError, match=message):
        run.wait(60)
    assert batch.status.value.status == "error"


def test_a_model_that_has_learned_nothing_is_an_error(batch):
    run = batch.predict(MLP(), rows(3))
    with pytest.raises(TrainingError, match="expected one that has learned something"):
        run.wait(60)


def test_answers_that_are_too_few_are_an_error(batch):
    class Few:
        def predict_many(self, xs):
            return [1.0]

    with pytest.raises(TrainingError, match="expected 3 predictions, one an instance, got 1"):
        batch.predict(Few(), rows(3)).wait(60)


@pytest.mark.parametrize(
    ("kwargs", "error"),
    [
        ({"batch_size": 0}, ValueError),
        ({"batch_size": 2.5}, TypeError),
        ({"input_field": ""}, TypeError),
        ({"input_field": 3}, TypeError),
        ({"executor": 3}, TypeError),
        ({"model": 3}, TypeError),
    ],
)
def test_a_wrong_argument_is_refused_at_once_and_nothing_runs(batch, kwargs, error):
    with pytest.raises(error):
        batch.predict(**{"model": MODEL, "dataset": rows(3), **kwargs})
    assert batch.status.value.status == "idle"


@pytest.mark.parametrize("name", ["", 3, "a\0b", "x" * 181])
def test_a_name_is_checked(name):
    with pytest.raises(ValueError, match="name"):
        BatchPrediction(name)


def test_a_store_is_a_store():
    with pytest.raises(TypeError, match=r"store: expected .* got a int"):
        BatchPrediction("a", 3)
    with pytest.raises(TypeError) as error:  # there may be a password in it
        BatchPrediction("a", data_store=b"postgresql://me:secret@host/lesson")
    assert "secret" not in str(error.value)
    with pytest.raises(TypeError, match="got both"):
        BatchPrediction("a", "memory", data_store="memory")
    assert BatchPrediction("a", data_store="memory").store is DataStore()


def test_a_second_run_is_refused_while_one_is_active(batch):
    waiting = Gate(batch)
    with ThreadPoolExecutor(1) as executor:
        blocker = executor.submit(time.sleep, 0.3)
        run = batch.predict(waiting, rows(4), executor=executor)
        with pytest.raises(AlreadyTraining, match="cancel it first"):
            batch.predict(MODEL, rows(3))
        blocker.result()
        run.wait(60)


def test_a_store_that_is_gone_is_an_error(tmp_path):
    store = DataStore(tmp_path / "gone.db")
    batch = BatchPrediction("a", store)
    store.close()
    with pytest.raises(TrainingError):
        batch.predict(MODEL, rows(3)).wait(60)
    assert batch.status.value.status == "error"
    with pytest.raises(StoreError):
        batch.clear()


# Cancelling, going on


def test_a_cancelled_batch_keeps_what_it_has_and_goes_on_from_there(batch, data):
    batch.status.subscribe(when(7, batch.cancel), key="cancel")
    batch.predict(MODEL, data, batch_size=5).wait(60)
    status = batch.status.value
    assert (status.status, status.count, status.total) == ("success", 10, 23)
    assert status.data == {"stopped": True}
    batch.status.subscribe(lambda _: None, key="cancel")
    first = list(batch.items())
    seen = statuses(batch)
    batch.predict(MODEL, data, batch_size=5).wait(60)
    assert list(batch.items())[:10] == first
    assert documents(batch.items()) == expected(MODEL, data.items())
    assert [(it.status, it.count) for it in seen] == [
        ("start", 10),
        *[("running", n) for n in range(11, 24)],
        ("success", 23),
    ]


def test_what_is_cancelled_on_threads_keeps_its_pages(batch, data):
    with ThreadPoolExecutor(2) as executor:
        batch.predict(Gate(batch), data, executor=executor, batch_size=5).wait(60)
    found = list(batch.items())
    assert len(found) % 5 == 0
    assert len(found) < 23


def test_a_new_object_of_the_name_finds_what_is_there(batch, data, store):
    assert BatchPrediction("of a test", store).status.value == PredictionStatus("idle")
    batch.status.subscribe(when(5, batch.cancel), key="cancel")
    batch.predict(MODEL, data, batch_size=5).wait(60)
    again = BatchPrediction("of a test", store)
    assert again.status.value == PredictionStatus("loaded", 5, 23)
    again.predict(MODEL, data, batch_size=5).wait(60)
    assert documents(again.items()) == expected(MODEL, data.items())


def test_instances_that_were_changed_removed_or_added_are_followed(batch, data):
    batch.predict(MODEL, data).wait(60)
    before = {it["instanceId"]: it for it in batch.items()}
    ids = [it["id"] for it in data.items()]
    time.sleep(0.002)
    data.patch(ids[3], {"y": "c"})
    data.remove(ids[5])
    data.create(rows(2, 7))
    batch.predict(MODEL, data, batch_size=5).wait(60)
    found = {it["instanceId"]: it for it in batch.items()}
    wanted = expected(MODEL, data.items())
    assert batch.predictions.count() == 24
    assert {it["instanceId"]: it for it in documents(found.values())} == {
        it["instanceId"]: it for it in wanted
    }
    assert found[ids[0]] == before[ids[0]]
    assert batch.status.value == PredictionStatus("success", 24, 24)


def test_what_is_renewed_keeps_its_place(batch, data):
    batch.predict(MODEL, data).wait(60)
    before = [it["id"] for it in batch.items()]
    ids = [it["id"] for it in data.items()]
    data.patch(ids[0], {"y": "c"})
    data.patch(ids[9], {"x": np.ones(6)})
    batch.predict(MODEL, data, batch_size=4).wait(60)
    assert documents(batch.items()) == expected(MODEL, data.items())
    assert [it["id"] for it in batch.items()] == before


def test_an_instance_changed_while_it_is_predicted_is_renewed_by_the_next_run(batch, data):
    first, *_, last = [it["id"] for it in data.items()]

    def change(status):
        if status.status == "running" and status.count == 3:
            data.patch(first, {"x": np.ones(6)})
            data.patch(last, {"y": "c"})

    stop = batch.status.subscribe(change)
    batch.predict(MODEL, data).wait(60)  # one page: read before, stored after
    stop()
    batch.predict(MODEL, data).wait(60)
    assert documents(batch.items()) == expected(MODEL, data.items())


@pytest.mark.parametrize("offset", [-60, 0, 60])
def test_no_clock_hides_a_change(batch, data, offset, monkeypatch):
    batch.predict(MODEL, data).wait(60)
    time_there = datetime.now(UTC) + timedelta(seconds=offset)  # of another kernel
    told = time_there.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    with monkeypatch.context() as patched:
        patched.setattr(document_keys, "_after", lambda _: told)
        data.patch(next(iter(data.items()))["id"], {"y": "c"})
    batch.predict(MODEL, data).wait(60)
    assert documents(batch.items()) == expected(MODEL, data.items())


def test_a_prediction_that_vanished_meanwhile_is_made_again(batch, data):
    batch.predict(MODEL, data).wait(60)
    first = next(iter(batch.items()))["id"]
    data.patch(next(iter(data.items()))["id"], {"y": "c"})
    remove = lambda it: it.status == "start" and batch.predictions.remove(first)  # noqa: E731
    stop = batch.status.subscribe(remove)
    batch.predict(MODEL, data).wait(60)
    stop()
    found = {it["instanceId"]: it for it in documents(batch.items())}
    assert found == {it["instanceId"]: it for it in expected(MODEL, data.items())}


def test_a_run_that_is_cleared_at_any_moment_has_not_failed(batch, data):
    for wait in range(30):
        run = batch.predict(MODEL, data)
        time.sleep(wait * 0.0004)
        batch.clear()
        run.wait(60)
        assert batch.status.value == PredictionStatus("idle")
        assert batch.predictions.count() == 0


@pytest.mark.parametrize("method", ["update", "patch"])
def test_a_note_that_a_clear_has_removed_is_no_failure(batch, data, method, monkeypatch):
    batch.predict(MODEL, data).wait(60)
    change = getattr(batch._log._headers, method)

    def late(*args):
        batch.clear()  # just before
        return change(*args)

    monkeypatch.setattr(batch._log._headers, method, late)
    batch.predict(MODEL, data).wait(60)
    assert batch.status.value == PredictionStatus("idle")


def test_a_regression_keeps_what_is_true_as_a_number(batch, data):
    data.clear()
    data.create([{"x": [place], "y": place * 0.5} for place in range(3)])
    batch.predict(Plain(), data).wait(60)
    assert [it["yTrue"] for it in batch.items()] == [0, 0.5, 1]


def test_the_count_is_a_held_stream(batch, data):
    assert batch.count.value == 0
    batch.predict(MODEL, data, batch_size=5).wait(60)
    assert batch.count.value == 23
    batch.clear()
    assert batch.count.value == 0


def test_what_is_renewed_lowers_no_count(batch, data):
    batch.predict(MODEL, data).wait(60)
    ids = [it["id"] for it in data.items()]
    time.sleep(0.002)
    data.patch(ids[0], {"y": "c"})
    data.patch(ids[9], {"y": "c"})
    seen = statuses(batch)
    batch.predict(MODEL, data, batch_size=1).wait(60)
    assert {(it.count, it.total) for it in seen} == {(23, 23)}


def test_what_is_stopped_before_its_first_page_counts_what_is_there(batch, data):
    batch.predict(MODEL, data).wait(60)
    data.create(rows(2, 7))
    stop = batch.status.subscribe(lambda it: it.status == "start" and batch.cancel())
    batch.predict(MODEL, data).wait(60)
    stop()
    assert batch.status.value == PredictionStatus("success", 23, 25, {"stopped": True})


@pytest.mark.parametrize("what", ["model", "parameter", "dataset", "field", "plain", "iterable"])
def test_a_batch_of_anything_else_begins_anew(batch, data, store, what):
    model: Any = trained_knn()
    batch.predict(model, data, batch_size=5).wait(60)
    old = {it["id"] for it in batch.items()}
    other = Dataset("another of a test", store)
    other.clear()
    other.create([{**row, "other": row["x"]} for row in rows(4, 3)])
    given_data, field = data, "x"
    if what == "model":
        model.train(rows(9, 4)).wait(60)
    elif what == "parameter":
        model.k = 1
    elif what == "plain":
        model = Plain()
    elif what == "iterable":
        given_data = list(data.items())
    else:
        given_data, field = other, "other" if what == "field" else "x"
    batch.predict(model, given_data, field).wait(60)
    found = list(batch.items())
    assert not old & {it["id"] for it in found}
    assert len(found) == len(list(given_data.items() if hasattr(given_data, "get") else given_data))


def test_predictions_without_a_note_are_replaced(batch, data):
    batch.predictions.create([{"label": "of Marcelle", "instanceId": "a", "yTrue": "a"}])
    again = BatchPrediction("of a test", batch.store)
    assert again.status.value == PredictionStatus("loaded", 1, 1)
    again.predict(MODEL, data).wait(60)
    assert documents(again.items()) == expected(MODEL, data.items())


def test_a_training_meanwhile_changes_nothing(batch, data):
    model = trained_knn()
    wanted = expected(model, data.items())

    def train(status):
        if status.count == 5:
            model.train(rows(9, 4)).wait(60)
            model.k = 1

    batch.status.subscribe(train, key="train")
    batch.predict(model, data, batch_size=5).wait(60)
    assert documents(batch.items()) == wanted


def test_two_batches_of_one_name_do_not_mix(data, store):
    one, two = BatchPrediction("mixed", store), BatchPrediction("mixed", store)

    def take_over(status):
        if status.count == 5:
            two.predict(trained_knn(k=1), data, batch_size=5).wait(60)

    one.status.subscribe(take_over)
    with pytest.raises(TrainingError, match="another one that has begun"):
        one.predict(MODEL, data, batch_size=5).wait(60)
    assert documents(two.items()) == expected(trained_knn(k=1), data.items())


def test_clear_leaves_nothing_and_says_idle(batch, data):
    batch.predict(MODEL, data).wait(60)
    batch.clear()
    assert batch.status.value == PredictionStatus("idle")
    assert batch.find()["total"] == 0
    batch.predict(MODEL, data).wait(60)
    assert batch.find({"yTrue": "a", "$limit": 2})["total"] == 8
    assert len(list(batch.items({"yTrue": "a"}))) == 8


def test_clear_ends_a_run(batch, data):
    model = batch_runs.Slow()
    model.train(rows(30)).wait(60)
    batch.status.subscribe(when(3, lambda: started.append(3)), key="started")
    started: list[int] = []
    run = batch.predict(model, data, batch_size=1)
    eventually(lambda: started)
    batch.clear()
    assert run.done
    assert batch.status.value == PredictionStatus("idle")
    assert batch.predictions.count() == 0
    batch.predict(MODEL, data).wait(60)
    assert batch.predictions.count() == 23


def test_clear_may_be_called_by_who_hears_of_a_prediction(batch, data):
    batch.status.subscribe(when(5, batch.clear), key="clear")
    batch.predict(MODEL, data, batch_size=5).wait(60)
    eventually(lambda: batch.status.value == PredictionStatus("idle"))
    assert batch.predictions.count() == 0


def test_close_cancels(batch, data):
    batch.status.subscribe(when(5, batch.close), key="close")
    batch.predict(MODEL, data, batch_size=5).wait(60)
    assert batch.predictions.count() == 5


@pytest.mark.slow
def test_thirty_kills_leave_whole_pages_and_nothing_is_lost(tmp_path):
    place, n = str(tmp_path / "killed.db"), 150
    seen = batch_runs.kill_while_predicting(place, n, 30)
    assert any(0 < count < n for count in seen)
    assert any(after > before > 0 for before, after in pairwise(seen))
    process = batch_runs.start(batch_runs.predict, place, n)
    process.join(60)
    assert process.exitcode == 0
    assert batch_runs.check_after_kill(place, MODEL, n) == n


def test_another_process_sees_predictions_arrive(tmp_path):
    place = str(tmp_path / "shared.db")
    with DataStore(place) as store:
        batch = BatchPrediction("killed", store)
        arrived: list[str] = []
        batch.predictions.created.subscribe(lambda it: arrived.append(it["instanceId"]))
        process = batch_runs.start(batch_runs.predict, place, 70)
        eventually(lambda: arrived, 60)
        assert process.is_alive()  # it is still at work
        process.join(60)
        ids = [it["id"] for it in Dataset("data", store).items()]
        eventually(lambda: len(arrived) == 70)
        assert arrived == ids


# Executors


def test_at_most_two_tasks_a_worker_are_in_flight_or_wait_to_be_stored():
    batch = BatchPrediction("of a count")
    read, stored, most = 0, 0, 0

    def given_rows():
        nonlocal read, most
        for row in rows(60):
            read += 1
            most = max(most, read - stored)
            yield row

    def count(status):
        nonlocal stored
        stored = status.count or 0

    batch.status.subscribe(count)
    with ThreadPoolExecutor(8) as threads:
        executor = Counted(threads, 3)
        batch.predict(MODEL, given_rows(), executor=executor, batch_size=1).wait(60)
    assert 3 <= executor.most <= 6
    assert most <= 7  # and the one that is just read
    assert executor.submitted == 60 + executor.with_model


def test_a_model_travels_only_to_workers_that_ask_for_it():
    batch, model = BatchPrediction("of a journey"), trained_knn(k=11)
    with ThreadPoolExecutor(2) as threads:
        first, second = Counted(threads, 1), Counted(threads, 1)
        batch.predict(model, rows(40), executor=first, batch_size=1).wait(60)
        batch.predict(model, rows(40), executor=second, batch_size=1).wait(60)
    assert 1 <= first.with_model <= 2
    assert second.with_model == 0


def test_threads_need_no_model_that_can_be_stored(batch):
    with ThreadPoolExecutor(2) as executor:
        batch.predict(Plain(), rows(9, 1), executor=executor, batch_size=2).wait(60)
    assert [it["output"] for it in batch.items()] == [float(it["x"][0]) for it in rows(9, 1)]


def test_other_executors_need_one(batch):
    with ThreadPoolExecutor(1) as threads:
        run = batch.predict(Plain(), rows(3), executor=Counted(threads, 1))
        with pytest.raises(TrainingError, match="use a ThreadPoolExecutor, or none"):
            run.wait(60)
        assert isinstance(run.error, UnsupportedByModel)


def test_a_task_that_fails_is_an_error(batch):
    with ThreadPoolExecutor(2) as executor:
        run = batch.predict(MODEL, [*rows(4), {"x": [1]}], executor=executor, batch_size=2)
        with pytest.raises(TrainingError, match="expected 6 numbers, got 1"):
            run.wait(60)
    assert batch.predictions.count() == 4


def test_an_executor_that_was_shut_down_is_an_error(batch):
    executor = ThreadPoolExecutor(1)
    executor.shutdown()
    with pytest.raises(TrainingError, match="after shutdown"):
        batch.predict(MODEL, rows(3), executor=executor).wait(60)


def test_a_page_is_stored_before_the_next_is_read():
    batch, read = BatchPrediction("of pages"), []
    batch.clear()

    def given_rows():
        for place in range(300):
            read.append(batch.predictions.count())
            yield {"x": np.full(6, place + 1.0)}

    model = Plain()
    batch.predict(model, given_rows(), batch_size=50).wait(60)
    assert model.calls == [50] * 6
    assert read == [place // 50 * 50 for place in range(300)]


# What a page and a viewer without widgets see


def test_a_page_follows_status_count_and_total(batch, data):
    synced = batch._synced()
    assert {"status", "count", "total"} <= set(synced)
    batch.predict(MODEL, data).wait(60)
    assert [synced[key].value for key in ("status", "count", "total")] == ["success", 23, 23]
    assert "predictions: 23 of 23" in repr(batch)
    assert "<strong>BatchPrediction</strong>" in batch.static_html()


def test_the_page_cancels_the_run_that_it_saw_and_no_other(batch, data):
    page = FakePage(batch)
    model = batch_runs.Slow()
    model.train(rows(30)).wait(60)
    first = batch.predict(model, data, batch_size=1)
    eventually(lambda: page.state["run"] == 1 and page.state["count"])
    assert page.urgent(kind="cancel", run=0)[-1] == {"kind": "cancelled", "run": 0}
    assert not first.cancelled
    page.send(kind="cancel", run=1)
    first.wait(60)
    eventually(lambda: page.state["stopped"])
    assert 0 < page.state["count"] < 23
    second = batch.predict(model, data, batch_size=1)
    page.urgent(kind="cancel", run=1)
    second.wait(60)
    assert batch.status.value == PredictionStatus("success", 23, 23)


def test_the_page_clears_and_knows_where_predictions_are(batch, data):
    page = FakePage(batch)
    assert page.state["where"] == batch.store.where
    batch.predict(MODEL, data).wait(60)
    page.send(kind="clear")
    eventually(lambda: batch.predictions.count() == 0)
    eventually(lambda: page.state["status"] == "idle")


def test_clear_takes_little_memory(batch):
    text = "x" * 1_000
    for _ in range(12):
        batch.predictions.create([{"label": text} for _ in range(1_000)])
    tracemalloc.start()
    batch.clear()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert batch.predictions.count() == 0
    assert peak < 12_000_000


def test_a_failure_is_text_in_the_summary(batch):
    class Bad:
        def predict_many(self, xs):
            raise ValueError("<b>no</b>")

    with pytest.raises(TrainingError):
        batch.predict(Bad(), rows(1)).wait(60)
    assert batch._synced()["message"].value == "<b>no</b>"
    assert "&lt;b&gt;no" in batch.static_html()


def test_an_instance_error_keeps_its_own_class(batch):
    run = batch.predict(MODEL, [{"y": "a"}])
    with pytest.raises(TrainingError):
        run.wait(60)
    assert isinstance(run.error, InstanceRejected)
