import keras
import pytest
from keras import layers

from marcelle_nb.errors import TrainingError
from marcelle_nb.models.keras_shapes import (
    check_units,
    checked_outputs,
    input_dtype,
    input_layout,
)


def model(*stack, shape=(4,)):
    return keras.Sequential([keras.Input(shape, name="x"), *stack])


class Own(keras.Model):
    def __init__(self, *stack):
        super().__init__()
        self.stack = list(stack)

    def call(self, x):
        for layer in self.stack:
            x = layer(x)
        return x


def test_the_sizes_of_the_output_are_known_without_running():
    assert checked_outputs(model(layers.Dense(3)), (4,)) == ((3,), None)


def test_a_model_that_is_not_built_is_built_by_zeros():
    unbuilt = keras.Sequential([layers.Dense(3)])
    sizes, _ = checked_outputs(unbuilt, (7,))
    assert sizes == (3,)
    assert unbuilt.built
    sizes, sample = checked_outputs(Own(layers.Dense(3)), (7,))
    assert sizes == (3,)
    assert sample is not None
    assert sample.shape == (1, 3)


def test_another_shape_than_the_models_names_its_input_layer():
    with pytest.raises(TrainingError, match="input layer 'x': expected inputs of shape 4, got 5"):
        checked_outputs(model(layers.Dense(3)), (5,))
    with pytest.raises(TrainingError, match=r"shape \? × \? × 3, got 4"):
        checked_outputs(model(layers.Conv2D(2, 3), shape=(None, None, 3)), (4,))


@pytest.mark.parametrize(
    ("stack", "message"),
    [
        ([layers.Conv2D(2, 3, name="conv")], r"layer 'conv': expected min_ndim=4, got ndim=2"),
        ([layers.Reshape((3, 3), name="grid")], r"layer 'grid': .*total size"),
        ([layers.Dense(3), layers.LSTM(2, name="memory")], r"layer 'memory': expected ndim=3"),
    ],
)
def test_layers_that_do_not_fit_together_are_named(stack, message):
    with pytest.raises(TrainingError, match=message):
        checked_outputs(keras.Sequential(stack), (4,))


def test_the_message_of_a_layer_within_another_model_names_the_layer():
    with pytest.raises(TrainingError, match="layer 'conv': expected min_ndim=4"):
        checked_outputs(Own(layers.Dense(2), layers.Conv2D(2, 3, name="conv")), (4,))


def test_a_model_with_two_inputs_or_outputs_is_refused():
    a, b = keras.Input((2,), name="a"), keras.Input((2,), name="b")
    with pytest.raises(TrainingError, match=r"one input layer, got \['a', 'b'\]"):
        checked_outputs(keras.Model([a, b], layers.Add()([a, b])), (2,))
    x = keras.Input((2,))
    with pytest.raises(TrainingError, match=r"one output layer, got \['c', 'd'\]"):
        checked_outputs(
            keras.Model(x, [layers.Dense(1, name="c")(x), layers.Dense(1, name="d")(x)]), (2,)
        )
    with pytest.raises(TrainingError, match="one output, got 2"):
        checked_outputs(Own(lambda x: [x, x]), (2,))


@pytest.mark.parametrize(("units", "labels"), [(3, "abc"), (2, "ab"), (1, "ab"), (1, None)])
def test_a_model_needs_an_output_for_each_label_or_one_for_two(units, labels):
    check_units(model(layers.Dense(units)), (units,), labels and list(labels))


@pytest.mark.parametrize(
    ("sizes", "labels", "message"),
    [
        ((2,), "abc", "output layer 'out': expected 3 units, one for each of a, b, c, got 2"),
        ((2,), None, "expected 1 units, for a regression, got 2"),
        ((4, 4, 2), "ab", "got shape 4 × 4 × 2"),
        ((1,), "abc", "got 1"),
    ],
)
def test_another_number_of_outputs_names_the_layer(sizes, labels, message):
    with pytest.raises(TrainingError, match=message):
        check_units(model(layers.Dense(2, name="out")), sizes, labels and list(labels))


def test_inputs_take_the_models_layout_where_as_many_numbers_go_in():
    picture = model(layers.Flatten(), shape=(8, 8, 1))
    assert input_layout(picture, (64,)) == (8, 8, 1)
    assert input_layout(picture, (8, 8, 3)) == (8, 8, 1)
    assert input_layout(picture, (65,)) == (65,)
    assert input_layout(model(layers.Flatten(), shape=(None, None, 3)), (8, 8, 3)) == (8, 8, 3)


def test_a_model_that_begins_with_an_embedding_takes_whole_numbers():
    words = keras.Sequential([keras.Input((5,), dtype="int32"), layers.Embedding(10, 2)])
    assert input_dtype(words) == "int32"
    assert input_dtype(Own()) == "float32"
