import pytest

from marcelle_nb.models.model_use import ModelUse
from tests.fake_loaded_model import FakeLoadedModel


def opened(task_type, output):
    model = FakeLoadedModel(lambda x: x, (None, 8, 8, 3), output=output)
    return ModelUse.checked("image", task_type).open(model)


@pytest.mark.parametrize(
    ("task_type", "output"),
    [
        ("classification", (None, 64, 64, 4)),
        ("classification", (64, 64)),
        ("segmentation", (None, 2)),
        ("segmentation", (None, 5, 64, 64, 4)),
    ],
)
def test_a_model_that_answers_something_else_than_its_task_is_refused_when_it_is_read(
    task_type, output
):
    with pytest.raises(ValueError, match=r"output: expected .*, got y: .* or 'generic'"):
        opened(task_type, output)


@pytest.mark.parametrize(
    ("task_type", "output"),
    [
        ("classification", None),
        ("classification", (3,)),
        ("classification", (1, 1, 1, 3)),
        ("classification", (None, None, None, 3)),
        ("classification", (None, 1)),
        ("segmentation", None),
        ("segmentation", (None, 64, 64, 4)),
        ("segmentation", (None, None, None, None)),
        ("segmentation", (64, 64)),
        ("generic", (None, 5, 64, 64, 4)),
    ],
)
def test_a_model_that_may_answer_as_its_task_wants_is_taken(task_type, output):
    assert opened(task_type, output).task_type == task_type
