"""Configurations of earlier software say the same in Keras 3, or are refused by name."""

from __future__ import annotations

import copy

import pytest

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.keras_models.translate import translate
from tests.formats.layers_models import topology

INPUT = {"batch_input_shape": [None, 4]}


def translated(kind, config, origin="tfjs"):
    [first, layer] = translate(topology((kind, {**INPUT, **config})), origin=origin)["config"][
        "layers"
    ]
    assert first["class_name"] == "InputLayer"
    return layer


def test_leaky_relu_has_another_name_for_its_slope():
    assert translated("LeakyReLU", {"alpha": 0.2})["config"]["negative_slope"] == 0.2


def test_the_axis_of_a_normalization_is_one_number():
    assert translated("BatchNormalization", {"axis": [1]})["config"]["axis"] == 1


def test_the_normal_distribution_is_the_truncated_one():
    initializer = {"class_name": "VarianceScaling", "config": {"distribution": "normal"}}
    layer = translated("Dense", {"units": 1, "kernel_initializer": initializer})
    got = layer["config"]["kernel_initializer"]
    assert got["config"]["distribution"] == "truncated_normal"


@pytest.mark.parametrize("origin", ["tfjs", "keras2"])
def test_hard_sigmoid_is_ours(origin):
    layer = translated("Dense", {"units": 1, "activation": "hard_sigmoid"}, origin)
    assert layer["config"]["activation"]["config"] == "marcelle_nb>hard_sigmoid"


def test_a_gru_resets_before_unless_it_says_otherwise():
    shape = {"batch_input_shape": [None, 4, 2], "units": 3}
    assert translated("GRU", shape)["config"]["reset_after"] is False
    given = {**shape, "reset_after": True}
    assert translated("GRU", given, "keras2")["config"]["reset_after"] is True


def test_bilinear_up_sampling_is_ours_only_for_tensorflow_js():
    config = {"batch_input_shape": [None, 4, 4, 1], "interpolation": "bilinear"}
    assert translated("UpSampling2D", config)["registered_name"] == "marcelle_nb>UpSampling2D"
    assert translated("UpSampling2D", config, "keras2")["registered_name"] is None


@pytest.mark.parametrize("name", ["ThresholdedReLU", "RandomWidth"])
def test_layers_that_keras_3_lacks_are_ours(name):
    config = {"factor": 0.1} if name == "RandomWidth" else {"theta": 0.5}
    assert translated(name, config)["registered_name"] == f"marcelle_nb>{name}"


@pytest.mark.parametrize(
    ("kind", "config", "message"),
    [
        ("LSTM", {"units": 2, "time_major": True}, "time_major"),
        ("CuDNNLSTM", {"units": 2}, "with an LSTM instead"),
        ("TFOpLambda", {"function": "math.add"}, "SavedModel"),
        ("BatchNormalization", {"virtual_batch_size": 4}, "virtual_batch_size"),
        ("Dense", {"units": 2, "activation": "mine"}, "activation.*'mine'"),
        ("Dense", {"units": 2, "kernel_initializer": "mine"}, "initializers.*'mine'"),
        ("Mine", {}, "'Mine'.*register"),
    ],
)
def test_what_keras_3_cannot_compute_is_refused_by_the_layers_name(kind, config, message):
    with pytest.raises(ModelFormatError, match=f"{kind.lower()}_0.*{message}"):
        translated(kind, config, "keras2")


def test_a_bare_list_of_layers_is_a_sequential():
    config = topology(("Dense", {**INPUT, "units": 1}))
    config["config"] = config["config"]["layers"]
    assert len(translate(config, origin="keras2")["config"]["layers"]) == 2


def test_translation_leaves_its_argument_alone():
    config = functional([["x", 0, 0, {}]], [["nested", 1, 0]])
    before = copy.deepcopy(config)
    translate(config, origin="tfjs")
    assert config == before


def test_calls_of_a_nested_model_are_counted_from_nought_in_keras():
    result = translate(functional([["x", 0, 0, {}]], [["nested", 1, 0]]), origin="tfjs")["config"]
    assert result["output_layers"] == ["nested", 1, 0]
    after = functional([["x", 0, 0, {}]], [["after", 0, 0]])
    after["config"]["layers"].append(
        {
            "class_name": "ReLU",
            "name": "after",
            "config": {"name": "after"},
            "inbound_nodes": [[["nested", 1, 0, {}]]],
        }
    )
    layer = translate(after, origin="tfjs")["config"]["layers"][-1]
    tensor = layer["inbound_nodes"][0]["args"][0]
    assert tensor["config"]["keras_history"] == ["nested", 0, 0]


@pytest.mark.parametrize(
    ("inbound", "outputs", "message"),
    [
        ([["y", 0, 0, {}]], [["nested", 1, 0]], "'y'"),
        ([["x", 3, 0, {}]], [["nested", 1, 0]], "calls of 'x'"),
        ([["x", 0, 0, {}]], [["nested", 7, 0]], "calls of 'nested'"),
        ([["x"]], [["nested", 1, 0]], "lacks or misplaces"),
    ],
)
def test_connections_to_nowhere_are_refused(inbound, outputs, message):
    with pytest.raises(ModelFormatError, match=message):
        translate(functional(inbound, outputs), origin="tfjs")


@pytest.mark.parametrize("config", [{}, {"class_name": "Dense", "config": {}}, {"class_name": 3}])
def test_what_is_no_model_is_refused(config):
    with pytest.raises(ModelFormatError):
        translate(config, origin="tfjs")


def functional(inbound, outputs):
    """A model that calls a nested one."""
    x = {"class_name": "InputLayer", "name": "x", "config": {"name": "x", **INPUT}}
    nested = {
        "class_name": "Model",
        "name": "nested",
        "inbound_nodes": [inbound],
        "config": {
            "name": "nested",
            "layers": [
                {**x, "inbound_nodes": []},
                {
                    "class_name": "ReLU",
                    "name": "r",
                    "config": {"name": "r"},
                    "inbound_nodes": [[["x", 0, 0, {}]]],
                },
            ],
            "input_layers": [["x", 0, 0]],
            "output_layers": [["r", 0, 0]],
        },
    }
    return {
        "class_name": "Model",
        "config": {
            "name": "model",
            "layers": [{**x, "inbound_nodes": []}, nested],
            "input_layers": [["x", 0, 0]],
            "output_layers": outputs,
        },
    }


def test_null_beside_states_among_the_tensors_means_nothing():
    """Keras 2 says so for a Bidirectional that is called with initial states."""
    null = {"initial_state": None, "constants": None}
    lstm = {"class_name": "LSTM", "config": {"name": "lstm", "units": 2}}
    sources = [["x", 0, 0, null], *(["s", 0, 0, null] for _ in range(4))]
    layers = [
        {
            "class_name": "InputLayer",
            "name": name,
            "config": {"name": name, "batch_input_shape": shape},
            "inbound_nodes": [],
        }
        for name, shape in {"x": [None, 3, 4], "s": [None, 2]}.items()
    ]
    both = {"class_name": "Bidirectional", "name": "b", "config": {"name": "b", "layer": lstm}}
    config = {
        "name": "m",
        "layers": [*layers, {**both, "inbound_nodes": [sources]}],
        "input_layers": [["x", 0, 0], ["s", 0, 0]],
        "output_layers": [["b", 0, 0]],
    }
    model = translate({"class_name": "Functional", "config": config}, origin="keras2")
    [call] = model["config"]["layers"][-1]["inbound_nodes"]
    assert len(call["kwargs"].pop("initial_state")) == 4
    assert call["kwargs"] == {}
