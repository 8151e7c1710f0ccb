"""Models are built with nothing allocated before it fits."""

from __future__ import annotations

import copy
from typing import Any

import keras
import numpy as np
import pytest

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.keras_models.build import assign_weights, build_model, unallocated
from marcelle_nb.formats.keras_models.translate import translate
from tests.formats.layers_models import topology

DENSE = ("Dense", {"units": 3, "batch_input_shape": [None, 4]})
SHAPES = {"dense_0/kernel": (4, 3), "dense_0/bias": (3,)}


def config(*layers):
    return translate(topology(*layers), origin="tfjs")


def test_a_model_starts_with_the_values_that_it_is_given():
    ones = {"kernel": np.ones((4, 3)), "bias": np.ones(3)}
    model = build_model(
        config(DENSE), what="it", values=lambda m: [(v, ones[v.name]) for v in m.weights]
    )
    assert all((weight.numpy() == 1).all() for weight in model.weights)


def test_variables_have_no_values_before_they_are_given_some():
    with unallocated():
        layer = keras.layers.Dense(2**20)
        layer.build((None, 2**20))
    assert layer.kernel._value is None


def test_a_model_whose_shapes_agree_is_built():
    paths = {f"model/{path}": shape for path, shape in SHAPES.items()}
    shapes = paths if build_model(config(DENSE), what="it").weights[0].path in paths else SHAPES
    assert build_model(config(DENSE), what="it", weight_shapes=shapes).built


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        ({"kernel": (9, 9), "bias": (3,)}, "expected shape"),
        ({"kernel": (4, 3)}, "got none"),
        ({"kernel": (4, 3), "bias": (3,), "more": (1,)}, "'more'"),
    ],
)
def test_shapes_that_do_not_agree_are_refused(shapes, message):
    prefix = build_model(config(DENSE), what="it").weights[0].path.removesuffix("kernel")
    known = {key if key == "more" else prefix + key: shape for key, shape in shapes.items()}
    with pytest.raises(ModelFormatError, match=message):
        build_model(config(DENSE), what="it", weight_shapes=known)


def test_much_without_values_is_refused():
    huge = ("Dense", {"units": 2**25, "batch_input_shape": [None, 1000]})
    with pytest.raises(ModelFormatError, match="expected values for all weights"):
        build_model(config(huge), what="it", values=lambda model: [])


def test_an_error_names_the_layer():
    layers = (DENSE, ("Reshape", {"target_shape": [7]}))
    with pytest.raises(ModelFormatError, match="reshape_1"):
        build_model(config(*layers), what="it")


def test_a_circle_of_layers_is_refused():
    model = config(DENSE, ("ReLU", {}))
    layers = copy.deepcopy(model["config"]["layers"])
    nodes = {"dense_0": "relu_1", "relu_1": "dense_0"}
    for layer in layers:
        name = layer["config"]["name"]
        layer["inbound_nodes"] = [tensor(nodes[name])] if name in nodes else []
    circle = {
        "module": "keras.src.models.functional",
        "class_name": "Functional",
        "registered_name": None,
        "config": {
            "name": "m",
            "layers": layers,
            "input_layers": ["dense_0_input", 0, 0],
            "output_layers": ["relu_1", 0, 0],
        },
    }
    with pytest.raises(ModelFormatError, match="circle"):
        build_model(circle, what="it")


def tensor(name):
    history = {"shape": [None], "dtype": "float32", "keras_history": [name, 0, 0]}
    return {"args": [{"class_name": "__keras_tensor__", "config": history}], "kwargs": {}}


def test_assigning_weights_sets_all_or_nothing():
    model = build_model(config(DENSE), what="it")
    before = [weight.numpy() for weight in model.weights]
    arrays = {weight.path: np.ones(weight.shape) for weight in model.weights}
    with pytest.raises(ModelFormatError):
        assign_weights(model, {**arrays, model.weights[1].path: np.ones(99)})
    assert all((w.numpy() == b).all() for w, b in zip(model.weights, before, strict=True))
    assign_weights(model, arrays)
    assert all((weight.numpy() == 1).all() for weight in model.weights)


def test_a_stateful_layer_without_a_size_of_the_batch_is_refused():
    layer = ("LSTM", {"units": 2, "stateful": True, "batch_input_shape": [None, 3, 2]})
    with pytest.raises(ModelFormatError, match=r"lstm_0.*batch"):
        build_model(config(layer), what="it")


def test_mean_is_not_spread_over_an_input_of_any_size():
    layers: list[dict[str, Any]] = [
        {"class_name": "InputLayer", "config": {"name": "x", "batch_shape": [None, 500_000_000]}},
        {"class_name": "Normalization", "config": {"name": "n", "mean": 0.0, "variance": 1.0}},
    ]
    for layer in layers:
        layer.update(module="keras.layers", registered_name=None)
    sequential = {"class_name": "Sequential", "module": "keras", "registered_name": None}
    config = {**sequential, "config": {"name": "s", "layers": layers}}
    with pytest.raises(ModelFormatError, match="'n': expected a mean for at most"):
        build_model(translate(config, origin="keras3"), what="m.keras")
