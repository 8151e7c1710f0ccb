"""The table of a model's layers holds every name whole."""

from __future__ import annotations

import keras
import pytest

from marcelle_nb.formats.keras_models.keras_loaded_model import KerasLoadedModel
from marcelle_nb.formats.keras_models.layer_table import layer_table

LONG = "a_name_that_is_much_longer_than_a_third_of_a_terminal_of_eighty_columns_" * 2


def test_a_long_name_is_not_cut(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    layer = keras.layers.Dense(1_000_000, name=LONG)
    model = keras.Sequential([keras.Input((3,), name="x"), layer], name="m")
    table = KerasLoadedModel(model).summary()
    assert f"{LONG} (Dense)  (?, 1000000)  4,000,000  x" in table


def test_it_tells_shapes_parameters_and_connections():
    x = keras.Input((4,), name="x")
    y = keras.layers.Dense(3, trainable=False, name="d")(x)
    z = keras.layers.Dense(3, name="e")(x)
    table = layer_table(keras.Model(x, keras.layers.Add(name="sum")([y, z]), name="m"))
    assert "sum (Add)       (?, 3)             0  d, e" in table
    assert "Total params: 30\nTrainable params: 15\nNon-trainable params: 15" in table


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.inner = keras.layers.Dense(2, name="inner")

    def call(self, x):
        return self.inner(x)


@pytest.mark.parametrize("called", [False, True])
def test_a_subclassed_model_has_its_layers_too(called):
    model = Subclassed()
    if called:
        model(keras.ops.ones((1, 3)))
    assert "inner (Dense)" in layer_table(model)
