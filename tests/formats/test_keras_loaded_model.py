"""A Keras model behind the interface of every model file."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from marcelle_nb.formats.keras_models.keras_loaded_model import KerasLoadedModel


def two_branches():
    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    shared = keras.layers.Dense(3, name="shared")
    x, y = shared(a), shared(b)
    return keras.Model([a, b], [keras.layers.Add(name="sum")([x, y]), y], name="m")


class Doubling(keras.Model):
    def build(self, input_shape):
        self.built = True

    def call(self, x):
        return 2 * x


def test_inputs_and_outputs_have_the_names_of_layers_in_order():
    model = KerasLoadedModel(two_branches())
    assert [str(spec) for spec in model.inputs] == ["a: ? × 4, float32", "b: ? × 4, float32"]
    assert [spec.name for spec in model.outputs] == ["sum", "shared:1"]


def test_any_layers_output_is_given_when_asked_for():
    model = KerasLoadedModel(two_branches())
    a, b = np.ones((2, 4), "float32"), np.zeros((2, 4), "float32")
    total, second = model(a, b)
    first, again = model(a, b, outputs=["shared", "shared:1"])
    np.testing.assert_allclose(first + second, total, atol=1e-6)
    np.testing.assert_allclose(again, second, atol=1e-6)


def test_an_unknown_output_is_refused_with_those_that_are_known():
    with pytest.raises(ValueError, match="shared"):
        KerasLoadedModel(two_branches())(np.ones((1, 4)), np.ones((1, 4)), outputs=["nothing"])


def test_what_is_trained_counts_at_once():
    inner = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model = KerasLoadedModel(inner)
    x = np.ones((1, 2), "float32")
    model(x)
    inner.set_weights([np.full((2, 1), 3.0), np.zeros(1)])
    np.testing.assert_allclose(model(x)[0], [[6.0]])


def test_batches_of_any_size_take_one_compilation():
    traces = []

    class Counting(keras.layers.Layer):
        def call(self, x):
            traces.append(x.shape)
            return x

    model = KerasLoadedModel(keras.Sequential([keras.Input((2,)), Counting()]))
    traces.clear()
    for n in (1, 7, 32):
        assert model(np.ones((n, 2), "float32"))[0].shape == (n, 2)
    assert len(traces) == 1


def test_a_subclassed_model_that_was_called_knows_its_input():
    inner = Doubling()
    inner(np.ones((1, 3), "float32"))
    model = KerasLoadedModel(inner)
    assert model.inputs[0].shape == (None, 3)
    np.testing.assert_array_equal(model(np.ones((2, 3), "float32"))[0], np.full((2, 3), 2))


def test_a_model_that_was_never_built_is_refused():
    with pytest.raises(ValueError, match="never built"):
        KerasLoadedModel(Doubling())


def test_the_function_takes_tensors_in_order_and_gives_a_list():
    model = KerasLoadedModel(two_branches())
    results = model.tf_function()(tf.ones((2, 4)), tf.ones((2, 4)))
    assert [tuple(result.shape) for result in results] == [(2, 3), (2, 3)]


def test_the_summary_tells_of_layers_and_parameters():
    summary = KerasLoadedModel(two_branches()).summary()
    assert "shared" in summary
    assert "Total params" in summary
    assert "Add × 1, Dense × 1" in summary
