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
