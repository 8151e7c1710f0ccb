"""Layers are written as one operation, with the results of several."""

from __future__ import annotations

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from marcelle_nb.formats.load import load
from marcelle_nb.formats.tfjs.graph_writer import write_graph_model
from tests.formats.tfjs_node import requires_tfjs, run_tfjs

RANDOM = np.random.default_rng(2)
L = keras.layers


def numbers(*shape):
    return RANDOM.standard_normal(shape).astype(np.float32)


def operations(folder):
    nodes = json.loads((folder / "model.json").read_text())["modelTopology"]["node"]
    return sorted(n["op"] for n in nodes if n["op"] not in {"Const", "Placeholder", "Identity"})


def assert_written(function, x, wanted, folder):
    """Compare the operations, and results here and in TensorFlow.js."""
    write_graph_model(function, folder)
    assert operations(folder) == wanted
    known = [np.asarray(value) for value in tf.nest.flatten(function(x))]
    for got in (run_tfjs(folder, [x]), load(folder)(x)):
        for one, other in zip(known, got, strict=True):
            np.testing.assert_allclose(other, one, rtol=1e-5, atol=1e-5)


def traced(function, *shape):
    return tf.function(function, input_signature=[tf.TensorSpec([None, *shape], name="x")])


@requires_tfjs
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("kind", ["Conv2D", "DepthwiseConv2D", "SeparableConv2D"])
def test_a_convolution_its_normalisation_and_activation_are_one_operation(kind, bias, tmp_path):
    layer = getattr(L, kind)
    arguments = (3,) if kind == "DepthwiseConv2D" else (4, 3)
    model = keras.Sequential(
        [
            keras.Input((9, 8, 3)),
            layer(*arguments, strides=2, padding="same", use_bias=bias),
            L.BatchNormalization(),
            L.ReLU(6),
        ]
    )
    for weight in model.weights:
        weight.assign(np.abs(numbers(*weight.shape)) + 0.3)
    wanted = {
        "Conv2D": ["_FusedConv2D"],
        "DepthwiseConv2D": ["FusedDepthwiseConv2dNative"],
        "SeparableConv2D": ["DepthwiseConv2dNative", "_FusedConv2D"],
    }
    assert_written(model, numbers(2, 9, 8, 3), wanted[kind], tmp_path)


KERNEL, DEPTHWISE = numbers(3, 3, 2, 4), numbers(3, 3, 2, 2)
BIAS, SCALE = numbers(4), np.abs(numbers(4)) + 0.1


@requires_tfjs
@pytest.mark.parametrize(
    ("activation", "fused"),
    [
        (tf.nn.relu, True),
        (tf.nn.relu6, True),
        (tf.nn.elu, True),
        (tf.nn.sigmoid, True),
        (lambda y: tf.nn.leaky_relu(y, 0.3), True),
        (tf.nn.tanh, False),
    ],
)
def test_activations_are_fused_that_every_backend_has(activation, fused, tmp_path):
    def function(x):
        y = activation(tf.nn.bias_add(tf.nn.conv2d(x, KERNEL, 1, "SAME"), BIAS))
        return activation(tf.matmul(tf.reduce_mean(y, [1, 2]), KERNEL[0, 0], transpose_b=True) + 1)

    wanted = ["Mean", "_FusedConv2D", "_FusedMatMul"] + ([] if fused else ["Tanh", "Tanh"])
    assert_written(traced(function, 6, 6, 2), numbers(2, 6, 6, 2), sorted(wanted), tmp_path)


@requires_tfjs
def test_of_a_depthwise_convolution_a_leaky_activation_stays_apart(tmp_path):
    def function(x):
        y = tf.nn.depthwise_conv2d(x, DEPTHWISE, [1, 1, 1, 1], "SAME") + BIAS
        return tf.nn.leaky_relu(y, 0.3)

    wanted = ["FusedDepthwiseConv2dNative", "LeakyRelu"]
    assert_written(traced(function, 6, 6, 2), numbers(2, 6, 6, 2), wanted, tmp_path)


@requires_tfjs
def test_what_others_take_too_stays(tmp_path):
    def function(x):
        y = tf.nn.conv2d(x, KERNEL, 1, "SAME")
        return y, tf.nn.relu(y * SCALE + BIAS)

    wanted = ["AddV2", "Conv2D", "Mul", "Relu"]
    assert_written(traced(function, 6, 6, 2), numbers(2, 6, 6, 2), wanted, tmp_path)


@requires_tfjs
def test_factors_and_summands_in_any_order_go_into_weights_and_bias(tmp_path):
    def function(x):
        y = (tf.nn.conv2d(x, KERNEL, 1, "SAME") - BIAS) * SCALE[None, None, None] + 2.0
        return tf.matmul(tf.reduce_max(y, [1, 2]), KERNEL[0, 1], transpose_b=True) * 0.5

    wanted = ["MatMul", "Max", "_FusedConv2D"]
    assert_written(traced(function, 6, 6, 2), numbers(2, 6, 6, 2), wanted, tmp_path)


@requires_tfjs
def test_what_adds_no_bias_or_changes_the_rank_stays(tmp_path):
    def function(x):
        y = tf.nn.relu(tf.matmul(x, KERNEL[0, 0]))
        return y + numbers(1, 1, 4), tf.nn.conv2d(x[:, None, None], KERNEL, 1, "SAME") * x[0, 0]

    write_graph_model(traced(function, 2), tmp_path)
    got = operations(tmp_path)
    assert {*got} >= {"AddV2", "Conv2D", "MatMul", "Mul", "Relu"}
    assert not {"_FusedConv2D", "_FusedMatMul"} & {*got}
