from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest

from marcelle_nb.errors import ModelFormatError, UnsafeModel
from marcelle_nb.formats.keras_models.keras_file import load_keras, save_keras
from marcelle_nb.formats.model_files import ModelFiles

# Keras does not yet convert its variables as NumPy 2 asks for
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

KERAS2 = Path(__file__).parents[1] / "fixtures" / "keras2"


def load(path, **options):
    return load_keras(ModelFiles({path.name: path}), path.name, **options)


@pytest.fixture
def network():
    import keras

    image = keras.Input((4, 4, 1), name="image")
    x = keras.layers.Conv2D(3, 2, activation="relu", name="c")(image)
    x = keras.layers.BatchNormalization(name="b")(x) * 2.0
    x = keras.layers.Flatten()(keras.ops.relu(x))
    model = keras.Model(image, keras.layers.Dense(2, activation="softmax", name="d")(x))
    model.compile(keras.optimizers.Nadam(0.01), "categorical_crossentropy", metrics=["accuracy"])
    return model


@pytest.fixture
def batch():
    random = np.random.default_rng(0)
    return random.random((8, 4, 4, 1), np.float32), np.eye(2)[random.integers(0, 2, 8)]


def rewritten(path, target, **members):
    """Copy an archive with other contents for some members; None leaves one out."""
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(target, "w") as archive:
        names = {name.replace(".", "_"): name for name in source.namelist()}
        for key, name in names.items():
            content = members.get(key, source.read(name))
            if callable(content):
                config = json.loads(source.read(name))
                content(config)
                content = json.dumps(config).encode()
            if content is not None:
                archive.writestr(name, content)
    return target


def test_a_saved_model_predicts_and_trains_on(network, batch, tmp_path):
    network.fit(*batch, epochs=2, shuffle=False, verbose=0)
    assert save_keras(network, tmp_path / "m.keras") == [tmp_path / "m.keras"]
    assert [path.name for path in tmp_path.iterdir()] == ["m.keras"]
    loaded = load(tmp_path / "m.keras")
    assert loaded.format == "keras"
    np.testing.assert_allclose(loaded(batch[0])[0], network.predict(batch[0], verbose=0), atol=1e-6)
    assert int(loaded.keras_model.optimizer.iterations) == 2
    expected = network.fit(*batch, epochs=3, shuffle=False, verbose=0).history
    got = loaded.keras_model.fit(*batch, epochs=3, shuffle=False, verbose=0).history
    for key, values in expected.items():
        np.testing.assert_allclose(got[key], values, rtol=1e-5, err_msg=key)


@pytest.mark.parametrize("name", sorted(path.stem for path in KERAS2.glob("*.keras")))
def test_a_file_of_keras_2_predicts_the_same_and_trains_on(name):
    loaded = load(KERAS2 / f"{name}.keras")
    with np.load(KERAS2 / f"{name}.npz") as arrays:
        x, y, losses = arrays["x0"], arrays["y0"], arrays["losses"]
        np.testing.assert_allclose(loaded(x)[0], arrays["output0"], atol=1e-6)
    history = loaded.keras_model.fit(x, y, epochs=3, shuffle=False, verbose=0).history
    # RMSprop on the rows of an embedding is not the same in Keras 2 and 3
    np.testing.assert_allclose(history["loss"], losses, rtol=1e-3 if name == "text" else 2e-6)


def test_a_vocabulary_that_was_learned_comes_back(tmp_path):
    import keras

    words = keras.layers.StringLookup()
    words.adapt(["b", "a", "b"])
    inner = keras.Sequential([keras.Input((2,), dtype="string"), words], name="inner")
    model = keras.Sequential(
        [
            keras.Input((2,), dtype="string"),
            inner,
            keras.layers.Embedding(3, 2),
            keras.layers.Flatten(),
        ]
    )
    save_keras(model, tmp_path / "m.keras")
    loaded = load(tmp_path / "m.keras")
    x = np.array([["a", "b"], ["c", "a"]], object)
    np.testing.assert_array_equal(loaded(x)[0], model(x).numpy())


def test_a_registered_layer_with_layers_in_it_comes_back(tmp_path):
    import keras

    @keras.saving.register_keras_serializable(package="test_keras_file")
    class Block(keras.layers.Layer):
        def __init__(self, units, **options):
            super().__init__(**options)
            self.units = units
            self.parts = [keras.layers.Dense(units), keras.layers.Dense(units)]

        def build(self, shape):
            for part in self.parts:
                part.build(shape)
                shape = (*shape[:-1], self.units)
            super().build(shape)

        def call(self, x):
            for part in self.parts:
                x = part(x)
            return x

        def get_config(self):
            return {**super().get_config(), "units": self.units}

    model = keras.Sequential([keras.Input((3,)), Block(4), Block(4)])
    save_keras(model, tmp_path / "m.keras")
    x = np.random.default_rng(0).random((5, 3), np.float32)
    np.testing.assert_allclose(load(tmp_path / "m.keras")(x)[0], model(x), atol=1e-6)


def lambda_layer(config):
    config["config"]["layers"][-1] = {
        "module": "keras.layers",
        "class_name": "Lambda",
        "config": {"name": "d", "function": {"class_name": "__lambda__", "config": {}}},
        "registered_name": None,
    }


def units(n):
    def change(config):
        config["config"]["layers"][-1]["config"]["units"] = n

    return change


def built_large(config):
    config["config"]["layers"][-1]["build_config"] = {"input_shape": [None, 2**29]}


@pytest.mark.parametrize(
    ("members", "error", "message"),
    [
        ({"config_json": None}, ModelFormatError, "expected 'config.json' in it"),
        ({"config_json": b"[]"}, ModelFormatError, "expected a configuration, got list"),
        ({"config_json": b"{"}, ModelFormatError, "expected a JSON document"),
        ({"metadata_json": b"5"}, ModelFormatError, "expected a configuration"),
        ({"model_weights_h5": None}, ModelFormatError, "expected weights in 'model.weights.h5'"),
        ({"model_weights_h5": b"x"}, ModelFormatError, "expected a readable HDF5 file"),
        ({"config_json": lambda_layer}, UnsafeModel, "layer 'd': expected no Lambda"),
        ({"config_json": units(3)}, ModelFormatError, "m.keras: "),
        ({"config_json": units(2**27)}, ModelFormatError, "expected weights of at most"),
        ({"config_json": built_large}, ModelFormatError, "m.keras: "),
        (
            {
                "config_json": lambda c: c["compile_config"].update(
                    loss={"class_name": "__lambda__"}
                )
            },
            UnsafeModel,
            "expected no Lambda",
        ),
    ],
)
def test_a_hostile_archive_is_refused(network, tmp_path, members, error, message):
    save_keras(network, tmp_path / "original.keras")
    path = rewritten(tmp_path / "original.keras", tmp_path / "m.keras", **members)
    with pytest.raises(error, match=message):
        load(path)


def test_weights_that_point_into_other_files_are_refused(network, tmp_path):
    save_keras(network, tmp_path / "original.keras")
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file["layers"] = h5py.ExternalLink("/etc/passwd", "/")
    path = rewritten(
        tmp_path / "original.keras", tmp_path / "m.keras", model_weights_h5=buffer.getvalue()
    )
    with pytest.raises(UnsafeModel, match="expected no link to elsewhere"):
        load(path)


def test_a_training_that_keras_3_lacks_leaves_a_model_that_predicts(network, tmp_path):
    save_keras(network, tmp_path / "original.keras")
    path = rewritten(
        tmp_path / "original.keras",
        tmp_path / "m.keras",
        config_json=lambda config: config["compile_config"].update(loss="no_such_loss"),
    )
    loaded = load(path)
    assert "no_such_loss" in loaded.metadata["training"]
    assert loaded(np.zeros((1, 4, 4, 1)))[0].shape == (1, 2)
