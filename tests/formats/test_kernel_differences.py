"""What TensorFlow.js computes otherwise is computed as it does."""

from __future__ import annotations

import numpy as np
import pytest

from marcelle_nb.formats.model_files import ModelFiles
from marcelle_nb.formats.tfjs.graph_model import load_graph_model
from tests.formats.graph_makers import (
    FLOAT,
    INT,
    constant,
    floats,
    graph,
    ints,
    model_files,
    node,
    placeholder,
)
from tests.formats.tfjs_node import requires_tfjs, run_tfjs

RANDOM = np.random.default_rng(1)


def numbers(*shape):
    return RANDOM.standard_normal(shape, np.float32)


def both(folder, nodes, weights, *inputs):
    """Outputs of the same files here and in TensorFlow.js."""
    consts = [constant(name, value, value.dtype) for name, value in weights.items()]
    files = model_files(graph(*nodes, *consts), weights)
    for name in files.names:
        (folder / name).write_bytes(files.read(name))
    return load_graph_model(files, "model.json")(*inputs), run_tfjs(folder, inputs)


def assert_same(pair):
    got, wanted = pair
    for a, b in zip(got, wanted, strict=True):
        assert a.shape == b.shape
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5)


KERNEL = numbers(3, 3, 2, 4)


@requires_tfjs
@pytest.mark.parametrize("dilations", [[1, 1, 1, 1], [2, 2, 1, 1], [1, 2, 3, 1]])
@pytest.mark.parametrize("op", ["Conv2D", "DepthwiseConv2dNative", "DepthwiseConv2d"])
def test_dilations_are_read_at_the_second_and_third_place(tmp_path, op, dilations):
    options = {"T": FLOAT, "strides": [1, 1, 1, 1], "padding": b"SAME", "data_format": b"NHWC"}
    conv = node("y", op, "x", "k", dilations=dilations, **options)
    assert_same(both(tmp_path, [placeholder("x"), conv], {"k": KERNEL}, numbers(2, 8, 9, 2)))


@requires_tfjs
def test_images_may_have_their_channels_first(tmp_path):
    options = {"T": FLOAT, "strides": [1, 1, 1, 1], "dilations": [1, 1, 1, 1]}
    conv = node("y", "Conv2D", "x", "k", padding=b"VALID", data_format=b"NCHW", **options)
    assert_same(both(tmp_path, [placeholder("x"), conv], {"k": KERNEL}, numbers(2, 2, 8, 9)))


def test_a_fused_convolution_with_channels_first_adds_its_bias_to_channels():
    options = {"T": FLOAT, "strides": [1, 1, 1, 1], "padding": b"SAME", "data_format": b"NCHW"}
    fused = node("y", "_FusedConv2D", "x", "k", "b", num_args=1, fused_ops=[b"BiasAdd", b"Relu"],
                 dilations=[1, 1, 1, 1], **options)  # fmt: skip
    x, bias = numbers(1, 2, 5, 6), numbers(4)
    made = graph(placeholder("x"), constant("k", KERNEL), constant("b", bias), fused)
    (got,) = load_graph_model(model_files(made), "model.json")(x)
    plain = graph(placeholder("x"), constant("k", KERNEL),
                  node("y", "Conv2D", "x", "k", dilations=[1, 1, 1, 1], **options))  # fmt: skip
    (convolved,) = load_graph_model(model_files(plain), "model.json")(x)
    np.testing.assert_allclose(
        got, np.maximum(convolved + bias[:, None, None], 0), rtol=1e-5, atol=1e-6
    )


@requires_tfjs
@pytest.mark.parametrize(("stride", "dilation"), [(1, 1), (2, 1), (1, 2)])
def test_one_dimension_is_convolved(tmp_path, stride, dilation):
    conv = node("y", "Conv1D", "x", "k", T=FLOAT, stride=stride, dilation=dilation, padding=b"SAME")
    weights = {"k": numbers(3, 2, 4)}
    assert_same(both(tmp_path, [placeholder("x"), conv], weights, numbers(2, 7, 2)))


@requires_tfjs
@pytest.mark.parametrize("op", ["Zeros", "Ones"])
def test_shapes_are_filled(tmp_path, op):
    nodes = [placeholder("x", INT), node("y", op, "x", T=FLOAT)]
    assert_same(both(tmp_path, nodes, {}, ints([2, 3])))


@requires_tfjs
def test_prelu_of_its_own(tmp_path):
    nodes = [placeholder("x"), node("y", "Prelu", "x", "a", T=FLOAT)]
    assert_same(both(tmp_path, nodes, {"a": numbers(3)}, numbers(5, 3)))


@requires_tfjs
@pytest.mark.parametrize("op", ["Div", "RealDiv", "FloorDiv", "Mod", "FloorMod"])
def test_whole_numbers_are_divided_downwards(tmp_path, op):
    nodes = [placeholder("x", INT), node("y", op, "x", "z", T=INT)]
    x = ints([7, -7, 6, -1])
    assert_same(both(tmp_path, nodes, {"z": ints([2, 2, -4, 5])}, x))


@requires_tfjs
@pytest.mark.parametrize("op", ["FusedBatchNorm", "FusedBatchNormV3"])
def test_batches_are_normalised_by_given_statistics_even_in_training(tmp_path, op):
    weights = {name: np.abs(numbers(3)) for name in ("scale", "offset", "mean", "variance")}
    norm = node("y", op, "x", *weights, T=FLOAT, is_training=True, data_format=b"NHWC")
    if op == "FusedBatchNormV3":
        norm.attr["U"].type = FLOAT
    assert_same(both(tmp_path, [placeholder("x"), norm], weights, numbers(2, 4, 4, 3)))


def test_layers_are_normalised_where_statistics_are_empty():
    names = {"scale": np.ones(2), "offset": np.zeros(2), "mean": np.ones(0), "variance": np.ones(0)}
    norm = node("y", "FusedBatchNormV3", "x", *names, T=FLOAT, U=FLOAT, is_training=True)
    consts = [constant(name, value) for name, value in names.items()]
    model = load_graph_model(model_files(graph(placeholder("x"), *consts, norm)), "model.json")
    (got,) = model(numbers(1, 2, 50, 1).reshape(1, 1, 50, 2))
    np.testing.assert_allclose(got.mean((0, 1, 2)), 0, atol=1e-5)
    np.testing.assert_allclose(got.std((0, 1, 2)), 1, atol=1e-2)


@requires_tfjs
def test_one_hot_is_always_along_the_last_axis(tmp_path):
    hot = node("y", "OneHot", "x", "depth", "on", "off", T=FLOAT, TI=INT, axis=0)
    weights = {"depth": ints(3), "on": floats(1), "off": floats(0)}
    assert_same(both(tmp_path, [placeholder("x", INT), hot], weights, ints([1, 2])))


@requires_tfjs
def test_boxes_that_overlap_by_the_threshold_exactly_are_dropped(tmp_path):
    boxes = floats([[0, 0, 1, 1], [0, 0, 1, 2], [0, 0, 1, 1]])
    nodes = [placeholder("b"), placeholder("s"),
             node("y", "NonMaxSuppressionV3", "b", "s", "n", "iou", "least")]  # fmt: skip
    weights = {"n": ints(5), "iou": floats(0.5), "least": floats(0)}
    got, wanted = both(tmp_path, nodes, weights, boxes, floats([0.9, 0.8, 0.7]))
    assert got[0].tolist() == wanted[0].tolist() == [0]


@requires_tfjs
def test_text_attributes_are_lower_case(tmp_path):
    nodes = [placeholder("x", 7), node("y", "StaticRegexReplace", "x", pattern=b"B", rewrite=b"XY")]
    got, wanted = both(tmp_path, nodes, {}, np.array(["abc", "ABC"], object))
    assert [text.decode() for text in got[0]] == wanted[0].tolist() == ["axyc", "ABC"]


@requires_tfjs
def test_a_bias_may_have_the_rank_of_what_it_is_added_to(tmp_path):
    nodes = [placeholder("x"), node("y", "BiasAdd", "x", "b", T=FLOAT, data_format=b"NHWC")]
    assert_same(both(tmp_path, nodes, {"b": numbers(2, 3)}, numbers(2, 3)))


def test_an_attribute_that_says_nothing_counts_as_absent():
    import json

    files = model_files(graph(placeholder("x"), node("y", "Neg", "x", T=FLOAT)))
    document = json.loads(files.read("model.json"))
    document["modelTopology"]["node"][1]["attr"]["note"] = {}
    files = ModelFiles({"model.json": json.dumps(document).encode()}, main="model.json")
    assert load_graph_model(files, "model.json")(floats([2]))[0].tolist() == [-2]
