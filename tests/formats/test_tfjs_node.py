"""The bridge to real TensorFlow.js gives what TensorFlow.js computed, and its errors."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.formats.tfjs_node import (
    TfjsError,
    describe_tfjs,
    fit_tfjs,
    requires_tfjs,
    run_tfjs,
    time_tfjs,
    weights_tfjs,
)

pytestmark = requires_tfjs

FIXTURES = Path(__file__).parents[1] / "fixtures"


def named(folder, key):
    told = json.loads((folder / "io.json").read_text())[key]
    return {t["name"]: np.array(t["data"], t["dtype"]).reshape(t["shape"]) for t in told}


def tensors(folder, key):
    return [*named(folder, key).values()]


@pytest.mark.parametrize("name", ["cnn_bn", "nested_teachable", "functional_shared"])
def test_a_layers_model_runs_as_when_it_was_saved(name):
    folder = FIXTURES / "tfjs-layers" / name
    for got, wanted in zip(
        run_tfjs(folder, tensors(folder, "inputs")), tensors(folder, "outputs"), strict=True
    ):
        np.testing.assert_allclose(got, wanted, rtol=0, atol=1e-7)


@pytest.mark.parametrize("name", ["cnn_classifier", "control_flow_v2"])
def test_a_graph_model_runs_as_when_it_was_saved(name):
    folder = FIXTURES / "tfjs-graph" / name
    for got, wanted in zip(
        run_tfjs(folder, named(folder, "inputs")), tensors(folder, "outputs"), strict=True
    ):
        np.testing.assert_allclose(got, wanted, rtol=0, atol=1e-6)


def test_an_intermediate_layer_is_an_output_when_asked_for():
    folder = FIXTURES / "tfjs-layers" / "mlp_dense"
    first, *_, last = (layer["name"] for layer in describe_tfjs(folder)["layers"])
    inputs = tensors(folder, "inputs")
    hidden, end = run_tfjs(folder, inputs, [first, last])
    assert hidden.shape[1] != end.shape[1]
    np.testing.assert_array_equal(end, run_tfjs(folder, inputs)[0])


def test_training_goes_on_where_the_file_stopped():
    folder = FIXTURES / "tfjs-layers" / "compiled_adam"
    told = json.loads((folder / "io.json").read_text())
    x, y = (
        np.array(told["train"][k]["data"], np.float32).reshape(told["train"][k]["shape"])
        for k in "xy"
    )
    fitted = fit_tfjs(folder, [x], [y])
    assert fitted.after != fitted.before
    assert fitted.after == pytest.approx(told["next_fit"]["evaluate"], abs=1e-6)


def test_weights_arrive_by_name():
    weights = weights_tfjs(FIXTURES / "tfjs-layers" / "compiled_adam")
    assert weights["dense_Dense24/kernel"].shape == (6, 10)


def test_time_is_measured_in_web_assembly():
    folder = FIXTURES / "tfjs-layers" / "mlp_dense"
    timing = time_tfjs(folder, tensors(folder, "inputs"), repeat=3)
    assert timing["load_ms"] > 0
    assert len(timing["run_ms"]) == 3


def test_an_error_of_tensorflow_js_arrives_with_its_words(tmp_path):
    (tmp_path / "model.json").write_text(
        json.dumps(
            {"format": "layers-model", "modelTopology": {"class_name": "Nothing", "config": {}}}
        )
    )
    with pytest.raises(TfjsError, match="Unknown layer: Nothing"):
        run_tfjs(tmp_path, [np.zeros((1, 1))])
