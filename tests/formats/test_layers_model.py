"""A LayersModel in Keras 3 predicts, and trains on, as in real TensorFlow.js."""

from __future__ import annotations

import json
import subprocess

import numpy as np
import pytest

from marcelle_nb.errors import ModelFormatError, UnsafeModel
from marcelle_nb.formats.keras_models import legacy_layers
from marcelle_nb.formats.model_files import ModelFiles
from marcelle_nb.formats.tfjs.layers_model import load_layers_model
from tests.formats.layers_models import (
    EDGE_CASES,
    FIXTURES,
    array,
    largest_difference,
    loaded,
    told,
    topology,
)
from tests.formats.tfjs_node import NODE, SCRIPTS, requires_tfjs

EDGES = sorted(path.parent.name for path in EDGE_CASES.glob("*/io.json"))


@pytest.mark.parametrize("name", EDGES)
def test_what_keras_would_compute_otherwise_is_as_in_tensorflow_js(name):
    model, io = loaded(EDGE_CASES / name), told(EDGE_CASES / name)
    inputs = [array(tensor) for tensor in io["inputs"]]
    assert largest_difference(model(*inputs), io["outputs"]) < 1e-5
    assert largest_difference(model(*inputs), io["second"]) < 1e-5, "state that is kept"


@pytest.mark.slow
@requires_tfjs
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_every_layer_and_optimizer_of_tensorflow_js_is_as_there(tmp_path):
    assert NODE is not None
    subprocess.run(
        [NODE, SCRIPTS / "make_layers_models.mjs", tmp_path], check=True, capture_output=True
    )
    folders = [path.parent for path in sorted(tmp_path.glob("*/*/io.json"))]
    assert len(folders) > 150
    wrong = {}
    for folder in folders:
        model, io = loaded(folder), told(folder)
        results = model(*[array(tensor) for tensor in io["inputs"]])
        difference = largest_difference(results, io["outputs"])
        if "train" in io:
            difference = max(difference, trained_on(model.keras_model, io) / 10)
        if difference > 1e-5:
            wrong[str(folder.relative_to(tmp_path))] = difference
    assert wrong == {}


def trained_on(model, io):
    """Train as TensorFlow.js did and give the largest difference of loss and metrics after it."""
    x, y = array(io["train"]["x"]), array(io["train"]["y"])
    n = len(x)
    model.fit(x, y, epochs=io["next_fit"]["epochs"], batch_size=n, shuffle=False, verbose=0)
    scores = np.atleast_1d(model.evaluate(x, y, batch_size=n, verbose=0))
    scores[0] -= sum(map(float, model.losses))  # TensorFlow.js leaves them out when it evaluates
    return float(np.abs(scores - io["next_fit"]["evaluate"]).max())


def test_training_goes_on_where_it_stopped():
    folder = FIXTURES / "tfjs-layers" / "compiled_adam"
    model, io = loaded(folder).keras_model, told(folder)
    x, y = array(io["train"]["x"]), array(io["train"]["y"])
    steps = io["train"]["epochs"] * len(x) // io["train"]["batchSize"]
    assert int(model.optimizer.iterations) == steps
    np.testing.assert_allclose(model.evaluate(x, y, verbose=0), io["train"]["evaluate"], atol=1e-6)
    model.fit(x, y, batch_size=32, epochs=1, verbose=0)
    after = model.evaluate(x, y, verbose=0)
    np.testing.assert_allclose(after, io["next_fit"]["evaluate"], atol=1e-5)


def test_what_marcelle_downloads_has_labels_and_predicts_as_there():
    folder = FIXTURES / "marcelle" / "mlp"
    files = ModelFiles.open(folder / "mlpclassifier.json")
    model = load_layers_model(files, "mlpclassifier.json")
    expected = json.loads((folder / "expected.json").read_text())
    assert model.labels is not None
    assert model.labels == expected["labels"]
    for query, prediction in zip(expected["queries"], expected["predictions"], strict=True):
        [[confidences]] = [result.tolist() for result in model(np.array([query], "float32"))]
        assert dict(zip(model.labels, confidences, strict=True)) == pytest.approx(
            prediction["confidences"], abs=1e-5
        )


def test_an_unknown_loss_leaves_a_model_that_predicts(caplog):
    config = topology(("Dense", {"units": 1, "batch_input_shape": [None, 2]}))
    training = {"loss": "mine", "optimizer_config": {"class_name": "SGD", "config": {}}}
    model = read(config, {"dense_0/kernel": (2, 1), "dense_0/bias": (1,)}, trainingConfig=training)
    assert model(np.ones((3, 2), "float32"))[0].shape == (3, 1)
    assert "mine" in caplog.text


SGD = {"class_name": "SGD", "config": {"learningRate": 0.1}}
DENSE = topology(("Dense", {"units": 1, "batch_input_shape": [None, 2]}))
SHAPES = {"dense_0/kernel": (2, 1), "dense_0/bias": (1,)}


@pytest.mark.parametrize("loss", ["get", "Loss", "MeanSquaredError", "deserialize", "huber"])
def test_what_is_no_loss_of_tensorflow_js_is_not_looked_up_in_keras(loss):
    model = read(DENSE, SHAPES, trainingConfig={"loss": loss, "optimizer_config": SGD})
    assert f"expected a loss of TensorFlow.js, got {loss!r}" in model.metadata["training"]
    assert f"training: not compiled: {model.metadata['training']}" in model.summary()
    assert not model.keras_model.compiled


def test_what_is_no_metric_of_tensorflow_js_is_not_looked_up_in_keras():
    training = {"loss": "mean_squared_error", "metrics": ["Metric"], "optimizer_config": SGD}
    model = read(DENSE, SHAPES, trainingConfig=training)
    assert "expected a metric of TensorFlow.js, got 'Metric'" in model.metadata["training"]


def test_a_training_in_which_keras_would_keep_a_constraint_is_not_taken_over():
    config = topology(
        ("Dense", {"units": 1, "batch_input_shape": [None, 2], "kernel_constraint": "NonNeg"})
    )
    training = {"loss": "mean_squared_error", "optimizer_config": SGD}
    model = read(config, SHAPES, trainingConfig=training)
    assert "'dense_0': expected no constraint" in model.metadata["training"]


def test_code_in_the_training_of_keras_is_refused_unless_trusted():
    mine = {"class_name": "mine>Loss", "config": {}, "registered_name": "mine>Loss"}
    training = {"loss": mine, "optimizer_config": {"class_name": "SGD", "config": {}}}
    document = {"model_config": DENSE, "training_config": training, "keras_version": "2.15.0"}
    with pytest.raises(UnsafeModel, match="mine>Loss"):
        read(document, SHAPES)
    model = read(document, SHAPES, trust=True)
    assert "expected a training configuration" in model.metadata["training"]


def test_adam_takes_the_steps_of_tensorflow_js_where_gradients_are_small():
    adam = {"class_name": "Adam", "config": {"learningRate": 0.01, "beta1": 0.9, "beta2": 0.999}}
    training = {"loss": "mean_squared_error", "optimizer_config": adam}
    model = read(DENSE, SHAPES, trainingConfig=training).keras_model
    x, y = np.full((4, 2), 1e-3, "float32"), np.full((4, 1), 1e-3, "float32")
    model.fit(x, y, epochs=1, batch_size=4, verbose=0)
    gradient = 2e-6  # of the kernel, of which TensorFlow.js then adds a step of 0.01 / (1 + 0.05)
    np.testing.assert_allclose(
        model.layers[0].kernel.numpy(), np.full((2, 1), 0.01 * gradient / (gradient + 1e-7)), 1e-4
    )


@pytest.mark.parametrize(
    ("kind", "config", "shape"),
    [
        ("GlobalAveragePooling2D", {"keepdims": True}, (2, 3)),
        ("GlobalMaxPooling2D", {"keepdims": True}, (2, 3)),
        ("Conv2DTranspose", {"dilation_rate": [2, 2]}, (2, 6, 7, 3)),
        ("Conv2DTranspose", {"output_padding": [0, 0], "strides": 2}, (2, 9, 11, 3)),
    ],
)
def test_what_keras_2_writes_and_tensorflow_js_does_not_look_at_changes_nothing(
    kind, config, shape
):
    weights = {}
    if kind == "Conv2DTranspose":
        config = {"filters": 3, "kernel_size": [3, 3], **config}
        weights = {"conv2dtranspose_0/kernel": (3, 3, 3, 3), "conv2dtranspose_0/bias": (3,)}
    layer = (kind, {**config, "batch_input_shape": [None, 4, 5, 3]})
    assert read(topology(layer), weights)(np.zeros((2, 4, 5, 3)))[0].shape == shape


def test_every_negative_axis_of_a_concatenation_is_the_last():
    inputs = [
        {
            "class_name": "InputLayer",
            "name": name,
            "config": {"name": name, "batch_input_shape": [None, 3, 4]},
            "inbound_nodes": [],
        }
        for name in "ab"
    ]
    joined = {"class_name": "Concatenate", "name": "c", "config": {"name": "c", "axis": -2}}
    nodes = [[["a", 0, 0, {}], ["b", 0, 0, {}]]]
    config = {
        "name": "m",
        "layers": [*inputs, {**joined, "inbound_nodes": nodes}],
        "input_layers": [["a", 0, 0], ["b", 0, 0]],
        "output_layers": [["c", 0, 0]],
    }
    model = read({"class_name": "Model", "config": config}, {})
    assert model(np.ones((2, 3, 4)), np.ones((2, 3, 4)))[0].shape == (2, 3, 8)


def test_a_stateful_layer_in_both_directions_keeps_its_state():
    inner = {"name": "lstm", "units": 2, "stateful": True, "use_bias": False}
    config = {"layer": {"class_name": "LSTM", "config": inner}, "batch_input_shape": [2, 3, 2]}
    names = [f"bidirectional_0/{side}_lstm" for side in ("forward", "backward")]
    shapes = {"kernel": (2, 8), "recurrent_kernel": (2, 8)}
    weights = {f"{name}/{key}": shape for name in names for key, shape in shapes.items()}
    model = read(topology(("Bidirectional", config)), weights)
    layer = model.keras_model.layers[-1]
    for weight in layer.weights:
        weight.assign(np.full(weight.shape, 0.5))
    x = np.ones((2, 3, 2), "float32")
    assert layer.stateful
    assert np.abs(model(x)[0] - model(x)[0]).max() > 1e-3


def test_normalization_along_another_axis_is_refused():
    config = topology(("BatchNormalization", {"axis": 1, "batch_input_shape": [None, 3, 4]}))
    names = ("gamma", "beta", "moving_mean", "moving_variance")
    with pytest.raises(ModelFormatError, match="'batchnormalization_0': expected axis -1"):
        read(config, {f"batchnormalization_0/{name}": (3,) for name in names})


@pytest.mark.parametrize("name", ["a/dense_0/kernel", "dense_0/cell/kernel", "dense_0/kernel"])
def test_a_weight_is_found_under_the_names_that_writers_give_it(name):
    config = topology(("Dense", {"units": 1, "use_bias": False, "batch_input_shape": [None, 2]}))
    assert read(config, {name: (2, 1)})(np.zeros((1, 2), "float32"))[0].shape == (1, 1)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({"dense_0/kernel": (2, 1)}, "expected the weight 'dense_0/bias', got none"),
        ({"dense_0/kernel": (1, 2), "dense_0/bias": (1,)}, "dense_0/kernel: expected shape"),
        ({"dense_0/kernel": (2, 1), "dense_0/bias": (1,), "more": (1,)}, "got 'more'"),
    ],
)
def test_weights_that_are_not_the_layers_are_refused(weights, message):
    config = topology(("Dense", {"units": 1, "batch_input_shape": [None, 2]}))
    with pytest.raises(ModelFormatError, match=message):
        read(config, weights)


def test_a_network_larger_than_the_file_is_refused_before_it_is_made():
    config = topology(("Dense", {"units": 2**27, "batch_input_shape": [None, 1000]}))
    with pytest.raises(ModelFormatError, match="dense_0/kernel"):
        read(config, {"dense_0/kernel": (2, 1), "dense_0/bias": (1,)})


def test_code_in_a_topology_is_refused():
    config = topology(("Lambda", {"function": "4wEAAAA", "batch_input_shape": [None, 2]}))
    with pytest.raises(UnsafeModel):
        read(config, {"w": (1,)})


def test_a_forgotten_depth_multiplier_is_told_by_the_weights():
    config = topology(
        (
            "SeparableConv2D",
            {"filters": 3, "kernel_size": [3, 3], "batch_input_shape": [None, 5, 5, 2]},
        )
    )
    shapes = {"depthwise_kernel": (3, 3, 2, 4), "pointwise_kernel": (1, 1, 8, 3), "bias": (3,)}
    model = read(config, {f"separableconv2d_0/{key}": shape for key, shape in shapes.items()})
    assert model.keras_model.layers[0].depth_multiplier == 4


def test_hard_sigmoid_is_that_of_tensorflow_js():
    config = topology(
        ("Activation", {"activation": "hard_sigmoid", "batch_input_shape": [None, 3]})
    )
    [result] = read(config, {})(np.array([[-1, 0, 2]], "float32"))
    np.testing.assert_allclose(result, [[0.3, 0.5, 0.9]], atol=1e-7)


def test_hard_sigmoid_is_that_of_keras_3_in_a_file_of_keras_3():
    config = topology(("Activation", {"activation": "hard_sigmoid"}))
    config["config"]["build_input_shape"] = [None, 3]
    [result] = read({"keras_version": "3.15.1", "model_config": config}, {})(
        np.array([[-1, 0, 2]], "float32")
    )
    np.testing.assert_allclose(result, [[1 / 3, 0.5, 5 / 6]], atol=1e-6)


def test_gelu_new_is_the_approximation_with_tanh():
    config = topology(("Activation", {"activation": "gelu_new", "batch_input_shape": [None, 1]}))
    x = np.array([[-1.5], [0.7]], "float32")
    expected = 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))
    np.testing.assert_allclose(read(config, {})(x)[0], expected, atol=1e-6)


def test_random_width_leaves_images_alone_when_it_predicts():
    config = topology(("RandomWidth", {"factor": 0.5, "batch_input_shape": [None, 4, 4, 1]}))
    x = np.random.default_rng(0).normal(size=(2, 4, 4, 1)).astype("float32")
    np.testing.assert_array_equal(read(config, {})(x)[0], x)


def test_random_width_changes_the_width_within_its_factor_while_training():
    layer = legacy_layers.RandomWidth(0.5, seed=1)
    widths = {layer(np.ones((1, 4, 20, 1)), training=True).shape[2] for _ in range(20)}
    assert len(widths) > 5
    assert all(10 <= width <= 30 for width in widths)


def read(config, weights, *, trust=False, **rest):
    """Load a topology with weights of these shapes, all zero."""
    document = {
        "modelTopology": config,
        "weightsManifest": [
            {
                "paths": ["weights.bin"],
                "weights": [
                    {"name": name, "shape": list(shape), "dtype": "float32"}
                    for name, shape in weights.items()
                ],
            }
        ],
        **rest,
    }
    size = sum(int(np.prod(shape)) for shape in weights.values()) * 4
    files = ModelFiles({"model.json": json.dumps(document).encode(), "weights.bin": bytes(size)})
    return load_layers_model(files, "model.json", trust=trust)
