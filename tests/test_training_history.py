import itertools
import os
import threading
import time
from typing import Any

import numpy as np
import pytest

from marcelle_nb.components.training_history import TrainingHistory
from marcelle_nb.data.data_store import DataStore
from marcelle_nb.errors import NotFound, Unavailable, UnsupportedByModel
from marcelle_nb.models import run_pulse, run_writer, training_runs
from marcelle_nb.models.knn import KNN
from marcelle_nb.models.mlp import MLP
from marcelle_nb.models.mlp_regressor import MLPRegressor
from marcelle_nb.models.pca import PCA
from marcelle_nb.models.training_status import TrainingStatus
from marcelle_nb.stream import Stream
from tests import run_writers
from tests.eventually import eventually
from tests.fake_page import FakePage
from tests.stores import KINDS, open_store

DATA = run_writers.DATA
HOSTILE = "<img src=x onerror=alert(1)>"
KILLS = int(os.environ.get("MARCELLE_NB_KILLS", "3"))


@pytest.fixture
def store(tmp_path):
    with DataStore(tmp_path / "a.db") as store:
        yield store


@pytest.fixture(params=KINDS)
def any_store(request):
    with open_store(request.param, request) as store:
        store.service("runs").remove(None)
        store.service("tfjs-models").remove(None)
        yield store


@pytest.fixture
def model():
    model = MLP(epochs=3, layers=[2], seed=0)
    yield model
    model.close()


@pytest.fixture
def history(store):
    history = TrainingHistory(store, actions=["use", {"name": "compare", "multiple": True}])
    yield history
    history.close()


def trained(model, times=1):
    for _ in range(times):
        model.train(DATA).wait(60)


def names(history):
    return [row["cells"][0] for row in rows(history)["rows"]]


def rows(history, sort="", *, descending=False, limit=50):
    return history._table.page(0, limit, sort, descending=descending)


def ask_rows(page, **content):
    question = {"request": 1, "offset": 0, "limit": 10, "sort": "", "descending": False}
    page.send(kind="rows", **question | content)
    return page.answer("rows")


def models_of(store):
    return {it["name"] for it in store.service("tfjs-models").items().select(["name"])}


# Recording


def test_a_training_is_a_run_with_its_model_when_wait_returns(store, model, history):
    history.track(model, "web cam")
    trained(model)
    (document,) = store.service("runs").items()
    assert document["name"] == "web cam-1"
    assert (document["basename"], document["status"]) == ("web cam", "success")
    assert (document["epoch"], document["epochs"]) == (3, 3)
    assert document["params"] == model.parameters.to_dict()
    assert {key: len(values) for key, values in document["logs"].items()} == dict.fromkeys(
        ("loss", "acc", "lossVal", "accVal"), 3
    )
    (checkpoint,) = document["checkpoints"]
    assert (checkpoint["name"], checkpoint["service"]) == ("web cam-1@final", "tfjs-models")
    assert models_of(store) == {"web cam-1@final"}


def test_a_run_is_read_by_our_names_of_metrics(model, history):
    history.track(model)
    trained(model)
    run = history.get("anonymous-1")
    assert run["logs"] == model.training.value.data


def test_every_epoch_so_far_is_written_while_it_trains(store, model, history, monkeypatch):
    monkeypatch.setattr(run_writer, "PAUSE_S", 0.01)
    reached, go_on = threading.Event(), threading.Event()

    def hold(status):
        if status.epoch == 2:
            reached.set()
            go_on.wait(20)

    history.track(model)
    model.training.subscribe(hold)
    run = model.train(DATA)
    assert reached.wait(20)
    document = eventually(lambda: [it for it in store.service("runs").items() if it["epoch"] == 2])[
        0
    ]
    assert (document["status"], len(document["logs"]["acc"])) == ("epoch", 2)
    go_on.set()
    run.wait(20)


def test_numbers_go_on_after_the_newest_run(store, model, history):
    history.track(model, "a")
    trained(model, 2)
    history.track(model, "b")
    trained(model)
    TrainingHistory(store).track(other := MLP(epochs=1, layers=[2]), "a")
    trained(other)
    assert names(history) == ["a-3", "b-1", "a-2", "a-1"]


def test_runs_of_marcelle_count(store, model, history):
    store.service("runs").create([{"name": "a-7", "basename": "a"}, {"name": "a-8", "basename": 3}])
    history.track(model, "a")
    trained(model)
    assert history.get("a-8")["status"] == "success"


def test_a_cell_that_runs_again_records_every_training_once(store, model):
    first = TrainingHistory(store).track(model, "a")
    second = TrainingHistory(store).track(model, "b")
    first.close()
    trained(model)
    assert names(second) == ["b-1"]
    second.close()
    trained(model)
    assert store.service("runs").count() == 1


def test_a_second_track_ends_the_first(store, model, history):
    history.track(model)
    history.track(KNN())
    trained(model)
    assert store.service("runs").count() == 0


def test_a_training_under_way_is_recorded_from_its_first_epoch(model, history):
    model.epochs = 5
    model.training.subscribe(
        lambda status: history.track(model, "late") if status.epoch == 3 else None
    )
    trained(model)
    run = history.get("late-1")
    assert run["epoch"] == 5
    assert run["logs"]["loss"] == model.training.value.data["loss"]


def test_a_training_that_ended_before_is_no_run(store, model, history):
    trained(model)
    history.track(model)
    assert store.service("runs").count() == 0


def test_a_training_that_cannot_begin_is_no_run(store, model, history):
    history.track(model)
    model.train(DATA[:1])
    eventually(lambda: model.training.value.status == "error")
    assert store.service("runs").count() == 0


def test_a_failure_on_the_way_and_a_cancelled_run_are_told(model, history):
    history.track(model)
    training = Stream(TrainingStatus())
    history.track(type("Own", (), {"training": training})(), "own")
    training.set(TrainingStatus("start", epochs=3))
    training.set(TrainingStatus("epoch", 1, 3, {"loss": float("nan"), "note": "x"}))
    training.set(TrainingStatus("error", data={"message": HOSTILE}))
    assert history.get("own-1")["message"] == HOSTILE
    assert history.get("own-1")["status"] == "error"
    assert history.get("own-1")["logs"] == {}
    history.track(model)
    model.training.subscribe(lambda it: model._active.cancel() if it.epoch == 1 else None)
    trained(model)
    assert rows(history)["rows"][0]["cells"][1] == "cancelled"


@pytest.mark.parametrize("data", [DATA, [{**it, "y": it["x"][1]} for it in DATA]], ids=["k", "r"])
def test_other_models_are_recorded_too(history, data):
    is_regression = isinstance(data[0]["y"], float)
    model = MLPRegressor(epochs=2) if is_regression else KNN()
    history.track(model, "other")
    model.train(data).wait(60)
    run = history.get("other-1")
    assert run["checkpoints"][0]["service"] == model.service_name
    assert ("mean_absolute_error" in run["logs"]) is is_regression
    expected = model.predict([0, 0.5])
    model.clear()
    history.restore("other-1")
    assert model.predict([0, 0.5]) == expected


def test_a_model_without_epochs_has_none_in_its_row(history):
    history.track(KNN(), "knn")
    trained(history._tracker.model.given)
    (row,) = rows(history)["rows"]
    assert dict(zip(history._table.columns, row["cells"], strict=True))["epochs"] is None
    page = FakePage(history)
    page.send(kind="runs", request=1, ids=[row["id"]], known=[])
    facts = dict(page.answer("runs")["runs"][0]["facts"])
    assert "epochs reached" not in facts
    assert [row["cells"][0] for row in rows(history, "epochs")["rows"]] == ["knn-1"]


@pytest.mark.parametrize(("n_components", "explained"), [(1, 0.8), (2, 0.98)])
def test_a_run_of_a_pca_says_what_its_components_explain_together(history, n_components, explained):
    # independent columns with variances of 80, 18 and 2 parts of 100
    x = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]) * np.sqrt([80, 18, 2])
    model = PCA(n_components=n_components)
    history.track(model, "pca")
    model.train([{"x": row} for row in x]).wait(60)
    (row,) = rows(history)["rows"]
    cells = dict(zip(history._table.columns, row["cells"], strict=True))
    assert cells["epochs"] is None
    assert cells["explained_variance"] == pytest.approx(explained, abs=1e-5)
    page = FakePage(history)
    page.send(kind="runs", request=1, ids=[row["id"]], known=[])
    (details,) = page.answer("runs")["runs"]
    assert (details["curves"], details["epochs"]) == ({}, [])
    assert dict(details["facts"])["explained variance"] == pytest.approx(explained, abs=1e-5)


def test_shares_without_the_number_of_components_are_no_number(store):
    store.service("runs").create({"logs": {"explained_variance": [0.75, 0.25]}, "params": {}})
    history = TrainingHistory(store)
    cells = dict(zip(history._table.columns, rows(history)["rows"][0]["cells"], strict=True))
    assert cells["explained_variance"] is None


def test_the_most_wanted_columns_come_first(model, history):
    history.track(model)
    trained(model)
    wanted = ["name", "status", "start", "accuracy", "loss"]
    assert history._table.columns == [*wanted, "epochs", "val_accuracy", "val_loss"]


def test_parameters_and_facts_have_different_names(model, history):
    history.track(model)
    trained(model)
    page = FakePage(history)
    page.send(kind="runs", request=1, ids=[history.get("anonymous-1")["id"]], known=[])
    (details,) = page.answer("runs")["runs"]
    params, facts = ({name for name, _ in details[which]} for which in ("params", "facts"))
    assert {"epochs"} <= params
    assert {"epochs reached", "start"} <= facts
    assert params.isdisjoint(facts)


def test_a_model_that_cannot_be_stored_has_runs_without_a_model(history):
    own = type("Own", (), {"training": Stream(TrainingStatus("start", epochs=1))})()
    history.track(own, "own")
    own.training.set(TrainingStatus("success", data={"loss": [1.0, 0.5]}))
    assert history.get("own-1")["logs"] == {"loss": [1.0, 0.5]}
    assert history.get("own-1")["checkpoints"] == []
    assert history.alert.value == ""
    with pytest.raises(UnsupportedByModel, match="has kept its model"):
        history.restore("own-1")


def test_older_models_go_and_their_runs_stay(store, model, history, monkeypatch):
    monkeypatch.setattr(training_runs, "KEPT", 2)
    history.track(model, "b")
    trained(model)
    history.track(model, "a")
    trained(model, 4)
    own = model.save(store, "a-1@final")
    trained(model)
    assert names(history) == ["a-5", "a-4", "a-3", "a-2", "a-1", "b-1"]
    assert models_of(store) == {"a-5@final", "a-4@final", "a-1@final", "b-1@final"}
    assert store.service("tfjs-models").get(own)
    assert history.get("a-1")["checkpoints"] == []


def test_a_store_that_fails_stops_no_training(store, model, history):
    history.track(model)
    store.close()
    trained(model)
    assert model.ready
    assert "not in the history" in history.alert.value


def test_what_the_store_does_not_take_is_written_later(store, model, history, monkeypatch):
    monkeypatch.setattr(run_writer, "BEAT_S", 0.01)
    fails, create = iter([True, True, True]), store.service("runs").create

    def failing(document):
        if next(fails, False):
            raise Unavailable("busy")
        return create(document)

    monkeypatch.setattr(store.service("runs"), "create", failing)
    history.track(model)
    trained(model)
    run = eventually(lambda: list(store.service("runs").items()))[0]
    assert eventually(lambda: history.get(run["id"])["status"] == "success")


def test_an_end_that_the_store_does_not_take_is_written_later(store, model, history, monkeypatch):
    monkeypatch.setattr(run_writer, "BEAT_S", 0.01)
    monkeypatch.setattr(run_writer, "PAUSE_S", 0.01)
    patch = store.service("runs").patch
    fails = iter([True, True])

    def failing(identifier, changes, **keys):
        if changes.get("status") == "success" and next(fails, False):
            time.sleep(0.1)  # the writer's own thread looks meanwhile
            raise Unavailable("busy")
        return patch(identifier, changes, **keys)

    monkeypatch.setattr(store.service("runs"), "patch", failing)
    history.track(model)
    trained(model)
    eventually(lambda: history.get("anonymous-1")["status"] == "success")
    assert "tried again" in history.alert.value


def test_a_run_that_was_removed_meanwhile_is_not_made_anew(store, model, history):
    history.track(model)
    model.training.subscribe(
        lambda it: store.service("runs").remove(None) if it.epoch == 2 else None
    )
    trained(model)
    assert store.service("runs").count() == 0
    assert models_of(store) == set()
    assert history.alert.value == ""


# Several kernels


def test_two_kernels_give_no_two_runs_one_name(store, history, tmp_path):
    place = str(tmp_path / "a.db")
    processes = [run_writers.start(run_writers.train_again, place, 5) for _ in range(2)]
    for process in processes:
        process.join(60)
        assert process.exitcode == 0
    eventually(lambda: len(history._table) == 10)
    assert {*names(history)} == {f"both-{n}" for n in range(1, 11)}
    assert len(models_of(store)) == 10
    eventually(lambda: {row["status"] for row in rows(history)["rows"]} == {"success"})


@pytest.mark.parametrize("number", range(KILLS))
def test_a_run_whose_kernel_was_killed_is_stopped(store, history, tmp_path, monkeypatch, number):
    monkeypatch.setattr(run_pulse, "SILENT_S", 2.5)
    process = run_writers.start(run_writers.train_forever, str(tmp_path / "a.db"))
    eventually(lambda: (rows(history)["rows"] or [{"status": ""}])[0]["status"] == "epoch")
    process.kill()
    process.join()
    store.check()
    assert history.get("long-1")["status"] == "epoch"
    page = FakePage(history)

    def is_stopped():
        history.heartbeat()
        return rows(history)["rows"][0]["status"] == "stopped"

    history.heartbeat()
    revision = eventually(lambda: page.state["revision"])
    eventually(is_stopped)
    history.heartbeat()
    eventually(lambda: page.state["revision"] > revision)
    assert history.get("long-1")["status"] == "stopped"
    assert TrainingHistory(store).get("long-1")["status"] == "stopped"
    assert number < KILLS


def test_a_run_that_goes_on_for_long_without_an_epoch_is_not_stopped(history, monkeypatch):
    monkeypatch.setattr(run_pulse, "SILENT_S", 0.4)
    monkeypatch.setattr(run_writer, "BEAT_S", 0.05)
    monkeypatch.setattr(run_writer, "PAUSE_S", 0.05)
    own = type("Own", (), {"training": Stream(TrainingStatus("start", epochs=1))})()
    history.track(own, "own")
    first = history.get("own-1")["beat"]
    eventually(lambda: history.get("own-1")["beat"] > first + 12)
    assert history.get("own-1")["status"] == "start"
    history.close()
    eventually(lambda: history.get("own-1")["status"] == "stopped")


# Reading


MARCELLE = {
    "name": "mlp-1",
    "basename": "mlp",
    "start": "2024-05-01T10:00:00.000Z",
    "source": "js",
    "status": "success",
    "epoch": 2,
    "epochs": 2,
    "params": {"layers": [64, 32], "epochs": 2},
    "logs": {"loss": [1, 0.5], "acc": [0.5, 0.75], "lossVal": [1, 0.6], "accVal": [0.5, 0.7]},
    "checkpoints": [{"id": "abc", "name": "mlp-1@final", "service": "tfjs-models"}],
}
KERAS = {
    "basename": "cnn",
    "start": "2024-05-01T10:00:00",
    "source": "keras",
    "status": "epoch",
    "epoch": 2,
    "epochs": 20,
    "logs": {"accuracy": [0.1, 0.2], "val_accuracy": [0.1, None]},
    "checkpoints": [{"name": "cnn-1@2", "metadata": {"epoch": 2}}],
    "model": {"summary": "Layers"},
}


def test_runs_that_marcelle_and_its_python_package_wrote_are_shown(store):
    store.service("runs").create([MARCELLE, KERAS])
    history = TrainingHistory(store)
    page = rows(history)
    cells = [dict(zip(page["columns"], row["cells"], strict=True)) for row in page["rows"]]
    assert cells[1] | {"start": ""} == {
        "name": "mlp-1",
        "start": "",
        "epochs": "2",
        "status": "success",
        "accuracy": 0.75,
        "val_accuracy": 0.7,
        "loss": 0.5,
        "val_loss": 0.6,
    }
    assert (cells[0]["name"], cells[0]["epochs"], cells[0]["status"]) == (
        "cnn",
        "2 of 20",
        "running",
    )
    assert (cells[0]["accuracy"], cells[0]["val_accuracy"], cells[0]["loss"]) == (0.2, 0.1, None)


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"name": 3, "logs": 3, "params": [], "checkpoints": "x", "model": 1, "status": None},
        {"logs": {"loss": {"a": 1}, "acc": "x", "b": [[1]]}, "epoch": "many", "epochs": 1.5},
        {"logs": {"loss": np.ones(3)}, "checkpoints": [1, {"id": 3, "service": []}], "beat": "x"},
        {"name": "a" * 5_000, "params": {"a": {"b": np.ones(9)}}, "status": "<b>", "start": "x"},
        {"status": "epoch", "updatedAt": 3, "logs": {"name": [1], "a\n": [1]}},
    ],
    ids=range(6),
)
def test_documents_of_any_form_are_rows(store, document):
    identifier = store.service("runs").create(document)["id"]
    history = TrainingHistory(store)
    page = FakePage(history)
    for sort in history._table.columns:
        assert len(ask_rows(page, sort=sort)["rows"]) == 1
    page.send(kind="runs", request=2, ids=[identifier], known=[])
    assert page.answer("runs")["runs"][0]["id"] == identifier
    assert history.static_html()
    history.select(identifier)
    assert history.selection.value[0]["id"] == identifier


def test_rows_are_sorted_by_every_column_and_what_has_nothing_comes_last(store):
    given = [("r-10", 0.5, 3), ("r-9", None, 10), ("r-1", 0.25, 7)]
    store.service("runs").create(
        [
            {"name": name, "start": f"2024-01-{epoch:02}", "epoch": epoch, "logs": {"acc": [value]}}
            for name, value, epoch in given
        ]
    )
    history = TrainingHistory(store, metrics=["accuracyVal", "acc"])
    metrics = ["val_accuracy", "accuracy"]
    assert history._table.columns == ["name", "status", "start", *metrics, "epochs"]

    def order(sort, *, descending=False):
        page = rows(history, sort, descending=descending)
        return [row["cells"][0] for row in page["rows"]]

    assert order("") == ["r-1", "r-9", "r-10"]
    assert order("name") == ["r-1", "r-9", "r-10"]
    assert order("name", descending=True) == ["r-10", "r-9", "r-1"]
    assert order("accuracy") == ["r-1", "r-10", "r-9"]
    assert order("accuracy", descending=True) == ["r-10", "r-1", "r-9"]
    assert order("epochs") == ["r-10", "r-1", "r-9"]
    assert order("start", descending=True) == ["r-9", "r-1", "r-10"]


def test_rows_travel_in_pages(store):
    store.service("runs").create([{"name": f"r-{n}"} for n in range(35)])
    page = FakePage(TrainingHistory(store))
    answer = ask_rows(page, offset=30, request=7)
    assert (answer["total"], len(answer["rows"]), answer["request"]) == (35, 5, 7)
    page.send(kind="rows", request=1, offset=0, limit=10, sort="secret", descending=False)
    assert "sort: expected one of the columns" in page.answer("rejected")["reason"]


def test_what_other_kernels_do_is_told(store, history, tmp_path):
    page = FakePage(history)
    before = page.state["revision"]
    process = run_writers.start(run_writers.train_again, str(tmp_path / "a.db"), 1)
    eventually(lambda: names(history) == ["both-1"])
    process.join(60)
    eventually(lambda: rows(history)["rows"][0]["status"] == "success")
    eventually(lambda: page.state["revision"] > before)


def test_an_unseen_history_does_no_work(store):
    history = TrainingHistory(store)
    page = FakePage(history)
    page.send(kind="hello", view="v", since=0)
    page.send(kind="bye", view="v")
    eventually(lambda: not history.shown.value)
    assert not history.runs.changes.is_heard
    store.service("runs").create({"name": "late-1"})
    assert len(history._table) == 0
    page.send(kind="hello", view="w", since=0)
    eventually(lambda: len(history._table) == 1)
    history.close()
    assert not history.runs.changes.is_heard


# Selecting, acting, restoring


def test_the_selection_follows_its_runs(store, model, history):
    history.track(model, "a")
    trained(model, 2)
    page = FakePage(history)
    ids = [history.get(name)["id"] for name in ("a-1", "a-2")]
    page.write(selected=ids)
    assert [run["name"] for run in history.selection.value] == ["a-1", "a-2"]
    history.runs.patch(ids[1], {"logs": {"acc": [0.125]}})
    assert history.selection.value[1]["logs"] == {"accuracy": [0.125]}
    history.remove("a-1")
    assert [run["name"] for run in history.selection.value] == ["a-2"]
    history.select()
    assert history.selection.value == []


def test_the_page_is_told_of_selected_runs_what_it_does_not_know(store, model, history):
    history.track(model, "a")
    trained(model, 2)
    page = FakePage(history)
    ids = [history.get(name)["id"] for name in ("a-1", "a-2")]
    page.send(kind="runs", request=1, ids=ids, known=[])
    first, second = page.answer("runs")["runs"]
    assert (first["name"], first["epochs"]) == ("a-1", [1, 2, 3])
    assert ["layers", "[2]"] in first["params"]
    assert set(first["curves"]) == {"loss", "val_loss", "accuracy", "val_accuracy"}
    page.send(kind="runs", request=2, ids=ids[::-1], known=[[ids[0], first["version"]]])
    answer = eventually(lambda: [it for it in page.messages("runs") if it["request"] == 2])[0]
    assert [[*run] for run in answer["runs"]][1] == ["id", "version"]
    assert answer["runs"][0]["name"] == "a-2"
    assert second["id"] == ids[1]


def test_long_curves_are_thinned_but_keep_their_ends(store, history):
    values = list(range(100_001))
    identifier = store.service("runs").create({"name": "r", "logs": {"loss": values}})["id"]
    page = FakePage(history)
    page.send(kind="runs", request=1, ids=[identifier], known=None)
    (run,) = page.answer("runs")["runs"]
    assert len(run["epochs"]) < 1_000
    assert (run["epochs"][0], run["epochs"][-1]) == (1, 100_001)
    assert run["curves"]["loss"][-1] == 100_000


def test_actions_are_events_with_the_run_or_with_all_selected(model, history):
    history.track(model, "a")
    trained(model, 2)
    events: list[dict[str, Any]] = []
    history.actions.subscribe(events.append)
    page = FakePage(history)
    ids = [history.get(name)["id"] for name in ("a-1", "a-2")]
    page.send(kind="action", name="use", ids=ids[:1], multiple=False)
    page.send(kind="action", name="compare", ids=ids, multiple=True)
    eventually(lambda: len(events) == 2)
    assert (events[0]["name"], events[0]["data"]["name"]) == ("use", "a-1")
    assert [run["name"] for run in events[1]["data"]] == ["a-1", "a-2"]
    page.send(kind="action", name="use", ids=ids, multiple=True)
    assert "expected one of this history" in page.answer("rejected")["reason"]


def test_a_run_gives_its_model_back(store, model, history):
    history.track(model, "a")
    trained(model)
    before = model.predict([0, 0.5])
    model.seed = 5
    trained(model)
    assert model.predict([0, 0.5]) != before
    page = FakePage(history)
    page.send(kind="restore", id=history.get("a-1")["id"])
    eventually(lambda: "a-1" in page.state["notice"])
    assert model.predict([0, 0.5]) == before
    model.save(update=True)  # not into the checkpoint
    assert store.service("tfjs-models").count() == 2


@pytest.mark.parametrize("tracked", [None, "knn", "own"])
def test_a_model_that_cannot_be_brought_back_says_why(store, model, history, tracked):
    history.track(model, "a")
    trained(model)
    others = {"knn": KNN(), "own": type("Own", (), {"training": Stream(TrainingStatus())})()}
    other = TrainingHistory(store)
    if tracked:
        other.track(others[tracked])
    page = FakePage(other)
    page.send(kind="restore", id=other.get("a-1")["id"])
    assert "restore: expected" in page.answer("rejected")["reason"]
    eventually(lambda: "restore: expected" in page.state["alert"])


def test_a_model_that_is_gone_or_damaged_leaves_the_old_one(store, model, history):
    history.track(model, "a")
    trained(model, 2)
    before = model.predict([0, 0.5])
    service = store.service("tfjs-models")
    first, second = (history.get(name)["checkpoints"][0]["id"] for name in ("a-1", "a-2"))
    service.remove(first)
    service.patch(second, {"contents": {"model.json": np.zeros(9, np.uint8)}})
    with pytest.raises(NotFound):
        history.restore("a-1")
    page = FakePage(history)
    page.send(kind="restore", id=history.get("a-2")["id"])
    assert page.answer("rejected")["reason"]
    assert model.predict([0, 0.5]) == before


# Removing


def test_removed_runs_and_their_models_come_back(store, model, history):
    history.track(model, "a")
    trained(model, 3)
    page = FakePage(history)
    page.send(kind="remove", ids=[history.get(name)["id"] for name in ("a-1", "a-2")])
    eventually(lambda: page.state["undoable"] == "2 runs deleted")
    assert names(history) == ["a-3"]
    assert models_of(store) == {"a-3@final"}
    history.remove("a-3")
    assert history.undo() == "a-3 brought back"
    page.send(kind="undo")
    eventually(lambda: page.state["notice"] == "2 runs brought back")
    assert names(history) == ["a-3", "a-2", "a-1"]
    history.restore("a-2")
    assert history.undo() == ""


def test_every_store_keeps_runs(any_store, model):
    history = TrainingHistory(any_store).track(model, "a")
    trained(model, 2)
    before = model.predict([0, 0.5])
    model.clear()
    history.remove("a-1", "a-2")
    assert (len(history._table), models_of(any_store)) == (0, set())
    history.undo()
    history.restore("a-2")
    assert model.predict([0, 0.5]) == before
    assert names(history) == ["a-2", "a-1"]
    history.close()


def test_a_run_whose_name_is_taken_meanwhile_stays_away(model, history):
    history.track(model, "a")
    trained(model)
    history.remove("a-1")
    other = MLP(epochs=1, layers=[2])
    TrainingHistory(history.store).track(other, "a")
    trained(other)
    assert "the name is taken" in history.undo()
    assert history.get("a-1")["epoch"] == 1


def test_a_document_from_outside_removes_nothing_but_itself(store, history):
    other = store.service("precious").create({"name": "x-1@final"})["id"]
    checkpoint = {"id": other, "name": "x-1@final", "service": "precious"}
    store.service("runs").create(
        {
            "name": "x-1",
            "source": "marcelle-nb",
            "modelService": "precious",
            "checkpoints": [checkpoint],
        }
    )
    history.remove("x-1")
    assert store.service("precious").count() == 1


# Arguments


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((3,), "store: expected"),
        (("memory", 3), "metrics: expected"),
        (("memory", "loss"), "metrics: expected"),
        (("memory", None, "use"), "actions: expected"),
        (("memory", None, [3]), "actions\\[0\\]: expected"),
        (("memory", None, [{"name": "a", "many": True}]), "actions\\[0\\]: expected"),
        (("memory", None, ["a", "a"]), "actions: expected each name once"),
        (("memory", None, [""]), "actions\\[0\\]: expected 1 to"),
        (("memory", {"metric": []}), "options: expected `metrics` and `actions`, got 'metric'"),
        (("memory", {"metrics": "loss"}), "metrics: expected"),
        (("memory", {"actions": ["a", "a"]}), "actions: expected each name once"),
        (("memory", {"actions": ["a"]}, ["b"]), "actions: expected them once"),
    ],
)
def test_wrong_arguments_are_refused_by_name(arguments, text):
    with pytest.raises((TypeError, ValueError), match=text):
        TrainingHistory(*arguments)


@pytest.mark.parametrize(
    ("options", "columns", "actions"),
    [
        ({"metrics": ["accVal"], "actions": ["use"]}, ["val_accuracy"], ["use"]),
        ({"metrics": None, "actions": None}, [], []),
        ({}, [], []),
    ],
)
def test_options_may_come_in_one_dictionary(store, options, columns, actions):
    history = TrainingHistory(store, options)
    assert history._table.columns == ["name", "status", "start", *columns, "epochs"]
    assert [action["name"] for action in history._actions] == actions
    other = TrainingHistory(store, {"metrics": ["loss"]}, ["use"])
    assert [action["name"] for action in other._actions] == ["use"]


@pytest.mark.parametrize("name", [3, "", "a" * 201, "\0", "\ud800", None])
def test_a_basename_is_a_text(history, model, name):
    with pytest.raises((TypeError, ValueError), match="basename: expected"):
        history.track(model, name)


def test_hostile_names_are_names(store, model, history):
    for number, name in enumerate((HOSTILE, "../../etc", "a.b$c'\"", "🎉 - 1", "%s{}")):
        history.track(model, name)
        trained(model)
        assert len(history._table) == number + 1
        assert history.get(f"{name}-1")["checkpoints"]
        history.restore(f"{name}-1")
    assert HOSTILE not in history.static_html()


def test_what_is_tracked_has_a_stream_of_trainings(history):
    with pytest.raises(TypeError, match="model: expected an object with a stream `training`"):
        history.track(3)


def test_the_static_form_has_the_newest_runs(store, model, history):
    assert "<table><tr><th>name" not in history.static_html()
    store.service("runs").create([{"name": f"r-{n}"} for n in range(12)])
    text = history.static_html()
    assert all(f"<td>r-{n}</td>" in text for n in itertools.chain(range(2, 12)))
    assert "and 2 more" in text
