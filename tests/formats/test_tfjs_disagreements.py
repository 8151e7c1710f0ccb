"""What Keras would silently compute otherwise is refused, by the layer's name."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.keras_models.build import build_model
from marcelle_nb.formats.keras_models.tfjs_disagreements import (
    check_biases,
    check_normalized_axes,
    check_training,
)
from marcelle_nb.formats.keras_models.to_tfjs import to_tfjs
from marcelle_nb.formats.keras_models.translate import translate
from tests.formats.layers_models import topology


def built(kind, shape, **config):
    layer = (kind, {**config, "batch_input_shape": [None, *shape]})
    return build_model(translate(topology(layer), origin="tfjs"), what="it")


def test_normalization_along_another_axis_is_refused():
    with pytest.raises(ModelFormatError, match=r"'batchnormalization_0': expected axis -1, got 1"):
        check_normalized_axes(built("BatchNormalization", [3, 4], axis=1), "m.json")


@pytest.mark.parametrize(("axis", "shape"), [(1, [3, 1, 1]), (3, [2, 2, 3]), (-1, [2, 3])])
def test_an_axis_after_which_nothing_comes_is_the_last(axis, shape):
    model = built("BatchNormalization", shape, axis=axis)
    check_normalized_axes(model, "m.json")
    assert to_tfjs(model).config["config"]["layers"][-1]["class_name"] == "BatchNormalization"


FIRST = {"kernel_size": 3, "padding": "same", "data_format": "channels_first"}
MISPLACED = [
    ("Conv2D", [3, 5, 4], {"filters": 4, **FIRST}),
    ("Conv3D", [3, 2, 5, 4], {"filters": 4, **FIRST}),
    ("Conv2DTranspose", [3, 5, 4], {"filters": 4, **FIRST}),
    ("DepthwiseConv2D", [4, 5, 4], {"depth_multiplier": 1, **FIRST}),
]


@pytest.mark.parametrize(("kind", "shape", "config"), MISPLACED)
def test_a_bias_that_keras_adds_to_the_columns_is_refused(kind, shape, config):
    model = built(kind, shape, **config)
    x = np.zeros((1, *shape), "float32")
    model.layers[-1].bias.assign([1, 2, 3, 4])
    # that this fails tells that Keras has mended it, and the check can go
    assert np.asarray(model(x))[0].reshape(4, -1)[0].tolist()[:4] == [1, 2, 3, 4]
    with pytest.raises(ModelFormatError, match=f"'{kind.lower()}_0'.*adds the bias to the columns"):
        check_biases(model, "m.json")
    with pytest.raises(ModelFormatError, match="a bias for each channel"):
        to_tfjs(model)


def test_other_biases_are_let_through():
    check_biases(built("Conv2D", [3, 5, 6], filters=4, **FIRST), "m.json")
    check_biases(built("Conv2D", [3, 5, 4], filters=4, use_bias=False, **FIRST), "m.json")
    check_biases(built("Conv2D", [5, 4, 3], filters=4, kernel_size=3, padding="same"), "m.json")


def test_training_with_a_constraint_is_refused():
    model = built("Dense", [3], units=2, kernel_constraint="non_neg")
    with pytest.raises(ModelFormatError, match=r"'dense_0': expected no constraint of 'kernel'"):
        check_training(model, "m.json")
    model.trainable = False
    check_training(model, "m.json")


def test_training_beside_a_frozen_normalization_is_refused():
    model = built("BatchNormalization", [3], trainable=False)
    with pytest.raises(ModelFormatError, match=r"'batchnormalization_0': expected .* that trains"):
        check_training(model, "m.json")
    check_training(keras.Sequential([keras.Input((3,)), keras.layers.BatchNormalization()]), "m")
