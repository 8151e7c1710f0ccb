import threading

import pytest

from marcelle_nb.errors import TrainingError
from marcelle_nb.models.knn import KNN


class TwoLabels(KNN):
    title = "Two"
    min_labels = 2


def test_too_few_labels_are_refused_by_number():
    with pytest.raises(
        TrainingError, match="Two: expected at least 2 different labels, got only 'a'"
    ):
        TwoLabels()._distinct(["a", "a"])


def test_labels_keep_their_order():
    assert TwoLabels()._distinct(["b", "a", "b"]) == ["b", "a"]


def test_a_prediction_waits_for_what_is_being_loaded():
    trained = KNN()
    trained.train([{"x": [0, 1], "y": "a"}]).wait(20)
    model, go = KNN(), threading.Event()
    model._load(lambda: go.wait(20) and trained._fitted, {"source": "file"}, wait=False)
    assert model.labels == []
    threading.Timer(0.1, go.set).start()
    assert model.predict([0, 1]).label == "a"
