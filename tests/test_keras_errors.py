import keras
import numpy as np
import pytest
from keras import layers

from marcelle_nb.models.keras_errors import readable, whole_tracebacks


def told(make):
    """Give what is told of the error that making a model raises."""
    with pytest.raises(Exception) as caught, whole_tracebacks():  # noqa: PT011 - whatever Keras raises
        make()
    return readable(caught.value)


def unequal_branches():
    x = keras.Input((4,))
    both = [layers.Dense(3)(x), layers.Dense(2)(x)]
    keras.Model(x, layers.Add(name="plus")(both))


def unequal_inside():
    inner = keras.Sequential([keras.Input((4,)), layers.Reshape((3, 3), name="square")])
    keras.Sequential([keras.Input((4,)), inner])


class Adding(keras.Model):
    def call(self, x):
        return x + np.zeros(3, np.float32)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (unequal_branches, "layer 'plus': Inputs have incompatible shapes"),
        (unequal_inside, "layer 'square': The total size of the tensor must be unchanged"),
        (
            lambda: keras.Sequential([keras.Input((4,)), layers.Conv2D(2, 3, name="conv")]),
            "layer 'conv': expected min_ndim=4, got ndim=2",
        ),
        (
            lambda: Adding(name="own")(np.zeros((1, 8), np.float32)),
            "layer 'own': Incompatible shapes: [1,8] vs. [3]",
        ),
    ],
)
def test_the_innermost_layer_is_named(make, message):
    text = told(make)
    assert text.startswith(message)
    assert "{{" not in text
    assert "\n" not in text


def test_what_no_layer_raised_is_told_of_the_model():
    assert readable(RuntimeError("no such thing")) == "model: no such thing"


def test_tracebacks_are_as_the_user_wants_them_again():
    with whole_tracebacks(), whole_tracebacks():
        assert not keras.config.is_traceback_filtering_enabled()
    assert keras.config.is_traceback_filtering_enabled()
