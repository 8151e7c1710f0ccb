import keras
import numpy as np
import pytest

from marcelle_nb.models.keras_optimizers import (
    OPTIMIZERS,
    OWN,
    learning_rate_of,
    name_of,
    new_optimizer,
    recompile,
)


@pytest.mark.parametrize("name", [name for name in OPTIMIZERS if name != OWN])
def test_each_name_of_the_menu_makes_an_optimizer_that_has_this_name(name):
    optimizer = new_optimizer(name, 0.25)
    assert name_of(optimizer) == name
    assert learning_rate_of(optimizer) == 0.25


def test_an_optimizer_of_no_such_name_is_the_models_own():
    assert name_of(keras.optimizers.Muon()) == OWN


def test_a_schedule_has_no_one_learning_rate():
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)
    assert learning_rate_of(keras.optimizers.SGD(schedule)) is None


def test_another_optimizer_leaves_loss_and_metrics_as_they_are():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("adam", loss="mae", metrics=["mse"])
    recompile(model, keras.optimizers.SGD(0.5))
    logs = model.train_on_batch(np.ones((1, 2)), np.ones((1, 1)), return_dict=True)
    assert (name_of(model.optimizer), model.loss, set(logs)) == ("sgd", "mae", {"loss", "mse"})
