import gc
import threading
import weakref
from typing import Any
from unittest.mock import patch

import pytest

from marcelle_nb.components import prediction_feed
from marcelle_nb.components.confusion_matrix import MAX_SHOWN, ConfusionMatrix
from marcelle_nb.data.data_store import DataStore
from marcelle_nb.models.batch_prediction import BatchPrediction
from tests import batch_runs
from tests.eventually import eventually
from tests.fake_page import FakePage

HOSTILE = "<img src=x onerror=alert(1)>"


class Told:
    """Answers what an instance says in its first number."""

    def __init__(self, labels="abc"):
        self.labels = labels

    def predict_many(self, xs):
        return [{"label": self.labels[int(x[0])], "confidences": {}} for x in xs]


def rows(*pairs, labels="abc"):
    """Make instances that are truly the first, and are taken for the second."""
    return [{"x": [labels.index(answer)], "y": truth} for truth, answer in pairs]


@pytest.fixture
def batch(store):
    batch = BatchPrediction("of a matrix", store)
    batch.clear()
    yield batch
    batch.close()
    batch.clear()


@pytest.fixture
def matrix(batch):
    matrix = ConfusionMatrix(batch)
    yield matrix
    matrix.close()


def test_every_label_that_is_true_meets_every_one_that_is_predicted(batch, matrix):
    batch.predict(Told(), rows("aa", "ab", "ab", "bb", "bc")).wait(60)
    assert matrix.labels.value == ["a", "b", "c"]
    assert matrix.accuracy.value == 0.4
    assert {(it["y"], it["x"]): it["v"] for it in matrix.confusion.value if it["v"]} == {
        ("a", "a"): 1,
        ("a", "b"): 2,
        ("b", "b"): 1,
        ("b", "c"): 1,
    }
    assert len(matrix.confusion.value) == 9


def test_predictions_that_are_in_the_store_are_read_at_once(batch):
    batch.predict(Told(), rows("aa", "ab")).wait(60)
    again = BatchPrediction(batch.name, batch.store)
    matrix = ConfusionMatrix(again)
    assert matrix.accuracy.value == 0.5
    matrix.close()


def test_what_has_no_truth_or_no_label_is_left_out_and_counted(batch, matrix):
    batch.predictions.create(
        [{"label": "a", "yTrue": "a"}, {"label": "a"}, {"label": None, "yTrue": "a"}, {"output": 3}]
    )
    eventually(lambda: matrix._table.value["without_truth"] == 2)
    assert matrix._table.value["without_label"] == 1
    assert (matrix.accuracy.value, matrix._table.value["total"]) == (1.0, 1)
    assert "without a true label: 2" in repr(matrix)


def test_it_is_live_while_the_batch_runs(batch, matrix):
    seen: list[int] = []
    gate = threading.Event()

    class Slow(Told):
        def predict_many(self, xs):
            if seen:
                gate.wait(20)
            seen.append(len(xs))
            return super().predict_many(xs)

    run = batch.predict(Slow(), rows("aa", "ab", "bb", "bb"), batch_size=2)
    eventually(lambda: matrix._table.value["total"] == 2)
    assert matrix.progress.value == 0.5
    assert matrix.accuracy.value == 0.5
    gate.set()
    run.wait(60)
    assert (matrix.accuracy.value, matrix.progress.value) == (0.75, False)


def test_a_batch_that_is_cleared_or_predicted_anew_is_followed(batch, matrix):
    batch.predict(Told(), rows("aa", "ab")).wait(60)
    batch.predict(Told(), rows("cc")).wait(60)
    assert (matrix.labels.value, matrix.accuracy.value) == (["c"], 1.0)
    batch.clear()
    assert (matrix.labels.value, matrix.accuracy.value, matrix.confusion.value) == ([], None, [])


def test_predictions_that_are_changed_count_as_they_are_then(batch, matrix):
    batch.predict(Told(), rows("ab")).wait(60)
    (document,) = batch.items()
    batch.predictions.patch(document["id"], {"label": "a"})
    eventually(lambda: matrix.accuracy.value == 1.0)
    batch.predictions.remove(document["id"])
    eventually(lambda: matrix.accuracy.value is None)


def test_what_changes_while_it_is_read_is_counted_once(batch):
    batch.predict(Told(), rows("aa", "ab")).wait(60)
    items = batch.predictions.items

    def meanwhile(*args):
        batch.predictions.create([{"label": "b", "yTrue": "b"}])
        found = list(items(*args))
        batch.predictions.remove(found[1]["id"])
        return Found(found)

    class Found(list[Any]):
        def select(self, _):
            return self

    with patch.object(batch.predictions, "items", meanwhile):
        matrix = ConfusionMatrix(batch)
    assert (matrix._table.value["total"], matrix.accuracy.value) == (2, 1.0)
    matrix.close()


def test_another_process_is_followed(tmp_path):
    place = str(tmp_path / "shared.db")
    with DataStore(place) as store:
        matrix = ConfusionMatrix(BatchPrediction("killed", store))
        process = batch_runs.start(batch_runs.predict, place, 21)
        eventually(lambda: matrix._table.value["total"] == 21, 60)
        process.join(60)
        matrix.close()


def test_a_batch_of_many_pages_is_drawn_a_few_times_only(batch):
    matrix = ConfusionMatrix(batch)
    drawn: list[int] = []
    matrix.confusion.subscribe(lambda cells: drawn.append(len(cells)))
    with patch.object(prediction_feed, "EVERY_S", 60):
        batch.predict(Told(), rows(*["aa"] * 40), batch_size=1).wait(60)
    assert len(drawn) <= 4
    assert matrix._table.value["total"] == 40
    matrix.close()


# Selection


def test_a_cell_selects_its_instances(batch, matrix):
    batch.predict(Told(), rows("aa", "ab", "bb", "ab")).wait(60)
    matrix.selected.set({"x": "b", "y": "a"})
    assert matrix.selected.value == {"x": "b", "y": "a", "v": 2}
    assert matrix.selected_ids.value == [1, 3]
    matrix.selected.set(None)
    assert matrix.selected_ids.value == []


def test_a_selection_follows_the_predictions(batch, matrix):
    matrix.selected.set({"x": "b", "y": "a"})
    assert matrix.selected.value["v"] == 0
    batch.predict(Told(), rows("aa", "ab")).wait(60)
    assert matrix.selected.value == {"x": "b", "y": "a", "v": 1}
    assert matrix.selected_ids.value == [1]
    batch.predict(Told(), rows("ab", "aa")).wait(60)
    assert matrix.selected_ids.value == [0]
    batch.clear()
    assert (matrix.selected.value["v"], matrix.selected_ids.value) == (0, [])


def test_labels_that_another_client_wrote_as_numbers_are_labels(batch):
    batch.predictions.create(
        [{"label": 3, "yTrue": "3", "instanceId": "i"}, {"label": "10", "yTrue": 3}]
    )
    matrix = ConfusionMatrix(batch)
    assert matrix.labels.value == ["3", "10"]
    matrix.selected.set({"x": "3", "y": "3"})
    assert matrix.selected_ids.value == ["i"]
    matrix.close()


def test_true_and_false_are_labels(batch):
    answers = [(True, "True", 0), (False, "True", 1), ("False", False, 2), (1, "1", 3)]
    batch.predictions.create(
        [{"label": it, "yTrue": truth, "instanceId": n} for it, truth, n in answers]
    )
    matrix = ConfusionMatrix(batch)
    assert (matrix.labels.value, matrix.accuracy.value) == (["1", "False", "True"], 0.75)
    for label, ids in (("True", [0]), ("False", [2]), ("1", [3])):
        matrix.selected.set({"x": label, "y": label})
        assert matrix.selected_ids.value == ids
    matrix.close()


def test_a_cell_of_a_very_long_label_can_be_selected(batch, matrix):
    long = "wave " * 500
    batch.predict(Told([long]), rows((long, long), labels=[long])).wait(60)
    page = FakePage(matrix)
    page.send(kind="select", x=long, y=long)
    eventually(lambda: matrix.selected_ids.value == [0])
    assert matrix.selected.value["v"] == 1


@pytest.mark.parametrize("bad", [3, "a", {"x": "a"}, {"x": 1, "y": "a"}, {"x": None, "y": "a"}])
def test_what_is_no_cell_cannot_be_selected(matrix, bad):
    with pytest.raises((TypeError, ValueError), match="selected"):
        matrix.selected.set(bad)
    assert matrix.selected.value is None


def test_the_page_selects_a_cell(batch, matrix):
    batch.predict(Told(), rows("ab")).wait(60)
    page = FakePage(matrix)
    page.send(kind="select", x="b", y="a")
    eventually(lambda: matrix.selected_ids.value == [0])
    eventually(lambda: page.state["selected"] == {"x": "b", "y": "a", "v": 1})
    page.send(kind="select", x=3, y="a")
    eventually(lambda: page.messages("rejected"))
    page.send(kind="unselect")
    eventually(lambda: matrix.selected.value is None)


# The page's side, and the end


def test_the_page_gets_the_counts_in_one_piece(batch, matrix):
    page = FakePage(matrix)
    batch.predict(Told(), rows("aa", "ab")).wait(60)
    eventually(lambda: page.state["table"]["total"] == 2)
    assert page.state["table"] == {
        "labels": ["a", "b"],
        "counts": [[1, 1], [0, 0]],
        "support": [2, 0],
        "n_labels": 2,
        "total": 2,
        "accuracy": 0.5,
        "without_truth": 0,
        "without_label": 0,
    }


def test_of_very_many_labels_the_page_gets_the_most_frequent(batch, matrix):
    labels = [f"label {i}" for i in range(MAX_SHOWN + 20)]
    pairs = [(label, label) for label in labels] + [(label, label) for label in labels[20:]]
    batch.predict(Told(labels), rows(*pairs, labels=labels)).wait(60)
    table = matrix._table.value
    assert table["labels"] == labels[20:]
    assert (len(table["counts"]), len(table["counts"][0])) == (MAX_SHOWN, MAX_SHOWN)
    assert table["n_labels"] == len(matrix.labels.value) == MAX_SHOWN + 20
    assert len(matrix.confusion.value) == (MAX_SHOWN + 20) ** 2


def test_while_no_page_shows_it_it_does_not_work_and_then_reads_anew(batch, matrix):
    page = FakePage(matrix)
    page.send(kind="hello", view="a", since=0)
    page.send(kind="bye", view="a")
    eventually(lambda: not matrix.shown.value)
    assert not batch.predictions.changes.is_heard
    batch.predict(Told(), rows("aa", "ab")).wait(60)
    assert matrix.accuracy.value is None
    page.send(kind="hello", view="b", since=0)
    eventually(lambda: matrix.accuracy.value == 0.5)


def test_hostile_labels_are_text(batch, matrix):
    batch.predict(Told([HOSTILE]), rows((HOSTILE, HOSTILE), labels=[HOSTILE])).wait(60)
    assert "<img" not in matrix.static_html()
    assert "accuracy: 100.0%" in repr(matrix)


def test_a_store_that_is_gone_is_said(tmp_path):
    store = DataStore(tmp_path / "gone.db")
    batch = BatchPrediction("a", store)
    store.close()
    assert ConfusionMatrix(batch).alert.value


def test_what_is_no_batch_is_refused():
    with pytest.raises(TypeError, match="batch: expected a BatchPrediction"):
        ConfusionMatrix([])  # type: ignore[arg-type]


def test_close_frees_everything(batch):
    matrix = ConfusionMatrix(batch)
    batch.predict(Told(), rows("aa")).wait(60)
    gone = weakref.ref(matrix)
    matrix.close()
    del matrix
    assert not batch.predictions.changes.is_heard
    eventually(lambda: (gc.collect(), gone() is None)[1])
