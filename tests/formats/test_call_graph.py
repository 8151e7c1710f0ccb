"""Calls of layers have the numbers that TensorFlow.js gives them."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers

from marcelle_nb.formats.keras_models.call_graph import CallGraph
from marcelle_nb.formats.tfjs.layers_writer import write_layers_model
from tests.formats.keras_cases import inputs_of, one, randomized
from tests.formats.tfjs_node import requires_tfjs, run_tfjs


def entangled(seed):
    """Give a model that calls shared layers and models in no particular order."""
    random = np.random.default_rng(seed)
    keras.utils.clear_session()
    tensors = [keras.Input((4,)), keras.Input((4,))]
    inputs = list(tensors)
    blocks = [layers.Dense(4, activation="tanh") for _ in range(4)]
    blocks += [one((4,), layers.Dense(3), layers.Dense(4)) for _ in range(2)]
    x = keras.Input((4,))
    blocks.append(keras.Model(x, layers.Add()([layers.Dense(4)(x), x])))
    for _ in range(14):
        first, second = (tensors[i] for i in random.integers(0, len(tensors), 2))
        called = blocks[random.integers(len(blocks))](first)
        tensors.append(layers.Add()([called, second]) if random.random() < 0.5 else called)
    return keras.Model(inputs, [tensors[-1], tensors[-2], tensors[5]])


@requires_tfjs
@pytest.mark.parametrize("seed", range(8))
def test_entangled_calls_give_the_same_numbers(seed, tmp_path):
    model = randomized(entangled(seed))
    inputs = inputs_of(model)
    write_layers_model(model, tmp_path)
    for got, wanted in zip(run_tfjs(tmp_path, inputs), model(inputs), strict=True):
        np.testing.assert_allclose(got, np.asarray(wanted), rtol=1e-4, atol=1e-5)


def test_calls_are_numbered_as_tensorflow_js_comes_to_make_them():
    x, y = keras.Input((4,), name="x"), keras.Input((4,), name="y")
    a, b = layers.Dense(4, name="a"), layers.Dense(4, name="b")
    ab, ba = a(b(x)), b(a(y))
    model = keras.Model([x, y], layers.Add()([ab, ba]))
    graph = CallGraph(model, {id(layer): layer.name for layer in model.layers})
    first = next(layer for layer in graph.layers if layer in {a, b})
    # a call that waits for the other layer comes second, though Keras may have made it first
    assert graph.reference(ab if first is a else ba) == [first.name, 1, 0]
    calls = [graph.source(call.inputs[0]).layer.name for call in graph.calls(first)]
    assert calls == (["y", "b"] if first is a else ["x", "a"])


def test_a_call_without_part_in_the_outputs_is_left_out():
    x = keras.Input((4,))
    layer = layers.Dense(4)
    y = layer(layer(x))
    layers.Dense(2)(y)
    graph = CallGraph(keras.Model(x, y), {id(layer): "d"})
    assert [call.layer for call in graph.calls(layer)] == [layer, layer]
    assert len(graph.topological) == 3
