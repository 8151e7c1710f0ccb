import threading

import pytest

from marcelle_nb.models.classifier_results import ClassifierResults
from marcelle_nb.models.knn import KNN
from marcelle_nb.models.nearest_neighbours import NearestNeighbours
from marcelle_nb.run import Run

ROWS = [{"x": [0, 1], "y": "up"}, {"x": [1, 0], "y": "right"}, {"x": [0.9, 0.1], "y": "right"}]


def trained(rows=ROWS, **parameters):
    model = KNN(**parameters)
    model.train(rows).wait(20)
    return model


def test_a_training_emits_start_and_success_and_no_epoch():
    model, events = KNN(), []
    model.training.subscribe(
        lambda status: events.append((status.status, status.epoch, status.epochs, status.data))
    )
    model.train(ROWS).wait(20)
    assert events[1:] == [("start", None, 1, None), ("success", None, None, {})]


def test_a_run_that_was_cancelled_says_stopped_and_keeps_its_rows(monkeypatch):
    model, fit = KNN(), NearestNeighbours.fit
    runs, go = list[Run](), threading.Event()

    def cancelled_meanwhile(*rows, **options):
        go.wait(20)
        runs[0].cancel()
        return fit(*rows, **options)

    monkeypatch.setattr(NearestNeighbours, "fit", cancelled_meanwhile)
    runs.append(model.train(ROWS))
    go.set()
    runs[0].wait(20)
    assert model.training.value.data == {"stopped": True}
    assert model.labels == ["up", "right"]


def test_the_history_is_empty():
    assert KNN().train(ROWS).wait(20).history == {}


def test_one_row_is_enough():
    assert trained([{"x": [1, 2], "y": "a"}]).predict([3, 4]) == ClassifierResults("a", {"a": 1.0})


def test_one_label_is_enough():
    assert trained([{"x": [i, 1], "y": "a"} for i in range(5)]).labels == ["a"]


def test_the_nearest_rows_vote():
    assert trained(k=1).predict([0.1, 0.9]) == ClassifierResults("up", {"up": 1.0, "right": 0.0})


def test_k_is_read_at_every_prediction():
    model = trained(k=1)
    model.k = 3
    assert model.predict([0, 1]).confidences == pytest.approx({"up": 1 / 3, "right": 2 / 3})


def test_more_votes_than_rows_are_as_many_as_rows():
    assert trained(k=1_000).predict([0, 1]).label == "right"


def test_a_vector_of_zeros_gets_an_answer():
    assert trained(k=1).predict([0, 0]).label == "up"


@pytest.mark.parametrize("k", [0, -1, 1.5, "3", None, True, 1_001])
def test_a_k_that_is_none_is_refused(k):
    with pytest.raises((TypeError, ValueError), match="k: expected a whole number from 1 to 1000"):
        KNN(k=k)


def test_a_new_training_may_have_another_width():
    model = trained()
    model.train([{"x": [1, 2, 3], "y": "a"}]).wait(20)
    assert model.predict([1, 2, 3]).label == "a"


def test_a_validation_dataset_is_no_error():
    assert KNN().train(ROWS, validation_dataset=ROWS).wait(20).history == {}
