from __future__ import annotations

import pytest

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.keras_models.training_setup import check_losses, compile_as_saved

SGD = {"class_name": "SGD", "config": {"learning_rate": 0.5}}


@pytest.fixture
def model():
    import keras

    return keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])


def test_what_keras_2_says_in_its_own_way_is_said_in_that_of_keras_3(model):
    optimizer = {
        "class_name": "Custom>Adam",
        "config": {"learning_rate": 0.25, "beta_1": 0.5, "is_legacy_optimizer": False, "name": "A"},
    }
    loss = {
        "class_name": "CategoricalCrossentropy",
        "config": {"from_logits": True, "reduction": "auto", "fn": "categorical_crossentropy"},
    }
    metric = {
        "class_name": "MeanMetricWrapper",
        "config": {"name": "accuracy", "fn": "categorical_accuracy"},
    }
    config = {"optimizer_config": optimizer, "loss": loss, "metrics": [[metric]]}
    compile_as_saved(model, config, "m.h5")
    assert float(model.optimizer.learning_rate) == 0.25
    assert model.optimizer.beta_1 == 0.5
    assert model.optimizer.built
    assert model.loss.from_logits is True
    assert model.loss.reduction == "sum_over_batch_size"


def test_a_decay_becomes_the_schedule_that_it_was(model):
    sgd = {"class_name": "SGD", "config": {"lr": 0.5, "decay": 0.1, "momentum": 0.9}}
    compile_as_saved(model, {"optimizer_config": sgd, "loss": "mse"}, "m.h5")
    model.optimizer.iterations.assign(5)
    assert float(model.optimizer.learning_rate) == pytest.approx(0.5 / 1.5)


def test_an_optimizer_may_be_told_by_its_name(model):
    compile_as_saved(model, {"optimizer": "rmsprop", "loss": ["mse"]}, "m.keras")
    assert type(model.optimizer).__name__ == "RMSprop"


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"optimizer_config": None},
        {"optimizer_config": {"class_name": "Mine", "config": {}}},
        {"optimizer_config": SGD, "loss": "mine"},
        {"optimizer_config": SGD, "loss": {"class_name": "Mine", "config": {}}},
        {"optimizer_config": SGD, "loss": "mse", "metrics": [{"class_name": "Mine"}]},
    ],
)
def test_what_keras_3_lacks_is_refused(model, config):
    with pytest.raises(ModelFormatError, match="expected a training configuration that Keras 3"):
        compile_as_saved(model, config, "m.h5")


def test_losses_are_looked_up_wherever_they_stand():
    check_losses({"a": "mse", "b": ["mae", {"class_name": "Mine"}]})
    with pytest.raises(ValueError, match="mine"):
        check_losses({"a": ["mse", "mine"]})
