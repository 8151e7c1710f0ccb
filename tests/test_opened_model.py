import numpy as np
import pytest

from marcelle_nb.models.classifier_results import ClassifierResults
from marcelle_nb.models.model_use import ModelUse
from marcelle_nb.models.opened_model import BATCH
from tests.fake_loaded_model import FakeLoadedModel

PICTURE = np.full((8, 8, 3), 51, np.uint8)


def opened(model, input_type="generic", task_type="generic", **options):
    segmentation = {"output": "tensor", "apply_argmax": True}
    return ModelUse.checked(input_type, task_type, segmentation, **options).open(model)


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


@pytest.mark.parametrize(
    ("function", "shape", "xs"),
    [
        (lambda x: 2 * x, (3,), [[1, 2, 3], [4, 5, 6]]),
        (lambda x: 2 * x, (), [1, 2, 3]),
        (lambda x: 2 * x, (None,), [[1, 2], [1, 2, 3]]),
        (lambda x: 2 * x, (2, 2), [[[1, 2], [3, 4]]]),
        (lambda x: 2 * x[:1], (3,), [[1, 2, 3]]),
        (lambda x: x.sum(), (3,), [[1, 2, 3]] * (BATCH + 1)),
    ],
    ids=["a vector", "a number", "any length", "a square", "one number out", "no axis out"],
)
def test_a_model_without_a_batch_answers_as_it_is(function, shape, xs):
    model = FakeLoadedModel(function, shape)
    wanted = [function(np.array(x, np.float32)).tolist() for x in xs]
    assert [opened(model).predict(x).tolist() for x in xs] == wanted
    model.calls.clear()
    assert [answer.tolist() for answer in opened(model).predict_many(xs)] == wanted
    assert len(model.calls) == len(xs)


def test_outputs_that_are_as_many_as_the_inputs_by_chance_are_not_divided_among_them():
    model = FakeLoadedModel(lambda x: x.sum(axis=0), (None, 3), output=(3,))
    answers = opened(model).predict_many(np.eye(3))
    assert np.array_equal(answers, np.eye(3))


@pytest.mark.parametrize(
    ("dtype", "x"), [("int32", [1, 2]), ("bool", [True, False]), ("string", ["a", "bc"])]
)
def test_whole_numbers_truths_and_texts_go_in_as_they_are(dtype, x):
    model = FakeLoadedModel(lambda x: x, (None, 2), dtype=dtype)
    assert opened(model).predict(x).tolist() == x
    assert [answer.tolist() for answer in opened(model).predict_many([x, x[::-1]])] == [x, x[::-1]]


@pytest.mark.parametrize("x", [[1], [1, 2, 3], [[1, 2], [3, 4], [5, 6]]])
def test_the_shape_of_a_refused_x_is_told_as_it_came(x):
    model = FakeLoadedModel(lambda x: x, (2, 2))
    with pytest.raises(ValueError, match="x0: expected shape 2 × 2, got ") as caught:
        opened(model).predict(x)
    assert str(caught.value).endswith(f"got {np.shape(x)}")


def test_several_examples_at_once_are_no_one_class():
    model = FakeLoadedModel(lambda x: x, (None, 2), output=(None, 2))
    with pytest.raises(ValueError, match=r"output: expected one score .*, got shape \(2, 2\)"):
        opened(model, task_type="classification").predict([[0, 1], [1, 0]])


def test_a_picture_goes_alone_into_a_model_without_a_batch():
    model = FakeLoadedModel(lambda x: x.mean(axis=(0, 1)), (4, 4, 3))
    assert opened(model, "image").predict(PICTURE).tolist() == [51] * 3
    assert np.shape(opened(model, "image").predict_many([PICTURE] * 3)) == (3, 3)


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


def test_its_metadata_say_how_pictures_go_in():
    told = {"input_range": (-1, 1), "crop": "center", "files": ["a"]}
    model = FakeLoadedModel(mean, (None, 4, 6, 3), metadata=told)
    used = {"input_range": (-1.0, 1.0), "crop": "center", "image_size": (4, 6)}
    assert opened(model, "image").metadata == used
    mine = opened(model, "image", input_range=(0, 1), crop="none").metadata
    assert mine == {**used, "input_range": (0.0, 1.0), "crop": None}
    assert opened(model).metadata == {"input_range": (-1, 1), "crop": "center"}
    plain = FakeLoadedModel(mean, (None, None, None, 3))
    assert opened(plain, "image").metadata == {"input_range": (0.0, 255.0)}
    assert opened(plain).metadata == {}


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


def test_it_says_what_was_left_out():
    model = FakeLoadedModel(mean, (None, 4, 4, 3), output=(None, 3))
    model.metadata["notes"] = ["labels: expected 3, got 2", "b"]
    facts = opened(model, "image", "classification").facts()
    assert facts[-2:] == [("Note", "labels: expected 3, got 2"), ("Note", "b")]


def test_of_many_labels_it_says_how_many():
    labels = [f"l{i}" for i in range(1_001)]
    model = FakeLoadedModel(mean, (None, 3), output=(None, 1_001), labels=labels)
    assert dict(opened(model).facts())["Labels"].endswith("l18, l19 and 981 more")
