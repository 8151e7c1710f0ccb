from __future__ import annotations

import base64
import json
import marshal
from pathlib import Path

import h5py
import numpy as np
import pytest

from marcelle_nb.errors import ModelFormatError, UnsafeModel
from marcelle_nb.formats.keras_models.h5_file import load_h5, save_h5
from marcelle_nb.formats.model_files import ModelFiles

# Keras does not yet convert its variables as NumPy 2 asks for
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

KERAS2 = Path(__file__).parents[1] / "fixtures" / "keras2"
NAMES = sorted(path.stem for path in KERAS2.glob("*.h5"))


def load(path, **options):
    return load_h5(ModelFiles({path.name: path}), path.name, **options)


def alone(arrays):
    return arrays[0] if len(arrays) == 1 else arrays


def saved(name):
    with np.load(KERAS2 / f"{name}.npz") as arrays:
        return {
            kind: [arrays[key] for key in sorted(arrays) if key.startswith(kind)]
            for kind in ("x", "y", "output", "losses")
        }


@pytest.fixture
def network():
    import keras

    image = keras.Input((4, 4, 1), name="image")
    x = keras.layers.Conv2D(3, 2, activation="relu", name="c")(image)
    x = keras.layers.BatchNormalization(name="b")(x)
    x = keras.layers.Flatten()(x)
    model = keras.Model(image, keras.layers.Dense(2, activation="softmax", name="d")(x))
    model.compile(keras.optimizers.Nadam(0.01), "categorical_crossentropy", metrics=["accuracy"])
    return model


@pytest.fixture
def batch():
    random = np.random.default_rng(0)
    return random.random((8, 4, 4, 1), np.float32), np.eye(2)[random.integers(0, 2, 8)]


@pytest.mark.parametrize("name", NAMES)
def test_a_file_of_keras_2_predicts_the_same(name):
    arrays = saved(name)
    loaded = load(KERAS2 / f"{name}.h5")
    assert loaded.format == "h5"
    assert loaded.size == (KERAS2 / f"{name}.h5").stat().st_size
    for got, expected in zip(loaded(*arrays["x"]), arrays["output"], strict=True):
        np.testing.assert_allclose(got, expected, atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_training_of_a_keras_2_file_goes_on_where_it_stopped(name):
    arrays = saved(name)
    loaded = load(KERAS2 / f"{name}.h5")
    assert "training" not in loaded.metadata
    history = loaded.keras_model.fit(
        alone(arrays["x"]), alone(arrays["y"]), epochs=3, shuffle=False, verbose=0
    ).history
    # RMSprop on the rows of an embedding is not the same in Keras 2 and 3
    tolerance = 1e-3 if name == "text" else 2e-6
    np.testing.assert_allclose(history["loss"], arrays["losses"][0], rtol=tolerance)


def test_a_file_of_keras_3_predicts_and_trains_on(network, batch, tmp_path):
    network.fit(*batch, epochs=2, shuffle=False, verbose=0)
    assert save_h5(network, tmp_path / "m.h5") == [tmp_path / "m.h5"]
    assert [path.name for path in tmp_path.iterdir()] == ["m.h5"]
    loaded = load(tmp_path / "m.h5")
    np.testing.assert_allclose(loaded(batch[0])[0], network.predict(batch[0], verbose=0), atol=1e-6)
    assert int(loaded.keras_model.optimizer.iterations) == 2
    expected = network.fit(*batch, epochs=3, shuffle=False, verbose=0).history
    got = loaded.keras_model.fit(*batch, epochs=3, shuffle=False, verbose=0).history
    for key, values in expected.items():
        np.testing.assert_allclose(got[key], values, rtol=1e-5, err_msg=key)


def test_layers_are_found_by_name_where_equal_shapes_stand_in_another_order(tmp_path):
    path = tmp_path / "m.h5"
    path.write_bytes((KERAS2 / "branches.h5").read_bytes())
    with h5py.File(path, "r+") as file:
        names = file["model_weights"].attrs["layer_names"]
        file["model_weights"].attrs["layer_names"] = names[::-1]
    arrays = saved("branches")
    for got, expected in zip(load(path)(*arrays["x"]), arrays["output"], strict=True):
        np.testing.assert_allclose(got, expected, atol=1e-6)


def test_an_uncompiled_model_loads_uncompiled(tmp_path):
    import keras

    save_h5(keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]), tmp_path / "m.h5")
    assert not load(tmp_path / "m.h5").keras_model.compiled


def changed(path, attribute, change):
    with h5py.File(path, "r+") as file:
        config = json.loads(file.attrs[attribute])
        change(config)
        file.attrs[attribute] = json.dumps(config)


@pytest.fixture
def copy(tmp_path):
    path = tmp_path / "m.h5"
    path.write_bytes((KERAS2 / "nested.h5").read_bytes())
    return path


def test_a_training_that_keras_3_lacks_leaves_a_model_that_predicts(copy):
    changed(copy, "training_config", lambda config: config.update(loss="no_such_loss"))
    loaded = load(copy)
    assert "no_such_loss" in loaded.metadata["training"]
    assert loaded(np.zeros((1, 4)))[0].shape == (1, 2)


def head(**changes):
    def change(config):
        config["config"]["layers"][-1]["config"].update(changes)

    return change


def lambda_layer(config):
    code = base64.b64encode(marshal.dumps(compile("print(1)", "x", "eval"))).decode()
    config["config"]["layers"][-1] = {
        "class_name": "Lambda",
        "name": "head",
        "config": {"name": "head", "function": [code, None, None], "function_type": "lambda"},
        "inbound_nodes": config["config"]["layers"][-1]["inbound_nodes"],
    }


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (head(units=3), ModelFormatError, r"head.*expected shape \(4, 3\), got \(4, 2\)"),
        (head(units=2**27), ModelFormatError, "expected shape"),
        (head(units=2**40), ModelFormatError, "units: expected a number up to"),
        (head(activation="mine"), ModelFormatError, "mine"),
        (head(use_bias=False), ModelFormatError, "head.*expected 1 weights, got 2"),
        (lambda config: config["config"]["layers"].pop(), ModelFormatError, "m.h5|head"),
        (lambda config: config.update(config=5), ModelFormatError, "model"),
        (
            lambda_layer,
            UnsafeModel,
            "layer 'head': expected no .*(Lambda|Python function|bytecode)",
        ),
    ],
)
def test_a_topology_that_is_not_that_of_the_weights_is_refused(copy, change, error, message):
    changed(copy, "model_config", change)
    with pytest.raises(error, match=message):
        load(copy)


def test_a_hostile_training_configuration_is_refused(copy):
    hostile = {"class_name": "__lambda__", "config": {"value": "x"}}
    changed(copy, "training_config", lambda config: config.update(loss=hostile))
    with pytest.raises(UnsafeModel):
        load(copy)


def test_a_large_layer_is_refused_before_it_takes_memory(copy):
    import resource

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    changed(copy, "model_config", head(units=2**28))
    with pytest.raises(ModelFormatError):
        load(copy)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024


def no_config(file):
    del file.attrs["model_config"]


def weights_file(file):
    no_config(file)
    del file["model_weights"]


def odd_config(file):
    file.attrs["model_config"] = 5


def no_weights(file):
    del file["model_weights"]


def no_layer(file):
    del file["model_weights/head"]


def no_array(file):
    del file["model_weights/head/head/kernel:0"]


def another_layer(file):
    group = file["model_weights"]
    group.attrs["layer_names"] = [*group.attrs["layer_names"], "x"]
    group.create_group("x").attrs["weight_names"] = ["y"]
    group["x/y"] = np.zeros(3)


def elsewhere(file):
    file["model_weights/head/x"] = h5py.ExternalLink("/etc/passwd", "/")


def odd_optimizer(file):
    del file["optimizer_weights/SGD/m/head/kernel:0"]
    file["optimizer_weights/SGD/m/head/kernel:0"] = np.zeros(3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (no_config, "expected a whole model, got weights alone"),
        (weights_file, "expected a whole model, got weights alone"),
        (odd_config, "expected text as 'model_config'"),
        (no_weights, "expected weights under 'model_weights'"),
        (no_layer, "expected the weights of layer 'head', got none"),
        (no_array, "expected the weight 'head/kernel:0', got none"),
        (another_layer, "expected no weights of a layer 'x'"),
        (elsewhere, "expected no link to elsewhere"),
        (odd_optimizer, r"SGD/m/head/kernel:0: expected shape \(4, 2\), got \(3,\)"),
    ],
)
def test_a_file_that_lacks_or_adds_something_is_refused(copy, change, message):
    with h5py.File(copy, "r+") as file:
        change(file)
    with pytest.raises(ModelFormatError, match=message):
        load(copy)
