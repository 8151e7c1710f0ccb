import gc
import weakref
from typing import Any

import pytest

from marcelle_nb.components.prediction_progress import PredictionProgress
from marcelle_nb.models.batch_prediction import BatchPrediction
from marcelle_nb.models.knn import KNN
from marcelle_nb.models.prediction_status import PredictionStatus
from marcelle_nb.stream import Stream
from tests.eventually import eventually
from tests.fake_page import FakePage

HOSTILE = "<img src=x onerror=alert(1)>"
ROWS = [{"x": [n % 2, n], "y": "ab"[n % 2]} for n in range(12)]


class Batch:
    """Any object that tells how it predicts."""

    def __init__(self):
        self.status = Stream(PredictionStatus())


@pytest.fixture
def batch():
    return Batch()


@pytest.fixture
def bar(batch):
    bar = PredictionProgress(batch)
    yield bar
    bar.close()


@pytest.mark.parametrize(
    ("status", "progress", "type"),
    [
        (PredictionStatus("idle"), 0.0, "idle"),
        (PredictionStatus("start", 0, 20), None, "default"),
        (PredictionStatus("running", 5, 20), 0.25, "default"),
        (PredictionStatus("running", 5, None), None, "default"),
        (PredictionStatus("running", 20, 20), 1.0, "default"),
        (PredictionStatus("success", 20, 20), 1.0, "success"),
        (PredictionStatus("success", 0, 0), 1.0, "success"),
        (PredictionStatus("loading"), None, "default"),
        (PredictionStatus("loaded", 20, 20), 1.0, "success"),
        (PredictionStatus("error", 5, 20, {"message": "no"}), 0.25, "danger"),
        (PredictionStatus("error", data={"message": "no"}), 0.0, "danger"),
    ],
)
def test_each_status_has_its_bar(bar, batch, status, progress, type):
    batch.status.set(status)
    message = f"Status: {status.status}"
    assert bar.progress.value == {"message": message, "progress": progress, "type": type}


@pytest.mark.parametrize(
    ("status", "detail"),
    [
        (PredictionStatus("running", 1500, 20000), "1,500 of 20,000 predicted"),
        (PredictionStatus("running", 5, None), "5 predicted"),
        (PredictionStatus("success", 5, 20, {"stopped": True}), "5 of 20 predicted, stopped"),
        (PredictionStatus("error", 5, 20, {"message": "the store is gone"}), "the store is gone"),
        (PredictionStatus("idle"), ""),
    ],
)
def test_the_detail_says_where_it_is(bar, batch, status, detail):
    batch.status.set(status)
    assert bar._detail.value == detail


def test_a_batch_fills_the_bar(request):
    model = KNN(k=1)
    model.train(ROWS).wait(60)
    batch = BatchPrediction(f"bar {request.node.name}")
    bar, seen = PredictionProgress(batch), list[Any]()
    bar.progress.subscribe(lambda it: seen.append(it["progress"]))
    batch.predict(model, ROWS).wait(60)
    assert seen[0] == 0.0
    assert [it for it in seen if it is not None] == sorted(it for it in seen if it is not None)
    assert bar.progress.value == {"message": "Status: success", "progress": 1.0, "type": "success"}
    batch.clear()
    assert bar.progress.value["type"] == "idle"
    bar.close()


def test_the_page_gets_the_bar(bar, batch):
    page = FakePage(bar)
    batch.status.set(PredictionStatus("running", 5, 20))
    eventually(lambda: page.state["detail"] == "5 of 20 predicted")
    eventually(lambda: page.state["progress"]["progress"] == 0.25)


@pytest.mark.parametrize("bad", [None, 3, object(), Stream(1)])
def test_what_does_not_predict_is_refused(bad):
    with pytest.raises(TypeError, match="batch: expected an object with a stream `status`"):
        PredictionProgress(bad)


def test_what_is_no_status_changes_nothing(bar, batch, caplog):
    batch.status.set("running")
    assert bar.progress.value["type"] == "idle"
    assert "expected a PredictionStatus" in caplog.text


def test_a_hostile_message_is_text(bar, batch):
    batch.status.set(PredictionStatus("error", data={"message": HOSTILE}))
    assert "<img" not in bar.static_html()


def test_close_frees_everything(batch):
    bar = PredictionProgress(batch)
    gone = weakref.ref(bar)
    bar.close()
    del bar
    assert batch.status._subscriptions == ()
    eventually(lambda: (gc.collect(), gone() is None)[1])
