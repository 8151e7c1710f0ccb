import gc
import weakref
from typing import Any

import pytest

from marcelle_nb.components.training_progress import TrainingProgress
from marcelle_nb.models.knn import KNN
from marcelle_nb.models.mlp import MLP
from marcelle_nb.models.training_status import TrainingStatus
from marcelle_nb.stream import Stream
from tests.eventually import eventually
from tests.fake_page import FakePage

HOSTILE = "<img src=x onerror=alert(1)>"
ROWS = [{"x": [n % 2, n], "y": "ab"[n % 2]} for n in range(12)]


class Trained:
    """Any object that tells how it trains."""

    def __init__(self):
        self.training = Stream(TrainingStatus())


@pytest.fixture
def model():
    return Trained()


@pytest.fixture
def bar(model):
    bar = TrainingProgress(model)
    yield bar
    bar.close()


@pytest.mark.parametrize(
    ("status", "progress", "type"),
    [
        (TrainingStatus("idle"), 0.0, "idle"),
        (TrainingStatus("start", epochs=20), None, "default"),
        (TrainingStatus("epoch", 5, 20), 0.25, "default"),
        (TrainingStatus("epoch", 5, 0), None, "default"),
        (TrainingStatus("epoch", 5), None, "default"),
        (TrainingStatus("epoch", 30, 20), 1.0, "default"),
        (TrainingStatus("success"), 1.0, "success"),
        (TrainingStatus("loading"), None, "default"),
        (TrainingStatus("loaded"), 1.0, "success"),
        (TrainingStatus("error", data={"message": "no"}), 0.0, "danger"),
    ],
)
def test_each_status_has_its_bar(bar, model, status, progress, type):
    model.training.set(status)
    message = f"Status: {status.status}"
    assert bar.progress.value == {"message": message, "progress": progress, "type": type}


def test_a_training_that_fails_leaves_the_bar_where_it_was(bar, model):
    model.training.set(TrainingStatus("epoch", 5, 20))
    model.training.set(TrainingStatus("error", data={"message": "no memory"}))
    assert bar.progress.value["progress"] == 0.25
    assert bar._detail.value == "no memory"


@pytest.mark.parametrize("before", ["success", "loaded", "idle", "loading", "error"])
def test_a_training_that_cannot_begin_has_an_empty_bar(bar, model, before):
    model.training.set(TrainingStatus("epoch", 5, 20))
    model.training.set(TrainingStatus(before))
    model.training.set(TrainingStatus("error", data={"message": "no rows"}))
    assert bar.progress.value["progress"] == 0.0
    assert bar._detail.value == "no rows"


def test_a_training_that_failed_is_shown_again_as_it_was(bar, model):
    model.training.set(TrainingStatus("epoch", 5, 20))
    model.training.set(TrainingStatus("error", data={"message": "no memory"}))
    page = FakePage(bar)
    page.send(kind="hello", view="a", since=0)
    page.send(kind="bye", view="a")
    eventually(lambda: not model.training._subscriptions)
    page.send(kind="hello", view="b", since=0)
    eventually(lambda: model.training._subscriptions)
    assert bar.progress.value["progress"] == 0.25


@pytest.mark.parametrize(
    ("status", "detail"),
    [
        (TrainingStatus("epoch", 5, 20), "5 of 20"),
        (TrainingStatus("epoch", 5, 3), "5"),
        (TrainingStatus("success", data={"stopped": True}), "stopped, what was learned is kept"),
        (TrainingStatus("success", data={"loss": [1.0]}), ""),
    ],
)
def test_the_detail_says_where_it_is(bar, model, status, detail):
    model.training.set(status)
    assert bar._detail.value == detail


@pytest.mark.parametrize("make", [lambda: MLP(epochs=3, layers=[]), KNN])
def test_a_training_fills_the_bar(make):
    model = make()
    bar, seen = TrainingProgress(model), list[Any]()
    bar.progress.subscribe(lambda it: seen.append(it["progress"]))
    model.train(ROWS).wait(60)
    assert seen[0] == 0.0
    assert None in seen
    assert seen[-1] == 1.0
    bar.close()
    model.close()


def test_one_that_is_made_late_shows_the_present(model):
    model.training.set(TrainingStatus("epoch", 5, 20))
    assert TrainingProgress(model).progress.value["progress"] == 0.25


def test_the_page_gets_the_bar(bar, model):
    page = FakePage(bar)
    model.training.set(TrainingStatus("epoch", 5, 20))
    eventually(lambda: page.state["detail"] == "5 of 20")
    eventually(lambda: page.state["progress"]["progress"] == 0.25)


@pytest.mark.parametrize("bad", [None, 3, object(), "mlp", Stream(1)])
def test_what_does_not_train_is_refused(bad):
    with pytest.raises(TypeError, match="model: expected an object with a stream `training`"):
        TrainingProgress(bad)


def test_what_is_no_status_changes_nothing(bar, model, caplog):
    model.training.set(TrainingStatus("epoch", 5, 20))
    model.training.set("epoch")
    assert bar.progress.value["progress"] == 0.25
    assert "expected a TrainingStatus" in caplog.text


def test_it_does_nothing_while_no_page_shows_it(bar, model):
    page = FakePage(bar)
    page.send(kind="hello", view="a", since=0)
    page.send(kind="bye", view="a")
    eventually(lambda: not model.training._subscriptions)
    model.training.set(TrainingStatus("epoch", 5, 20))
    page.send(kind="hello", view="b", since=0)
    eventually(lambda: bar.progress.value["progress"] == 0.25)


def test_repr_and_html_say_how_far_it_is(bar, model):
    model.training.set(TrainingStatus("epoch", 5, 20))
    assert repr(bar) == "<TrainingProgress status: epoch, progress: 5 of 20>"
    assert "<progress max='1' value='0.250'>" in bar.static_html()


def test_a_hostile_message_is_text(bar, model):
    model.training.set(TrainingStatus("error", data={"message": HOSTILE}))
    assert "<img" not in bar.static_html()


def test_close_frees_everything(model):
    bar = TrainingProgress(model)
    gone = weakref.ref(bar)
    bar.close()
    del bar
    assert model.training._subscriptions == ()
    eventually(lambda: (gc.collect(), gone() is None)[1])
