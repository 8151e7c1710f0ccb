"""Anything that can be converted becomes one function of named tensors."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from marcelle_nb.formats.graphs.argument_names import identifiers
from marcelle_nb.formats.graphs.flat_function import flat_function
from marcelle_nb.formats.keras_models.keras_loaded_model import KerasLoadedModel
from marcelle_nb.formats.load import load
from marcelle_nb.formats.tfjs.graph_writer import write_graph_model
from marcelle_nb.formats.tflite.source_function import SourceFunction


def network():
    return keras.Sequential([keras.Input((4,), name="in"), keras.layers.Dense(2, name="out")])


def test_a_model_whose_gradient_was_taken_is_converted(tmp_path):
    model = KerasLoadedModel(network())
    x = tf.ones([1, 4])
    with tf.GradientTape() as tape:
        tape.watch(x)
        result = model.tf_function()(x)[0]
    tape.gradient(result, x)
    assert len(flat_function(model).tensors) == 1
    write_graph_model(model, tmp_path)
    np.testing.assert_allclose(load(tmp_path)(np.ones((1, 4)))[0], result, rtol=1e-6)


def test_an_object_with_a_keras_model_is_taken_for_it():
    class Owner:
        keras_model = network()

    function = flat_function(Owner())
    assert (function.inputs, function.outputs) == (("in",), ("out",))


@pytest.mark.parametrize("rows", [None, 1])
def test_a_source_is_traced_for_one_row_where_asked(rows):
    function = SourceFunction.of(network())
    made = function.flat(one_row=rows is not None).get_concrete_function()
    assert made.inputs[0].shape.as_list() == [rows, 4]
    assert made.outputs[0].shape.as_list() == [rows, 2]


def test_arguments_that_are_no_tensors_stay_what_they_were():
    @tf.function
    def scaled(x, how, factor):
        return {"y": x * factor if how == "times" else x}

    spec = tf.TensorSpec([None], name="x")
    concrete = scaled.get_concrete_function(spec, "times", tf.TensorSpec([], name="factor"))
    function = flat_function(concrete)
    assert (function.inputs, function.outputs, function.by_name) == (("x", "factor"), ("y",), True)
    flat = SourceFunction(function).flat()
    assert flat(tf.constant([2.0]), tf.constant(3.0))[0].numpy().tolist() == [6]


def test_names_are_made_legal_and_stay_different():
    names = ["in put", "in_put", "0", "_x", "class", "a:0", "é"]
    assert identifiers(names, "input") == [
        *("in_put", "in_put_1", "input_0", "input__x", "input_class", "a", "input__"),
    ]
