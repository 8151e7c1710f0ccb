import keras
import numpy as np
import pytest
from keras import layers

from marcelle_nb.models.keras_scores import KerasScores, is_sparse


def model(*stack):
    return keras.Sequential([keras.Input((4,)), *stack])


def meaning(built, sample=None):
    return KerasScores.of(built, built.output_shape[1:], sample, is_regression=False).meaning


@pytest.mark.parametrize(
    ("stack", "expected"),
    [
        ([layers.Dense(3, activation="softmax")], "softmax"),
        ([layers.Dense(3), layers.Softmax()], "softmax"),
        ([layers.Dense(3), layers.Activation("softmax")], "softmax"),
        ([layers.Dense(3)], "logits"),
        ([layers.Dense(1, activation="sigmoid")], "sigmoid"),
        ([layers.Dense(3, activation="sigmoid")], "sigmoid"),
        ([layers.Dense(1)], "logits"),
        ([model(layers.Dense(3, activation="softmax"))], "softmax"),
    ],
)
def test_the_last_activation_says_what_the_scores_are(stack, expected):
    assert meaning(model(*stack)) == expected


@pytest.mark.parametrize(
    ("sample", "expected"), [([0.2, 0.3, 0.5], "softmax"), ([0.2, -3, 5], "logits")]
)
def test_where_no_layer_says_it_a_sample_does(sample, expected):
    class Own(keras.Model):
        pass

    scores = KerasScores.of(Own(), (3,), np.array([sample]), is_regression=False)
    assert scores.meaning == expected


def test_confidences_sum_to_1_and_are_one_for_each_label():
    rows = np.array([[1.0, 2.0, 3.0]], np.float32)
    probabilities = KerasScores("logits", 3).probabilities(rows)
    np.testing.assert_allclose(probabilities, [[0.0900, 0.2447, 0.6652]], atol=1e-4)
    assert KerasScores("logits", 1).probabilities(rows[:, :1] * 0).tolist() == [[0.5, 0.5]]
    assert KerasScores("sigmoid", 1).probabilities(rows[:, :1] * 0.25).tolist() == [[0.75, 0.25]]
    assert KerasScores("softmax", 3).probabilities(rows) is rows


def test_large_logits_do_not_overflow():
    rows = np.array([[1e4, 0.0]], np.float32)
    assert KerasScores("logits", 2).probabilities(rows).tolist() == [[1, 0]]


def test_targets_are_one_hot_or_numbers_or_0_and_1():
    y, labels = ["b", "a", "c"], ["a", "b"]
    one_hot = KerasScores("softmax", 2).targets(y, labels, sparse=False)
    assert one_hot.tolist() == [[0, 1], [1, 0], [0, 0]]
    assert KerasScores("softmax", 2).targets(y, labels, sparse=True).tolist() == [1, 0, -1]
    binary = KerasScores("sigmoid", 1).targets(y[:2], labels, sparse=False)
    assert binary.tolist() == [[1], [0]]


@pytest.mark.parametrize(
    ("stack", "loss"),
    [
        ([layers.Dense(3, activation="softmax")], "categorical_crossentropy"),
        ([layers.Dense(1, activation="sigmoid")], "binary_crossentropy"),
    ],
)
def test_losses_have_names_where_one_says_it_all(stack, loss):
    built = model(*stack)
    scores = KerasScores.of(built, built.output_shape[1:], None, is_regression=False)
    scores.compile(built, keras.optimizers.Adam())
    assert built.loss == loss
    assert not is_sparse(built)


def test_a_sparse_loss_is_told_by_name_class_or_function():
    for loss in (
        "sparse_categorical_crossentropy",
        keras.losses.SparseCategoricalCrossentropy(),
        keras.losses.sparse_categorical_crossentropy,
    ):
        built = model(layers.Dense(3, activation="softmax"))
        built.compile("adam", loss)
        assert is_sparse(built)
