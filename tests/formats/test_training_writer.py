"""TensorFlow.js trains on where Keras stopped."""

from __future__ import annotations

import json

import keras
import numpy as np
import pytest
from keras import layers

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.keras_models.legacy_optimizers import Adadelta
from marcelle_nb.formats.tfjs.layers_writer import write_layers_model
from marcelle_nb.formats.tfjs.training_writer import training_config
from tests.formats.keras_cases import one
from tests.formats.tfjs_node import fit_tfjs, requires_tfjs

random = np.random.default_rng(0)
X = random.normal(0, 1, (24, 4)).astype("float32")
Y = np.eye(3, dtype="float32")[random.integers(0, 3, 24)]

OPTIMIZERS = {
    "sgd": lambda: keras.optimizers.SGD(0.05),
    "momentum": lambda: keras.optimizers.SGD(0.05, momentum=0.8),
    "nesterov": lambda: keras.optimizers.SGD(0.05, momentum=0.8, nesterov=True),
    "adam": lambda: keras.optimizers.Adam(0.01, beta_1=0.8),
    "rmsprop": lambda: keras.optimizers.RMSprop(0.01),
    "rmsprop_momentum": lambda: keras.optimizers.RMSprop(0.01, rho=0.8, momentum=0.5),
    "rmsprop_centered": lambda: keras.optimizers.RMSprop(0.01, centered=True),
    "adagrad": lambda: keras.optimizers.Adagrad(0.1),
    "adadelta": lambda: Adadelta(0.5),
}


def classifier(activation="softmax"):
    keras.utils.set_random_seed(1)
    return one((4,), layers.Dense(6, activation="relu"), layers.Dense(3, activation=activation))


def train(model, epochs):
    model.fit(X, Y, epochs=epochs, batch_size=len(X), shuffle=False, verbose=0)


@requires_tfjs
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_next_steps_are_those_that_keras_takes(name, tmp_path):
    model = classifier()
    model.compile(OPTIMIZERS[name](), "categorical_crossentropy", metrics=["accuracy"])
    train(model, 3)
    write_layers_model(model, tmp_path)
    fitted = fit_tfjs(tmp_path, [X], [Y], epochs=3, batch_size=len(X))
    before = model.evaluate(X, Y, verbose=0)
    train(model, 3)
    assert fitted.before == pytest.approx(before, abs=1e-5)
    # centred, TensorFlow.js subtracts the epsilon that Keras adds
    near = 1e-4 if name == "rmsprop_centered" else 1e-5
    assert fitted.after == pytest.approx(model.evaluate(X, Y, verbose=0), abs=near)
    assert fitted.after != fitted.before


@requires_tfjs
def test_adamax_begins_anew(tmp_path):
    model = classifier()
    model.compile("adamax", "mse")
    train(model, 2)
    write_layers_model(model, tmp_path)
    document = json.loads((tmp_path / "model.json").read_text())
    assert not [w for w in document["weightsManifest"][0]["weights"] if "group" in w]
    assert fit_tfjs(tmp_path, [X], [Y]).before == pytest.approx(
        [model.evaluate(X, Y, verbose=0)], abs=1e-5
    )


@requires_tfjs
@pytest.mark.parametrize(
    "loss",
    [
        "mse",
        "mae",
        "mean_squared_logarithmic_error",
        "kl_divergence",
        "poisson",
        "log_cosh",
        "cosine_similarity",
        "binary_crossentropy",
        keras.losses.CategoricalCrossentropy(),
    ],
)
def test_a_loss_is_the_one_that_keras_computes(loss, tmp_path):
    # of a softmax, Keras takes the logits for those of a sigmoid
    model = classifier("sigmoid" if loss == "binary_crossentropy" else "softmax")
    model.compile("sgd", loss, metrics=["mae"])
    write_layers_model(model, tmp_path)
    wanted = model.evaluate(X, Y, verbose=0)
    assert fit_tfjs(tmp_path, [X], [Y]).before == pytest.approx(wanted, abs=1e-5)


@requires_tfjs
def test_each_output_has_its_loss(tmp_path):
    x = keras.Input((4,))
    model = keras.Model(x, [layers.Dense(3, name="a")(x), layers.Dense(1, name="b")(x)])
    model.compile("sgd", ["mse", "mae"], metrics={"a": ["mae"]})
    write_layers_model(model, tmp_path)
    ys = [Y, Y[:, :1]]
    wanted = model.evaluate(X, ys, verbose=0, return_dict=True)
    got = fit_tfjs(tmp_path, [X], ys).before
    # TensorFlow.js gives the first loss twice, before and after their sum
    names = ["a_loss", "loss", "a_loss", "b_loss", "a_mae"]
    assert got == pytest.approx([wanted[name] for name in names], abs=1e-5)


def test_a_model_that_is_not_compiled_has_no_configuration():
    assert training_config(classifier()) is None


def test_the_state_is_left_out_on_request(tmp_path):
    model = classifier()
    model.compile("adam", "mse")
    train(model, 1)
    write_layers_model(model, tmp_path, optimizer=False)
    document = json.loads((tmp_path / "model.json").read_text())
    assert "trainingConfig" not in document
    assert not [w for w in document["weightsManifest"][0]["weights"] if "group" in w]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"optimizer": "lion"}, "got Lion"),
        ({"optimizer": "adadelta"}, "takes other steps"),
        ({"optimizer": keras.optimizers.Adam(clipnorm=1.0)}, "without clipnorm"),
        ({"optimizer": keras.optimizers.Adam(amsgrad=True)}, "without amsgrad"),
        ({"optimizer": keras.optimizers.Adagrad(epsilon=0.1)}, "epsilon=1e-07"),
        (
            {
                "optimizer": keras.optimizers.SGD(
                    keras.optimizers.schedules.ExponentialDecay(0.1, 5, 0.9)
                )
            },
            "a constant learning rate",
        ),
        ({"loss": "binary_crossentropy"}, "whose logits Keras takes"),
        ({"loss": "huber"}, "a loss that TensorFlow.js has"),
        ({"loss": keras.losses.CategoricalCrossentropy(from_logits=True)}, "from_logits=False"),
        ({"loss": keras.losses.CategoricalCrossentropy(label_smoothing=0.1)}, "label_smoothing=0"),
        ({"loss": "mse", "loss_weights": [0.5]}, "no loss_weights"),
    ],
)
def test_a_training_that_tensorflow_js_cannot_continue_is_an_error(options, reason):
    model = classifier()
    model.compile(**{"optimizer": "sgd", "loss": "mse", **options})
    with pytest.raises(ModelFormatError, match=reason):
        training_config(model)


def test_a_constraint_is_no_training_of_tensorflow_js():
    model = one((4,), layers.Dense(3, kernel_constraint="non_neg"))
    model.compile("sgd", "mse")
    with pytest.raises(ModelFormatError, match=r"no constraint, which would not be kept, .*kernel"):
        training_config(model)


def test_metrics_that_tensorflow_js_does_not_have_are_left_out():
    model = classifier()
    model.compile(
        "sgd", "mse", metrics=["accuracy", "cosine_similarity", keras.metrics.AUC(), "mse"]
    )
    config = training_config(model)
    assert config is not None
    assert config["metrics"] == ["accuracy", "mse"]


def test_a_frozen_normalization_is_no_training_of_tensorflow_js():
    inner = one((4,), layers.Dense(3), layers.BatchNormalization())
    model = one((4,), inner, layers.Dense(3))
    inner.trainable = False
    model.compile("sgd", "mse")
    with pytest.raises(ModelFormatError, match="no frozen BatchNormalization"):
        training_config(model)
