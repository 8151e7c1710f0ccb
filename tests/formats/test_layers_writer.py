"""What is written as a LayersModel runs in real TensorFlow.js, with the same numbers."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.model_files import ModelFiles
from marcelle_nb.formats.tfjs.layers_model import load_layers_model
from marcelle_nb.formats.tfjs.layers_writer import write_layers_model
from tests.formats.keras_cases import CASES, IMAGE, inputs_of, one, randomized
from tests.formats.tfjs_node import requires_tfjs, run_tfjs, weights_tfjs

FIXTURES = Path(__file__).parents[1] / "fixtures" / "tfjs-layers"


def outputs_of(model, inputs):
    given = inputs[0] if len(inputs) == 1 else inputs
    names = {tensor.name for tensor in model.inputs}
    if names == {"x", "y"}:
        given = dict(zip(sorted(names), inputs, strict=True))
    return [np.asarray(each) for each in keras.tree.flatten(model(given, training=False))]


def assert_equal(got, wanted, tolerance=1e-5):
    assert [each.shape for each in got] == [each.shape for each in wanted]
    for mine, theirs in zip(got, wanted, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=tolerance, atol=tolerance)


@requires_tfjs
@pytest.mark.parametrize("name", CASES)
def test_tensorflow_js_computes_what_keras_does(name, tmp_path):
    model = randomized(CASES[name]())
    inputs = inputs_of(model)
    write_layers_model(model, tmp_path / "model")
    assert_equal(run_tfjs(tmp_path / "model", inputs), outputs_of(model, inputs))


@pytest.mark.parametrize("name", CASES)
def test_what_was_written_is_read_again(name, tmp_path):
    model = randomized(CASES[name]())
    inputs = inputs_of(model)
    write_layers_model(model, tmp_path)
    loaded = load_layers_model(ModelFiles.open(tmp_path / "model.json"), "model.json")
    assert_equal(loaded(*inputs), outputs_of(model, inputs))


@requires_tfjs
@pytest.mark.parametrize("folder", sorted(FIXTURES.iterdir()), ids=lambda path: path.name)
def test_what_came_from_a_file_runs_in_tensorflow_js_again(folder, tmp_path):
    told = json.loads((folder / "io.json").read_text())
    inputs, outputs = (
        [np.array(each["data"], each["dtype"]).reshape(each["shape"]) for each in told[key]]
        for key in ("inputs", "outputs")
    )
    loaded = load_layers_model(ModelFiles.open(folder / "model.json"), "model.json")
    write_layers_model(loaded.keras_model, tmp_path)
    assert_equal(run_tfjs(tmp_path, inputs), outputs)


@requires_tfjs
@pytest.mark.parametrize("name", ["branches", "shared", "nested", "ends", "encoder"])
def test_weights_stand_in_the_order_in_which_tensorflow_js_trains_them(name, tmp_path):
    write_layers_model(CASES[name](), tmp_path)
    document = json.loads((tmp_path / "model.json").read_text())
    written = [weight["name"] for weight in document["weightsManifest"][0]["weights"]]
    trained = [name for name in weights_tfjs(tmp_path) if name in written]
    moving = [name for name in written if "moving" in name]
    assert [name for name in written if name not in moving] == [
        name for name in trained if name not in moving
    ]


@requires_tfjs
@pytest.mark.parametrize(
    ("quantize", "tolerance"), [("float16", 1e-2), ("uint16", 1e-3), ("uint8", 0.2)]
)
def test_quantised_weights_run_in_tensorflow_js(quantize, tolerance, tmp_path):
    model = randomized(one(IMAGE, layers.Conv2D(4, 3), layers.Flatten(), layers.Dense(3)))
    inputs = inputs_of(model)
    write_layers_model(model, tmp_path / "plain")
    write_layers_model(model, tmp_path / "small", quantize=quantize)
    sizes = [sum(p.stat().st_size for p in tmp_path.glob(f"{n}/*.bin")) for n in ("small", "plain")]
    assert sizes[0] * (4 if quantize == "uint8" else 2) == sizes[1]
    assert_equal(run_tfjs(tmp_path / "small", inputs), outputs_of(model, inputs), tolerance)


@requires_tfjs
def test_shards_may_be_small(tmp_path):
    model = randomized(one((4,), layers.Dense(9), layers.Dense(3)))
    paths = write_layers_model(model, tmp_path, shard_size=100)
    assert [path.name for path in paths] == [
        "model.json",
        *(f"group1-shard{i}of3.bin" for i in (1, 2, 3)),
    ]
    inputs = inputs_of(model)
    assert_equal(run_tfjs(tmp_path, inputs), outputs_of(model, inputs))


def test_marcelle_finds_its_key_and_the_format(tmp_path):
    model = one((4,), layers.Dense(3))
    write_layers_model(model, tmp_path, labels=["a", "b", "c"], metadata={"image_size": 224})
    document = json.loads((tmp_path / "model.json").read_text())
    assert document["format"] == "layers-model"
    assert document["marcelle"] == {
        "type": "tfjs-model",
        "tfjsModelFormat": "layers-model",
        "name": model.name,
        "labels": ["a", "b", "c"],
        "image_size": 224,
    }


def test_labels_come_back(tmp_path):
    write_layers_model(one((4,), layers.Dense(2)), tmp_path, labels=["no", "yes"])
    loaded = load_layers_model(ModelFiles.open(tmp_path / "model.json"), "model.json")
    assert loaded.labels == ["no", "yes"]


def test_a_model_that_is_refused_leaves_what_was_there(tmp_path):
    write_layers_model(one((4,), layers.Dense(2)), tmp_path / "model")
    before = (tmp_path / "model" / "model.json").read_bytes()
    with pytest.raises(ModelFormatError, match="tfjs-graph"):
        write_layers_model(one((4,), layers.Dense(2, activation="exponential")), tmp_path / "model")
    assert (tmp_path / "model" / "model.json").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_shards_of_an_earlier_model_go(tmp_path):
    write_layers_model(one((4,), layers.Dense(40)), tmp_path, shard_size=100)
    paths = write_layers_model(one((4,), layers.Dense(2)), tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(path.name for path in paths)


def test_metadata_that_json_cannot_say_is_an_error(tmp_path):
    with pytest.raises(ValueError, match="what JSON can say"):
        write_layers_model(one((4,), layers.Dense(2)), tmp_path, metadata={"x": object()})


def test_a_training_that_cannot_be_said_is_left_out_and_told(tmp_path, caplog):
    model = one((4,), layers.Dense(2))
    model.compile("adamw", "mse")
    with caplog.at_level(logging.WARNING):
        write_layers_model(model, tmp_path)
    assert "got AdamW" in caplog.text
    assert "trainingConfig" not in json.loads((tmp_path / "model.json").read_text())
