import numpy as np
import pytest

from marcelle_nb.models.classifier_results import ClassifierResults
from marcelle_nb.models.prediction_documents import prediction_document


@pytest.mark.parametrize(
    ("answer", "fields"),
    [
        (ClassifierResults("a", {"a": 1.0}), {"label": "a", "confidences": {"a": 1.0}}),
        ({"cluster": np.int64(2), "id": "no"}, {"cluster": 2}),
        (1.5, {"output": 1.5}),
        (np.float32(0.5), {"output": 0.5}),
        ([1, 2], {"output": [1, 2]}),
        (np.array([1.0, 2.0]), {"output": [1.0, 2.0]}),
        (None, {"output": None}),
        ("text", {"output": "text"}),
    ],
)
def test_every_answer_has_fields(answer, fields):
    assert prediction_document(answer) == fields


def test_a_picture_stays_an_array():
    assert prediction_document(np.zeros((2, 2)))["output"].shape == (2, 2)
