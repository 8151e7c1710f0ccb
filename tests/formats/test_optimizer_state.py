from __future__ import annotations

import io

import h5py
import numpy as np
import pytest

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.keras_models.optimizer_state import restore_nadam, restore_optimizer


def written(**weights):
    file = h5py.File(io.BytesIO(), "w")
    group = file.create_group("optimizer_weights")
    group.attrs["weight_names"] = list(weights)
    for name, values in weights.items():
        group[name] = values
    return file


@pytest.fixture
def model():
    import keras

    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, name="d")])
    model.compile("adam", "mse")
    model.optimizer.build(model.trainable_variables)
    return model


def variables(model):
    return {"d/kernel:0": model.layers[0].kernel, "d/bias:0": model.layers[0].bias}


M, V = np.full((3, 2), 5, np.float32), np.full((3, 2), 7, np.float32)
WAYS = {
    "Keras 2": {"iteration:0": 9, "Adam/m/d/kernel:0": M, "Adam/v/d/kernel:0": V},
    "before 2.11": {"Adam/iter:0": 9, "Adam/d/kernel/m:0": M, "Adam/d/kernel/v:0": V},
    "long before": {
        "training/Adam/iter:0": 9,
        "training/Adam/d/kernel/m:0": M,
        "training/Adam/d/kernel/v:0": V,
    },
    "Keras 3": {"adam/iteration": 9, "adam/d_kernel_momentum": M, "adam/d_kernel_velocity": V},
}


@pytest.mark.parametrize("way", WAYS)
def test_every_version_of_keras_names_the_state_in_its_way(model, way):
    assert restore_optimizer(written(**WAYS[way]), model, variables(model), "x.h5")
    assert int(model.optimizer.iterations) == 9
    state = {variable.name: variable.numpy() for variable in model.optimizer.variables}
    for ending, value in (("d_kernel_momentum", 5), ("d_kernel_velocity", 7)):
        (values,) = (values for name, values in state.items() if name.endswith(ending))
        assert np.all(values == value)


def test_a_file_without_state_leaves_a_fresh_optimizer(model):
    assert not restore_optimizer(h5py.File(io.BytesIO(), "w"), model, {}, "x.h5")
    assert int(model.optimizer.iterations) == 0


def test_a_state_of_another_shape_is_refused_and_nothing_is_set(model):
    state = {"iteration:0": 9, "Adam/m/d/kernel:0": np.zeros((2, 2))}
    with pytest.raises(ModelFormatError, match=r"kernel:0: expected shape \(3, 2\), got \(2, 2\)"):
        restore_optimizer(written(**state), model, variables(model), "x.h5")
    assert int(model.optimizer.iterations) == 0


def test_the_product_that_nadam_does_not_save_is_worked_out():
    import keras

    weight = keras.Variable(np.zeros(1, np.float32))
    steady, resumed = keras.optimizers.Nadam(), keras.optimizers.Nadam()
    for _ in range(7):
        steady.apply([np.ones(1, np.float32)], [weight])
    resumed.build([weight])
    resumed.iterations.assign(7)
    restore_nadam(resumed)
    assert float(resumed._u_product.value) == pytest.approx(
        float(steady._u_product.value), rel=1e-5
    )
