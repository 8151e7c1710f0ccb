"""Models are built with nothing allocated before it fits."""

from __future__ import annotations

import copy
from typing import Any

import keras
import numpy as np
import pytest

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.keras_models.build import build_model, unallocated
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


def test_what_is_without_values_counts_by_its_type():
    # 16.5 million of 8 bytes are more than 64 MiB, of 4 they would not be
    dense = {"units": 1, "use_bias": False, "dtype": "float64"}
    layers: list[dict[str, Any]] = [
        {"class_name": "InputLayer", "config": {"name": "x", "batch_shape": [None, 16_500_000]}},
        {"class_name": "Dense", "config": {"name": "d", **dense}},
    ]
    with pytest.raises(ModelFormatError, match="132,000,000 bytes"):
        build_model(keras3(*layers), what="it", values=lambda model: [])


LARGE: dict[str, tuple[str, dict[str, Any] | None, list[int | None]]] = {
    "UpSampling2D": ("UpSampling2D", {"size": [100_000, 100_000]}, [None, 8, 8, 3]),
    "ZeroPadding2D": ("ZeroPadding2D", {"padding": [50_000, 50_000]}, [None, 8, 8, 3]),
    "RepeatVector": ("RepeatVector", {"n": 2**28}, [None, 4]),
    "Conv2DTranspose": (
        "Conv2DTranspose",
        {"filters": 1, "kernel_size": 1, "strides": [20_000, 20_000]},
        [None, 8, 8, 1],
    ),
    "TimeDistributed": ("TimeDistributed", None, [None, 2, 4]),
}


@pytest.mark.parametrize("name", LARGE)
def test_a_layer_that_makes_more_than_any_model_needs_is_refused_by_name(name):
    kind, settings, shape = LARGE[name]
    inner = {"class_name": "RepeatVector", "config": {"name": "r", "n": 2**27}}
    settings = {"layer": inner} if settings is None else settings
    layer = (kind, {**settings, "batch_input_shape": shape})
    with pytest.raises(ModelFormatError, match=rf"'{kind.lower()}_0': expected at most"):
        build_model(config(layer), what="it")


def test_what_a_nested_model_makes_counts_too():
    inner = topology(
        ("RepeatVector", {"n": 2**28, "batch_input_shape": [None, 4]}),
        ("GlobalAveragePooling1D", {}),
    )
    outer = topology(DENSE, ("Dense", {"units": 4}))
    outer["config"]["layers"].append(inner)
    with pytest.raises(ModelFormatError, match="repeatvector_0"):
        build_model(translate(outer, origin="tfjs"), what="it")


def test_a_stateful_layer_without_a_size_of_the_batch_is_refused():
    layer = ("LSTM", {"units": 2, "stateful": True, "batch_input_shape": [None, 3, 2]})
    with pytest.raises(ModelFormatError, match=r"lstm_0.*batch"):
        build_model(config(layer), what="it")


def test_mean_is_not_spread_over_an_input_of_any_size():
    layers: list[dict[str, Any]] = [
        {"class_name": "InputLayer", "config": {"name": "x", "batch_shape": [None, 500_000_000]}},
        {"class_name": "Normalization", "config": {"name": "n", "mean": 0.0, "variance": 1.0}},
    ]
    with pytest.raises(ModelFormatError, match="'n': expected a mean for at most"):
        build_model(keras3(*layers), what="m.keras")


def keras3(*layers):
    for layer in layers:
        layer.update(module="keras.layers", registered_name=None)
    sequential = {"class_name": "Sequential", "module": "keras", "registered_name": None}
    return translate({**sequential, "config": {"name": "s", "layers": [*layers]}}, origin="keras3")
