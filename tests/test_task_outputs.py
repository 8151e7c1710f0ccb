import numpy as np
import pytest

from marcelle_nb.models.classifier_results import ClassifierResults
from marcelle_nb.models.task_outputs import classification, segmentation

SCORES = np.random.default_rng(0).random((4, 5, 3)).astype(np.float32)


def test_a_class_without_a_name_is_called_by_its_number():
    answer = classification(np.array([0.25, 0.75]), [])
    assert answer == ClassifierResults("1", {"0": 0.25, "1": 0.75})


def test_scores_are_given_as_the_model_gives_them():
    answer = classification(np.array([[[-2.0, 5.0]]]), ["cat", "dog"])
    assert answer == ClassifierResults("dog", {"cat": -2.0, "dog": 5.0})


def test_of_classes_that_share_a_name_the_best_counts():
    answer = classification(np.array([0.7, 0.2, 0.1]), ["crane", "dog", "crane"])
    assert answer == ClassifierResults("crane", {"crane": 0.7, "dog": 0.2})


@pytest.mark.parametrize("labels", [["a"], ["a", "b", "c"]])
def test_more_or_fewer_names_than_classes_are_refused(labels):
    with pytest.raises(ValueError, match=f"labels: expected 2, one for .* got {len(labels)}"):
        classification(np.array([0.25, 0.75]), labels)


def test_scores_that_are_no_numbers_name_no_class():
    with pytest.raises(ValueError, match="expected scores, got NaN"):
        classification(np.array([0.25, np.nan]), [])


def test_a_tensor_is_what_the_model_gives():
    assert segmentation(SCORES, "tensor", apply_argmax=False) is SCORES


def test_argmax_gives_whole_class_numbers():
    numbers = segmentation(SCORES, "tensor", apply_argmax=True)
    assert numbers.dtype.kind == "i"
    assert np.array_equal(numbers, SCORES.argmax(-1))


@pytest.mark.parametrize(
    ("n_classes", "levels"),
    [(2, [0, 128]), (3, [0, 128, 255]), (4, [0, 85, 170, 255]), (6, [0, 51, 102, 153, 204, 255])],
)
def test_an_image_of_classes_goes_from_black_to_white(n_classes, levels):
    scores = np.eye(n_classes)[None]
    image = segmentation(scores, "image", apply_argmax=True)
    assert image.dtype == np.uint8
    assert image.shape == (1, n_classes, 3)
    assert image[0].tolist() == [[level] * 3 for level in levels]


@pytest.mark.parametrize("shape", [(1, 3), (1, 3, 1)])
def test_numbers_from_0_to_1_are_shown_in_gray(shape):
    image = segmentation(np.array([0, 0.5, 1]).reshape(shape), "image", apply_argmax=False)
    assert image.tolist() == [[[0] * 3, [128] * 3, [255] * 3]]


def test_three_channels_are_a_picture():
    image = segmentation(SCORES, "image", apply_argmax=False)
    assert np.abs(image / 255 - SCORES).max() <= 0.5 / 255 + 1e-6


def test_whole_numbers_are_levels_of_gray():
    image = segmentation(np.array([[0, 20, 255]]), "image", apply_argmax=False)
    assert image[0, :, 0].tolist() == [0, 20, 255]


@pytest.mark.parametrize(
    ("scores", "reason"),
    [
        (np.zeros((2, 2, 5)), "apply_argmax=True makes classes"),
        (np.full((2, 2), 1.5), "from 0 to 1 .* got 1.5 to 1.5"),
        (np.full((2, 2), -1), "from 0 to 255"),
        (np.full((2, 2), np.nan), "from 0 to 1"),
        (np.zeros(4), "1 or 3 channels"),
    ],
    ids=str,
)
def test_numbers_that_are_no_image_are_refused_with_advice(scores, reason):
    with pytest.raises(ValueError, match=reason):
        segmentation(scores, "image", apply_argmax=False)


def test_argmax_needs_classes():
    with pytest.raises(ValueError, match="height × width × classes for apply_argmax=True"):
        segmentation(np.zeros((4, 5)), "tensor", apply_argmax=True)


def test_one_probability_serves_for_two_labels():
    answer = classification(np.array([[0.75]]), ["cat", "dog"])
    assert answer == ClassifierResults("dog", {"cat": 0.25, "dog": 0.75})
    with pytest.raises(ValueError, match="output: expected a probability for two labels, got 3"):
        classification(np.array([[3.0]]), ["cat", "dog"])


@pytest.mark.parametrize("shape", [(2, 3), (0,), (1, 2, 2)])
def test_scores_of_several_inputs_or_none_are_no_class(shape):
    with pytest.raises(ValueError, match="output: expected one score for each class"):
        classification(np.zeros(shape), [])
