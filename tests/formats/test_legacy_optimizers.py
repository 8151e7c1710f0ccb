"""Optimizers of TensorFlow.js stay what they are in Keras's own files."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from marcelle_nb.formats.keras_models.h5_file import load_h5, save_h5
from marcelle_nb.formats.keras_models.keras_file import load_keras, save_keras
from marcelle_nb.formats.keras_models.legacy_optimizers import Adadelta, Adam
from marcelle_nb.formats.model_files import ModelFiles

X = np.linspace(-1, 1, 12, dtype="float32").reshape(4, 3)
Y = X.sum(axis=1, keepdims=True)


def train(model):
    model.fit(X, Y, batch_size=4, shuffle=False, verbose=0)


@pytest.mark.parametrize("kind", [Adam, Adadelta])
@pytest.mark.parametrize(
    ("save", "load", "name"), [(save_keras, load_keras, "m.keras"), (save_h5, load_h5, "m.h5")]
)
def test_training_goes_on_with_the_same_optimizer(kind, save, load, name, tmp_path):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2), keras.layers.Dense(1)])
    model.compile(kind(0.01), "mean_squared_error")
    train(model)
    save(model, tmp_path / name)
    again = load(ModelFiles.open(tmp_path / name), name).keras_model
    assert type(again.optimizer) is kind
    train(model)
    train(again)
    for mine, wanted in zip(again.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_allclose(mine, wanted, rtol=1e-6)
