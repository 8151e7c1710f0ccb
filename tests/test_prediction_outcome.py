import pytest

from marcelle_nb.data.stored_instance import stored_forms
from marcelle_nb.models.prediction_outcome import PredictionOutcome


@pytest.mark.parametrize(
    ("document", "outcome"),
    [
        ({"label": "a", "yTrue": "b"}, ("b", "a")),
        ({"label": 3, "yTrue": 3.0}, ("3", "3")),
        ({"label": True, "yTrue": "False"}, ("False", "True")),
        ({"label": "a"}, (None, "a")),
        ({"label": None, "yTrue": ""}, (None, None)),
        ({"cluster": 2, "yTrue": "a"}, ("a", None)),
        ({"output": 1.5, "yTrue": "2.5"}, ((2.5,), (1.5,))),
        ({"output": [1, 2], "yTrue": [3, 4]}, ((3.0, 4.0), (1.0, 2.0))),
        ({"output": 1.5, "yTrue": "a"}, ("a", (1.5,))),
        ({"output": None, "yTrue": "1"}, ((1.0,), None)),
        ({"output": [True], "yTrue": "nan"}, ("nan", None)),
        ({"output": [1.5, 2.5], "yTrue": "b"}, ("b", (1.5, 2.5))),
    ],
)
def test_a_stored_prediction_says_what_is_true_and_what_was_answered(document, outcome):
    assert PredictionOutcome.of(document) == outcome


def test_labels_are_right_or_wrong_and_numbers_have_a_difference():
    assert PredictionOutcome("a", "b").is_label
    assert not PredictionOutcome("a", None).is_label
    assert PredictionOutcome((1.0,), (2.0,)).is_number
    assert not PredictionOutcome((1.0,), (2.0, 3.0)).is_number
    assert not PredictionOutcome("a", "b").is_number


@pytest.mark.parametrize(
    ("label", "forms"),
    [
        ("a", ["a"]),
        ("3", ["3", 3.0]),
        ("3.5", ["3.5", 3.5]),
        ("3.0", ["3.0"]),
        ("nan", ["nan"]),
        ("True", ["True", True]),
    ],
)
def test_a_label_may_be_stored_in_other_forms_which_are_read_as_it(label, forms):
    assert stored_forms(label) == forms
    assert {PredictionOutcome.of({"label": form}).answer for form in forms} == {label}
