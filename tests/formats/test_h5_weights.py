from __future__ import annotations

import io

import h5py
import numpy as np
import pytest

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.keras_models.h5_weights import match_stored, read_stored, stored_weights


def written(**layers):
    """Write weights as Keras does: by layer, then by the variable's name."""
    file = h5py.File(io.BytesIO(), "w")
    group = file.create_group("model_weights")
    group.attrs["layer_names"] = list(layers)
    for layer, weights in layers.items():
        inner = group.create_group(layer)
        inner.attrs["weight_names"] = list(weights)
        for name, values in weights.items():
            inner[name] = values
    return file


def matched(model, **layers):
    found = match_stored(stored_weights(written(**layers), "x.h5"), model, "x.h5")
    return {name: (variable.path, dataset) for name, (variable, dataset) in found.items()}


@pytest.fixture
def two_in_one():
    """Two layers of equal shapes in a model that is the layer of another one."""
    import keras

    layers = [keras.layers.Dense(3, name=name) for name in ("p", "q")]
    inner = keras.Sequential([keras.Input((3,)), *layers], name="inner")
    return keras.Sequential([keras.Input((3,)), inner])


def weights(*names):
    return {name: np.zeros((3, 3) if "kernel" in name else 3, np.float32) for name in names}


def test_equal_shapes_are_told_apart_by_the_names_of_their_layers(two_in_one):
    stored = weights("q/kernel:0", "q/bias:0", "p/kernel:0", "p/bias:0")
    found = matched(two_in_one, inner=stored)
    for name, (path, _) in found.items():
        assert path.endswith(name.removesuffix(":0"))


def test_names_that_say_nothing_are_taken_in_order(two_in_one):
    stored = weights("kernel_1", "bias_1", "kernel_2", "bias_2")
    found = matched(two_in_one, inner=stored)
    endings = [path.split("/")[-2:] for path, _ in found.values()]
    assert endings == [["p", "kernel"], ["p", "bias"], ["q", "kernel"], ["q", "bias"]]


@pytest.mark.parametrize(
    ("stored", "message"),
    [
        ({"other": weights("p/kernel")}, "expected no weights of a layer 'other'"),
        ({}, r"expected weights of \['inner'\], got none"),
        ({"inner": weights("p/kernel")}, "layer 'inner': expected 4 weights, got 1"),
        (
            {"inner": weights("p/kernel", "p/bias", "q/kernel") | {"q/bias": np.zeros(5)}},
            r"q/bias: expected shape \(3,\), got \(5,\)",
        ),
    ],
)
def test_other_weights_are_refused(two_in_one, stored, message):
    with pytest.raises(ModelFormatError, match=message):
        matched(two_in_one, **stored)


def test_bfloat16_is_read_from_the_two_bytes_that_hdf5_makes_of_it():
    import ml_dtypes

    values = np.array([1.5, -2], ml_dtypes.bfloat16)
    file = written(x={"w": values.view("V2")})
    ((_, dataset),) = stored_weights(file, "x.h5")["x"]
    assert read_stored(dataset).tolist() == [1.5, -2]
