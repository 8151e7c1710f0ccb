"""What holds for every model."""

import gc
import threading
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image

from marcelle_nb.data.dataset import Dataset
from marcelle_nb.errors import AlreadyTraining, InstanceRejected, TrainingError
from marcelle_nb.message import Message
from marcelle_nb.models.classifier_results import ClassifierResults
from marcelle_nb.models.feature_vector import FeatureVector
from marcelle_nb.models.knn import KNN, _Fitted
from marcelle_nb.models.mlp import MLP
from marcelle_nb.models.model import Model
from marcelle_nb.models.nearest_neighbours import NearestNeighbours
from marcelle_nb.models.training_status import TrainingStatus
from marcelle_nb.run import Run
from tests.at_once import at_once
from tests.eventually import eventually

ROWS = [
    {"x": [i / 10, 1 - i / 10, side], "y": "right" if side else "left"}
    for i in range(10)
    for side in (0, 1)
]
MAKERS: dict[str, Callable[[], Model]] = {
    "KNN": KNN,
    "MLP": lambda: MLP(layers=[4], epochs=3, seed=1),
}


@pytest.fixture(params=MAKERS.values(), ids=list(MAKERS))
def model(request):
    model = request.param()
    yield model
    model.close()


def statuses(model):
    """Record the names of what `training` emits from now on."""
    seen: list[str] = []
    model.training.subscribe(lambda status: seen.append(status.status))
    seen.clear()
    return seen


def trained(model, rows=ROWS, **options):
    model.train(rows, **options).wait(60)
    return model


def failed(model, rows):
    """Train in vain; give the run and the events."""
    seen = statuses(model)
    run = model.train(rows)
    with pytest.raises(TrainingError):
        run.wait(60)
    return run, seen


class Slow(KNN):
    """A model whose training ends when it is let go."""

    title = "Slow"

    def __init__(self):
        super().__init__()
        self.go = threading.Event()
        self.began = threading.Event()

    def _fit(self, run, rows, validation):
        self._begin(epochs=1)
        self.began.set()
        while not (run.cancelled or self.go.wait(0.005)):
            pass
        neighbours = NearestNeighbours.fit(rows.vectors, rows.labels)
        width = rows.vectors.shape[1]
        fitted = _Fitted(neighbours, list(neighbours.labels), width, rows.features)
        self._publish(run, fitted)
        return {"stopped": True} if run.cancelled else {}


@pytest.fixture
def slow():
    model = Slow()
    yield model
    model.go.set()
    model.close()


# Before a training


def test_an_untrained_model_answers_with_no_label(model):
    assert model.predict([1, 2]) == ClassifierResults(label=None, confidences={})
    assert (model.ready, model.labels) == (False, [])


def test_training_begins_idle(model):
    assert model.training.value.to_dict() == {
        "status": "idle",
        "epoch": None,
        "epochs": None,
        "data": None,
    }


# Events


def test_a_training_begins_with_start_and_ends_with_success(model):
    seen = statuses(model)
    trained(model)
    assert (seen[0], seen[-1], set(seen[1:-1]) - {"epoch"}) == ("start", "success", set())


def test_start_says_how_many_epochs_there_will_be(model):
    events: list[Any] = []
    model.training.subscribe(events.append)
    trained(model)
    start = next(event for event in events if event.status == "start")
    assert start.epochs == getattr(model, "epochs", 1)


BAD = {
    "no rows": [],
    "no label": [{"x": [1, 2]}, {"x": [1, 2], "y": "a"}],
    "widths": [{"x": [1, 2], "y": "a"}, {"x": [1], "y": "b"}],
    "nan": [{"x": [1, 2], "y": "a"}, {"x": [1, float("nan")], "y": "b"}],
    "no mappings": [1, 2],
    "no x": [{"y": "a"}],
    "no iterable": 3,
    "one dict": {"x": [1], "y": "a"},
    "infinite": [{"x": [float("inf")], "y": "a"}, {"x": [1], "y": "b"}],
    "text": [{"x": ["1", "2"], "y": "a"}, {"x": ["2", "3"], "y": "b"}],
}


@pytest.mark.parametrize("rows", BAD.values(), ids=BAD)
def test_a_training_that_cannot_begin_emits_error_alone(model, rows):
    run, seen = failed(model, rows)
    assert seen == ["error"]
    assert isinstance(run.error, TrainingError)
    assert set(model.training.value.data) == {"message"}
    assert model.training.value.data["message"] == str(run.error)


def test_an_iterable_that_raises_is_an_error_of_the_training(model, caplog):
    def rows():
        yield {"x": [1], "y": "a"}
        raise OSError("disk gone")

    run, seen = failed(model, rows())
    assert seen == ["error"]
    assert "disk gone" in str(run.error)


def test_an_interrupt_while_rows_are_read_leaves_the_model_free(model):
    def rows():
        yield {"x": [1], "y": "a"}
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        model.train(rows())
    assert trained(model).ready


def test_a_training_that_fails_on_the_way_ends_with_error(model, monkeypatch, caplog):
    def broken(*_):
        raise ZeroDivisionError("oops")

    monkeypatch.setattr(model, "_publish", broken)
    _, seen = failed(model, ROWS)
    assert (seen[0], seen[-1]) == ("start", "error")


def test_an_unexpected_error_is_told_with_its_type_and_place(model, monkeypatch, caplog):
    def broken(*_):
        raise ZeroDivisionError("oops")

    monkeypatch.setattr(model, "_publish", broken)
    failed(model, ROWS)
    line = broken.__code__.co_firstlineno + 1
    message = f"ZeroDivisionError: oops (in broken, line {line})"
    assert model.training.value.data == {"message": message}


@pytest.mark.parametrize("error", [ValueError, TrainingError])
def test_an_error_about_the_data_is_told_without_a_place(model, monkeypatch, error):
    def broken(*_):
        raise error("x: expected more")

    monkeypatch.setattr(model, "_publish", broken)
    failed(model, ROWS)
    assert model.training.value.data == {"message": "x: expected more"}


def test_a_failed_training_keeps_what_was_learned_before(model):
    trained(model)
    failed(model, [])
    assert (model.ready, model.labels) == (True, ["left", "right"])


def test_a_failed_training_can_be_followed_by_a_good_one(model):
    failed(model, [])
    assert trained(model).training.value.status == "success"


@pytest.mark.parametrize("interrupt", [SystemExit, ValueError])
def test_a_subscriber_that_raises_leaves_no_training_under_way(model, interrupt, caplog):
    def leave(status):
        if status.status == "start":
            raise interrupt("enough")

    model.training.subscribe(leave)
    run = model.train(ROWS)
    eventually(lambda: run.done)
    assert model.training.value.status in {"success", "error"}
    model.train(ROWS)


def test_success_carries_the_whole_history(model):
    run = model.train(ROWS).wait(60)
    assert model.training.value.data == run.history


def test_success_has_no_epoch(model):
    trained(model)
    assert (model.training.value.epoch, model.training.value.epochs) == (None, None)


# Data


def test_rows_of_a_dataset_and_of_an_iterable_teach_the_same(model):
    other = type(model)(**model.parameters.to_dict())
    if isinstance(model, MLP):
        other.seed = model.seed
    data = Dataset(f"same-{model.title}")
    data.create(ROWS)
    trained(model, data)
    trained(other, iter(ROWS))
    assert model.predict([0.2, 0.8, 1]) == other.predict([0.2, 0.8, 1])
    data.clear()


def test_the_dataset_is_read_as_it_is_when_train_is_called(slow):
    data = Dataset("read-now")
    data.create(ROWS)
    run = slow.train(data)
    slow.began.wait(20)
    data.create({"x": [0, 0, 9], "y": "late"})
    slow.go.set()
    run.wait(20)
    assert slow.labels == ["left", "right"]
    data.clear()


def test_labels_keep_the_order_in_which_they_were_first_seen(model):
    rows = [{"x": [1, 0], "y": "z"}, {"x": [0, 1], "y": "b"}, {"x": [1, 1], "y": "z"}]
    assert trained(model, rows).labels == ["z", "b"]


def test_labels_cannot_be_changed_from_outside(model):
    trained(model).labels.clear()
    assert model.labels == ["left", "right"]


def test_a_mixture_of_feature_versions_is_refused(model):
    rows = [{"x": FeatureVector([i], f"v{i}"), "y": str(i)} for i in range(2)]
    run, _ = failed(model, rows)
    assert "expected image features of one version, got ['v0', 'v1']" in str(run.error)


def test_features_without_a_version_mix_with_any(model):
    rows = [{"x": FeatureVector([0, 1], "v1"), "y": "a"}, {"x": [1, 0], "y": "b"}]
    assert trained(model, rows).ready


def test_hostile_labels_are_texts(model):
    hostile = ["<img src=x onerror=alert(1)>", "__proto__", "é\n\t☃", "constructor"]
    rows = [{"x": np.eye(4)[i], "y": label} for i, label in enumerate(hostile)]
    trained(model, rows)
    assert list(model.predict([1, 0, 0, 0]).confidences) == hostile


# Prediction


def test_confidences_name_every_label_and_sum_to_one(model):
    answer = trained(model).predict([0.1, 0.9, 0])
    assert set(answer.confidences) == {"left", "right"}
    assert sum(answer.confidences.values()) == pytest.approx(1)
    assert answer.confidences[answer.label] == max(answer.confidences.values())


def test_confidences_are_plain_numbers(model):
    answer = trained(model).predict([0.1, 0.9, 0])
    assert {type(p) for p in answer.confidences.values()} == {float}


@pytest.mark.parametrize(
    "x", [[1, 2, 3], (1, 2, 3), [[1, 2, 3]], np.array([1, 2, 3]), np.ones((1, 3), ">f8")]
)
def test_a_row_has_many_forms(model, x):
    assert trained(model).predict(x).label in {"left", "right"}


@pytest.mark.parametrize(
    "x",
    [
        [1, 2],
        [1, 2, 3, 4],
        [],
        3,
        [1, 2, float("nan")],
        [1, 2, float("inf")],
        [1, 2, 1e300],
        ["1", "2", "3"],
        [1, 2, None],
        [1j, 2, 3],
        "abc",
        None,
        [[1, 2, 3], [1, 2, 3]],
        np.zeros((2, 2, 3), np.uint8),
        [1, [2], 3],
    ],
    ids=repr,
)
def test_what_is_no_row_is_refused(model, x):
    trained(model)
    with pytest.raises(ValueError, match=r"^x: expected"):
        model.predict(x)


def test_many_predictions_are_those_of_each(model):
    trained(model)
    rows = [row["x"] for row in ROWS]
    many = model.predict_many(rows)
    for x, answer in zip(rows, many, strict=True):
        one = model.predict(x)
        assert (one.label, list(one.confidences)) == (answer.label, list(answer.confidences))
        assert one.confidences == pytest.approx(answer.confidences, abs=1e-5)


@pytest.mark.parametrize("make_rows", [list, np.array, iter])
def test_many_rows_come_in_many_forms(model, make_rows):
    trained(model)
    assert len(model.predict_many(make_rows([[1, 0, 0], [0, 1, 1]]))) == 2


def test_no_rows_get_no_answers(model):
    assert model.predict_many([]) == trained(model).predict_many([]) == []


def test_an_untrained_model_answers_every_row(model):
    assert model.predict_many([[1], [2]]) == [ClassifierResults()] * 2


def test_features_of_another_version_are_refused(model):
    trained(model, [{"x": FeatureVector(row["x"], "v1"), "y": row["y"]} for row in ROWS])
    with pytest.raises(ValueError, match="expected image features of version 'v1', got 'v2'"):
        model.predict(FeatureVector([1, 2, 3], "v2"))


def pictures(make):
    return [make(np.full((4, 5), value, np.uint8)) for value in (0, 255)]


@pytest.mark.parametrize(
    "form",
    [
        lambda gray: np.repeat(gray[:, :, None], 3, axis=2),
        lambda gray: gray,
        lambda gray: np.repeat(gray[:, :, None], 3, axis=2).astype(float),
        Image.fromarray,
    ],
    ids=["rgb", "gray", "float", "pillow"],
)
def test_images_are_learned_and_predicted_in_all_their_forms(form):
    dark, bright = pictures(form)
    model = trained(KNN(k=1), [{"x": dark, "y": "dark"}, {"x": bright, "y": "bright"}])
    assert model.predict(bright).label == "bright"


def test_an_image_of_another_size_is_refused(model):
    dark, bright = pictures(lambda gray: np.repeat(gray[:, :, None], 3, axis=2))
    trained(model, [{"x": dark, "y": "dark"}, {"x": bright, "y": "bright"}])
    with pytest.raises(ValueError, match="x: expected 60 numbers, got 30"):
        model.predict(dark[:2])


def test_threads_can_predict_while_the_model_is_trained_again_and_again(model):
    trained(model)

    def predict():
        for _ in range(60):
            assert set(model.predict([0.1, 0.9, 0]).confidences) == {"left", "right"}

    at_once(predict, predict, lambda: [trained(model) for _ in range(5)])


# One run at a time


def test_a_second_training_is_refused_while_one_is_active(slow):
    run = slow.train(ROWS)
    with pytest.raises(AlreadyTraining, match="Slow: expected no active run"):
        slow.train(ROWS)
    slow.go.set()
    run.wait(20)
    assert slow.train(ROWS).wait(20).error is None


def test_a_refused_training_emits_nothing(slow):
    slow.train(ROWS)
    slow.began.wait(20)
    seen = statuses(slow)
    with pytest.raises(AlreadyTraining):
        slow.train(ROWS)
    assert seen == []


def test_of_many_threads_that_train_one_begins(slow):
    refused: list[int] = []

    def train():
        try:
            slow.train(ROWS)
        except AlreadyTraining:
            refused.append(1)

    at_once(*[train] * 6)
    assert len(refused) == 5


def test_who_hears_of_success_can_train_again(model):
    runs: list[Any] = []

    def again(status):
        if status.status == "success" and not runs:
            runs.append(model.train(ROWS))

    seen = statuses(model)
    model.training.subscribe(again)
    model.train(ROWS).wait(60)
    eventually(lambda: runs)
    runs[0].wait(60)
    assert (
        seen.count("start"),
        seen.count("success"),
        seen.index("success") < len(seen) // 2 + 1,
    ) == (2, 2, True)


def test_a_training_that_follows_at_once_starts_after_the_last_one_ended():
    model, seen, logged = KNN(), list[str](), list[int]()
    model.training.subscribe(lambda status: seen.append(status.status))
    model.log.appended.subscribe(
        lambda n: logged.extend(e["run"] for _, e in model.log.since(n - 1)[0])
    )

    def train_often():
        done = 0
        while done < 100:
            try:
                model.train(ROWS)
                done += 1
            except AlreadyTraining:
                pass

    at_once(train_often)
    eventually(lambda: seen.count("success") == 100)
    assert seen[1:] == ["start", "success"] * 100
    assert logged == [run for run in range(1, 101) for _ in range(2)]


def test_cancel_keeps_what_was_reached_and_says_stopped(slow):
    run = slow.train(ROWS)
    slow.began.wait(20)
    run.cancel()
    run.wait(20)
    assert (slow.training.value.status, slow.training.value.data) == ("success", {"stopped": True})
    assert slow.ready


@pytest.fixture
def cancelled_while_reading(model):
    """Train in another thread, and cancel between two pages: `train` returns when all is read."""
    began, go, runs = threading.Event(), threading.Event(), list[Run]()

    def rows():
        yield from ROWS * 100
        began.set()
        go.wait(20)
        yield from ROWS * 100

    thread = threading.Thread(target=lambda: runs.append(model.train(rows())))
    thread.start()
    assert began.wait(20)
    model._on_cancel(Message({"kind": "cancel", "run": model._run_number}))
    go.set()
    thread.join(20)
    return runs[0].wait(20)


def test_cancel_while_instances_are_read_is_start_and_stopped(model, cancelled_while_reading):
    seen = [entry["status"] for _, entry in model.log.since(0)[0]]
    assert (seen, cancelled_while_reading.cancelled) == (["start", "success"], True)
    assert model.training.value.data == {"stopped": True}
    assert not model.ready


def test_cancel_while_instances_are_read_keeps_what_was_learned_before(model, monkeypatch):
    trained(model)
    monkeypatch.setattr(Run, "cancelled", True)
    model.train(ROWS).wait(20)
    assert model.labels == ["left", "right"]


def test_the_log_tells_of_a_run_that_was_cancelled_while_instances_were_read(
    model, cancelled_while_reading
):
    told = [(entry["status"], entry["run"], entry["data"]) for _, entry in model.log.since(0)[0]]
    assert told == [("start", 1, {}), ("success", 1, {"stopped": True})]


def test_a_cancel_that_comes_too_late_changes_nothing(model):
    run = model.train(ROWS).wait(60)
    run.cancel()
    assert (run.cancelled, "finished" in repr(run)) == (False, True)


# Clear


def test_clear_forgets(model):
    trained(model).clear()
    assert (model.ready, model.labels, model.predict([1])) == (False, [], ClassifierResults())
    assert model.training.value.status == "idle"


def test_clear_of_an_untrained_model_changes_nothing(model):
    model.clear()
    assert not model.ready


def test_clear_during_a_run_ends_it_and_drops_what_it_reached(slow):
    seen = statuses(slow)
    run = slow.train(ROWS)
    slow.began.wait(20)
    slow.clear()
    run.wait(20)
    assert (seen, slow.ready) == (["start", "success", "idle"], False)


def test_a_cleared_model_learns_again(slow):
    run = slow.train(ROWS)
    slow.began.wait(20)
    slow.clear()
    run.wait(20)
    slow.go.set()
    assert trained(slow).ready


# The dataset of the companion widget


def test_training_on_a_dataset_makes_it_the_models_own(model):
    data = Dataset("own")
    trained_run = model.train(data)
    eventually(lambda: trained_run.done)
    assert model.dataset is data
    assert model._watched.is_there.value


def test_training_on_a_list_leaves_the_models_dataset(model):
    model.dataset = data = Dataset("own")
    trained(model)
    assert model.dataset is data


@pytest.mark.parametrize("value", [[], "gestures", 3])
def test_what_is_no_dataset_cannot_be_the_models(model, value):
    with pytest.raises(TypeError, match="dataset: expected a Dataset or None"):
        model.dataset = value


def test_the_dataset_is_described_as_it_grows(model):
    model.dataset = data = Dataset(f"growing-{model.title}")
    eventually(lambda: model._watched.text.value == f"{data.name}, 0 instances of 0 labels")
    data.create({"x": [1], "y": "a"})
    eventually(lambda: model._watched.text.value == f"{data.name}, 1 instance of 1 label")
    data.clear()
    model.dataset = None
    assert (model._watched.text.value, model._watched.is_there.value) == ("", False)


def test_a_dataset_that_was_replaced_is_not_followed_any_more(model):
    model.dataset = first = Dataset("first")
    model.dataset = Dataset("second")
    first.create({"x": [1], "y": "a"})
    first.clear()
    eventually(lambda: model._watched.text.value.startswith("second"))
    assert first.count._subscriptions == ()


def test_the_dataset_is_not_counted_while_no_page_shows_the_model(model):
    model.dataset = data = Dataset(f"unseen-{model.title}")
    eventually(lambda: model._watched.text.value.endswith("0 labels"))
    model.view_seen("a")
    model.view_gone("a")
    eventually(lambda: not model.shown.value)
    data.create({"x": [1], "y": "a"})
    assert model._watched.text.value == f"{data.name}, 0 instances of 0 labels"
    model.view_seen("b")
    eventually(lambda: model._watched.text.value == f"{data.name}, 1 instance of 1 label")
    data.clear()


# The log


def test_the_log_tells_the_whole_run(model):
    trained(model)
    entries = [entry for _, entry in model.log.since(0)[0]]
    assert [entries[0]["status"], entries[-1]["status"]] == ["start", "success"]
    assert {entry["run"] for entry in entries} == {1}


def test_the_log_of_a_new_run_replaces_the_last(model):
    trained(model)
    first = model.log.newest
    trained(model)
    assert model.log.since(0)[0][0][0] == first + 1


def test_a_status_that_was_set_from_outside_is_not_logged(model):
    newest = model.log.newest
    model.training.set(TrainingStatus("success"))
    assert model.log.newest == newest


def test_clear_is_logged_with_the_number_of_the_last_run(model):
    trained(model).clear()
    ((_, entry),) = model.log.since(0)[0]
    assert (entry["status"], entry["run"]) == ("idle", 1)


def test_a_status_is_logged_before_who_hears_of_it_can_train_again(model):
    logged: list[Any] = []
    model.training.subscribe(lambda _: logged.append(model.log.since(0)[0][-1][1]["status"]))
    trained(model)
    assert logged[0] == "idle"
    assert set(logged[1:]) <= {"start", "epoch", "success"}
    assert logged[-1] == "success"


# Life


def test_repr_and_static_html_say_how_it_is(model):
    trained(model)
    for text in (repr(model), model.static_html()):
        assert "success" in text
        assert "left, right" in text
        assert type(model).__name__ in text


def test_close_ends_the_run(slow):
    run = slow.train(ROWS)
    slow.close()
    assert run.wait(20).cancelled


def test_close_lets_go_of_the_dataset(model):
    model.dataset = data = Dataset("closed")
    model.close()
    assert [data.count._subscriptions, data.changes._subscriptions] == [(), ()]


def test_a_closed_and_forgotten_model_is_collected():
    model = trained(KNN())
    gone = weakref.ref(model)
    model.close()
    del model
    eventually(lambda: (gc.collect(), gone() is None)[1])


def test_an_unknown_parameter_is_refused_by_name():
    with pytest.raises(TypeError, match="MLP has no parameter 'epoch'; it has"):
        MLP(epoch=3)


def test_errors_of_instances_are_value_errors():
    assert issubclass(InstanceRejected, ValueError)


def test_train_without_data_trains_on_the_dataset_that_was_set():
    model = KNN()
    model.dataset = Dataset("set before")
    model.dataset.create({"x": [1, 0], "y": "a"})
    model.train().wait(10)
    assert model.labels == ["a"]


def test_train_without_any_dataset_says_so():
    run = KNN().train()
    with pytest.raises(TrainingError, match=r"set model\.dataset"):
        run.wait(10)
