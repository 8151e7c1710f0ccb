import numpy as np
import pytest

from marcelle_nb.models.classifier_results import ClassifierResults
from marcelle_nb.models.opened_model import BATCH, OpenedModel, checked_labels, checked_range
from tests.fake_loaded_model import FakeLoadedModel

PICTURE = np.full((8, 8, 3), 51, np.uint8)


def opened(model, input_type="generic", task_type="generic", **options):
    given = {"input_range": None, "crop": None, "labels": None, **options}
    return OpenedModel.of(
        model,
        input_type=input_type,
        task_type=task_type,
        segmentation_options={"output": "tensor", "apply_argmax": True},
        **given,
    )


def mean(x):
    return x.mean(axis=(1, 2))


def test_an_example_goes_in_with_a_batch_of_one_and_comes_out_without():
    model = FakeLoadedModel(lambda x: 2 * x, (None, 3))
    assert opened(model).predict([1, 2, 3]).tolist() == [2, 4, 6]
    assert opened(model).predict([[1, 2, 3]]).tolist() == [2, 4, 6]
    assert model.calls[0][0].shape == (1, 3)


def test_several_outputs_are_a_list():
    model = FakeLoadedModel(lambda x: [x, -x], (None, 2))
    assert [out.tolist() for out in opened(model).predict([1, 2])] == [[1, 2], [-1, -2]]


def test_several_inputs_are_given_in_order_or_by_name():
    model = FakeLoadedModel(lambda a, b: a - b, (None, 2), (None, 2))
    assert opened(model).predict([[5, 5], [1, 2]]).tolist() == [4, 3]
    assert opened(model).predict({"x1": [1, 2], "x0": [5, 5]}).tolist() == [4, 3]


@pytest.mark.parametrize("x", [{"x0": [1, 2]}, [[1, 2]], 3])
def test_missing_inputs_are_named(x):
    model = FakeLoadedModel(lambda a, b: a - b, (None, 2), (None, 2))
    with pytest.raises(ValueError, match=r"x: expected .*x0.*x1"):
        opened(model).predict(x)


def test_many_are_predicted_from_in_batches():
    model = FakeLoadedModel(lambda x: x, (None, 1))
    answers = opened(model).predict_many([[i] for i in range(BATCH + 3)])
    assert [float(answer[0]) for answer in answers] == [*range(BATCH + 3)]
    assert [len(call[0]) for call in model.calls] == [BATCH, 3]


@pytest.mark.parametrize(
    ("function", "shape"),
    [(lambda x: x, (1, 1)), (lambda x: x.sum(axis=0, keepdims=True), (None, 1))],
    ids=["a batch of one", "outputs that belong to no single input"],
)
def test_a_model_that_takes_no_batches_is_asked_one_by_one(function, shape):
    answers = opened(FakeLoadedModel(function, shape)).predict_many([[1], [2], [3]])
    assert [float(answer[0]) for answer in answers] == [1, 2, 3]


def test_pictures_of_different_sizes_are_predicted_from_one_by_one():
    model = FakeLoadedModel(mean, (None, None, None, 3))
    pictures = [PICTURE, np.zeros((4, 5, 3), np.uint8)]
    answers = opened(model, "image").predict_many(pictures)
    assert [answer.tolist() for answer in answers] == [[51] * 3, [0] * 3]


def test_nothing_gives_nothing():
    assert opened(FakeLoadedModel(mean, (None, 1))).predict_many([]) == []


def test_a_picture_is_treated_as_the_file_says():
    told = {"input_range": (-1, 1), "crop": "center"}
    model = FakeLoadedModel(mean, (None, 4, 4, 3), metadata=told)
    np.testing.assert_allclose(opened(model, "image").predict(PICTURE), [-0.6] * 3, atol=1e-6)
    assert opened(model, "image").treatment.crop == "center"


def test_the_user_has_the_last_word():
    told = {"input_range": (-1, 1), "crop": "center"}
    model = FakeLoadedModel(mean, (None, 4, 4, 3), labels=["a", "b", "c"], metadata=told)
    mine = opened(
        model, "image", "classification", input_range=(0, 1), crop="none", labels=["x", "y", "z"]
    )
    assert mine.predict(PICTURE).label == "x"
    assert mine.treatment.crop is None
    np.testing.assert_allclose([*mine.predict(PICTURE).confidences.values()], 0.2, atol=1e-6)


def test_the_labels_of_the_file_name_the_classes():
    model = FakeLoadedModel(lambda x: x, (None, 2), output=(None, 2), labels=["cat", "dog"])
    answer = opened(model, task_type="classification").predict([0.25, 0.75])
    assert answer == ClassifierResults("dog", {"cat": 0.25, "dog": 0.75})


def test_a_segmentation_is_a_map():
    model = FakeLoadedModel(lambda x: x, (None, 2, 2, 3))
    answer = opened(model, task_type="segmentation").predict(np.eye(4)[:, :3].reshape(2, 2, 3))
    assert answer.tolist() == [[0, 1], [2, 0]]


def test_labels_that_do_not_fit_are_refused_when_it_is_opened():
    model = FakeLoadedModel(lambda x: x, (None, 2), output=(None, 2))
    with pytest.raises(ValueError, match="labels: expected 2, one for each class, got 3"):
        opened(model, task_type="classification", labels=["a", "b", "c"])


def test_a_model_with_two_inputs_takes_no_pictures():
    with pytest.raises(ValueError, match="input: expected one for input_type='image'"):
        opened(FakeLoadedModel(mean, (None, 4, 4, 3), (None, 2)), "image")


def test_it_says_what_was_loaded():
    model = FakeLoadedModel(mean, (None, 4, 4, 3), output=(None, 3), labels=["a", "b", "c"])
    facts = dict(opened(model, "image", "classification").facts())
    assert facts == {
        "Format": "tfjs-graph, 1.2 MB",
        "Inputs": "x0: ? × 4 × 4 × 3, float32",
        "Outputs": "y: ? × 3, float32",
        "Labels": "a, b, c",
        "Pictures": "resized to 4 × 4, numbers from 0 to 255",
    }


def test_of_many_labels_it_says_how_many():
    labels = [f"l{i}" for i in range(1_001)]
    model = FakeLoadedModel(mean, (None, 3), output=(None, 1_001), labels=labels)
    assert dict(opened(model).facts())["Labels"].endswith("l18, l19 and 981 more")


@pytest.mark.parametrize("span", [3, "01", (0,), (0, 1, 2), (1, 1), (0, float("nan")), ("a", "b")])
def test_a_bad_input_range_is_refused(span):
    with pytest.raises((TypeError, ValueError), match="input_range: expected"):
        checked_range(span)


@pytest.mark.parametrize("labels", ["abc", 3, ["a", 1], {"a": 1}, [None]])
def test_bad_labels_are_refused(labels):
    with pytest.raises((TypeError, ValueError), match="labels"):
        checked_labels(labels)
