"""What a LayersModel cannot say, or would compute differently, is refused by name."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.keras_models.legacy_layers import RandomWidth, StackedRNNCells, gelu_new
from marcelle_nb.formats.keras_models.to_tfjs import to_tfjs
from tests.formats.keras_cases import IMAGE, STEPS, merged, nested, one, states


@keras.saving.register_keras_serializable(package="test")
class Doubled(layers.Layer):
    def call(self, x):
        return 2 * x


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(2)

    def call(self, x):
        return self.dense(x)


def subclassed():
    model = Subclassed()
    model(np.zeros((1, 3)))
    return model


def with_operation():
    x = keras.Input((4,))
    return keras.Model(x, layers.Dense(2)(x) + 1)


def shared_between_models():
    x = keras.Input((4,))
    dense = layers.Dense(4, name="both")
    inner = keras.Sequential([keras.Input((4,)), dense])
    return keras.Model(x, dense(inner(x)))


def trained_call():
    x = keras.Input((4,))
    return keras.Model(x, layers.Dropout(0.3)(x, training=True))


def other_backward():
    backward = layers.LSTM(4, go_backwards=True, activation="relu")
    return one(STEPS, layers.Bidirectional(layers.LSTM(4), backward_layer=backward))


def half():
    return one((4,), layers.Dense(2, dtype="mixed_float16"))


def after_repeat():
    # the second LSTM has no mask, and would get the first one's
    return one(
        (6,),
        layers.Embedding(9, 4, mask_zero=True),
        layers.LSTM(4),
        layers.RepeatVector(6),
        layers.LSTM(3, name="late"),
    )


def merged_masks():
    x, y = keras.Input((6,)), keras.Input((6,))
    words = layers.Embedding(10, 4, mask_zero=True)
    return keras.Model([x, y], layers.LSTM(3, name="late")(layers.Add()([words(x), words(y)])))


def nested_mask():
    inner = one((6,), layers.Embedding(9, 4, mask_zero=True), layers.LSTM(4))
    return one((6,), inner, layers.Dense(2))


def own_mask():
    x, mask = keras.Input(STEPS), keras.Input((5,), dtype="bool")
    return keras.Model([x, mask], layers.LSTM(3, name="late")(x, mask=mask))


def state_and_mask():
    x, h = keras.Input(STEPS), keras.Input((4,))
    return keras.Model([x, h], layers.SimpleRNN(4)(layers.Masking()(x), initial_state=h))


def masked_average():
    return one((6,), layers.Embedding(9, 4, mask_zero=True), layers.GlobalAveragePooling1D())


def masked_bidirectional():
    return one(
        (6,),
        layers.Embedding(9, 4, mask_zero=True),
        layers.Bidirectional(layers.LSTM(4, return_sequences=True)),
    )


def constrained():
    return one((4,), layers.Dense(3, kernel_constraint="non_neg", name="d"))


REFUSED = {
    "activation": (lambda: one((4,), layers.Dense(2, activation="exponential")), "got exponential"),
    "hard_sigmoid": (
        lambda: one(STEPS, layers.LSTM(2, recurrent_activation="hard_sigmoid")),
        r"recurrent_activation: expected clip\(x / 5 \+ 1/2, 0, 1\).*got Keras 3's hard_sigmoid",
    ),
    "gelu_new": (lambda: one((4,), layers.Activation(gelu_new)), "finds again in a file"),
    "gru": (lambda: one(STEPS, layers.GRU(2)), "expected reset_after=False"),
    "gru_cell": (lambda: one(STEPS, layers.RNN(layers.GRUCell(2))), "expected reset_after=False"),
    "up_sampling": (
        lambda: one(IMAGE, layers.UpSampling2D(interpolation="bilinear")),
        "expected interpolation='nearest'",
    ),
    "causal": (lambda: one((9, 3), layers.Conv1D(2, 2, padding="causal")), "got causal"),
    "groups": (lambda: one((8, 8, 4), layers.Conv2D(4, 2, groups=2)), "expected groups=1"),
    "depthwise_dilation": (
        lambda: one(IMAGE, layers.DepthwiseConv2D(2, dilation_rate=2)),
        "expected dilation_rate=1",
    ),
    "transpose_dilation": (
        lambda: one(IMAGE, layers.Conv2DTranspose(2, 2, dilation_rate=2)),
        "expected dilation_rate=1",
    ),
    "output_padding": (
        lambda: one(IMAGE, layers.Conv2DTranspose(2, 3, strides=2, output_padding=1)),
        "expected output_padding=None",
    ),
    "separable": (
        lambda: one(IMAGE, layers.SeparableConv2D(2, 2, data_format="channels_first")),
        "expected data_format='channels_last'",
    ),
    "conv1d_channels_first": (
        lambda: one((9, 3), layers.Conv1D(2, 2, data_format="channels_first")),
        "expected data_format=channels_last",
    ),
    "lacking": (lambda: one((9, 3), layers.UpSampling1D()), "a layer that TensorFlow.js has"),
    "attention": (
        lambda: merged(layers.Attention(), (3, 4), (3, 4)),
        "a layer that TensorFlow.js has.*got Attention",
    ),
    "lambda": (lambda: one((4,), layers.Lambda(lambda x: x)), "got Lambda"),
    "custom": (lambda: one((4,), Doubled()), "got Doubled"),
    "operation": (with_operation, "expected layers only.*got the operation Add"),
    "subclassed": (subclassed, "a Sequential or functional model.*got Subclassed"),
    "dtype": (half, "expected the type float32.*got mixed_float16"),
    "input_dtype": (lambda: one((4,), layers.Dense(2), dtype="float16"), "float32, int32 or bool"),
    "rank_1": (lambda: one((), layers.Activation("relu")), "an input of at least 2 axes"),
    "elu": (lambda: one((4,), layers.ELU(alpha=0.5)), "expected alpha=1"),
    "relu": (lambda: one((4,), layers.ReLU(negative_slope=0.1)), "expected negative_slope=0"),
    "softmax": (lambda: one((4, 5), layers.Softmax(axis=1)), "expected axis=-1"),
    "batch_normalization_axis": (
        lambda: one((4, 5), layers.BatchNormalization(axis=1)),
        "expected axis=-1",
    ),
    "batch_normalization_rank": (
        lambda: one((2, 3, 4, 5), layers.BatchNormalization()),
        "expected an input of 2 to 4 axes",
    ),
    "layer_normalization_constraint": (
        lambda: one((4,), layers.LayerNormalization(gamma_constraint="non_neg")),
        "expected gamma_constraint=None",
    ),
    "keepdims": (
        lambda: one((None, 9, 3), layers.GlobalAveragePooling2D(keepdims=True)),
        "expected keepdims=False",
    ),
    "resizing": (lambda: one(IMAGE, layers.Resizing(4, 4)), "can run inside a model.*got Resizing"),
    "center_crop": (lambda: one(IMAGE, layers.CenterCrop(4, 4)), "got CenterCrop"),
    "random_width": (lambda: one(IMAGE, RandomWidth(0.2)), "got RandomWidth"),
    "one_hot": (
        lambda: one((1,), layers.CategoryEncoding(3, output_mode="one_hot"), dtype="int32"),
        "expected output_mode='multi_hot' or 'count'",
    ),
    "encoded_columns": (
        lambda: one((4,), layers.CategoryEncoding(3), dtype="int32"),
        "expected an input of 3 columns",
    ),
    "flatten": (lambda: one((None, 3), layers.Flatten()), "expected an input of known size"),
    "dot": (lambda: merged(layers.Dot(3), (2, 3, 4), (2, 3, 4)), "inputs of 2 or 3 axes"),
    "regularizer": (
        lambda: one((4,), layers.Dense(4, kernel_regularizer="orthogonal_regularizer")),
        "a regulariser of L1, L2, L1L2",
    ),
    "activity_regularizer": (
        lambda: one((4,), layers.Dense(2, activity_regularizer="l2")),
        "expected no activity_regularizer",
    ),
    "constraint": (constrained, "layer 'd' .*kernel: expected weights that NonNeg leaves"),
    "training": (trained_call, "expected a call without training"),
    "two_models": (shared_between_models, "layer 'both' .*in one model only"),
    "backward_layer": (other_backward, "alike but for their direction"),
    "bidirectional_cell": (
        lambda: one(STEPS, layers.Bidirectional(layers.RNN(layers.LSTMCell(2)))),
        "got RNN",
    ),
    "stack": (
        lambda: states(layers.RNN([layers.LSTMCell(2), layers.LSTMCell(3)], return_state=True)),
        "return_state=False around a stack",
    ),
    "after_repeat": (after_repeat, "layer 'late' .*the mask that TensorFlow.js met last"),
    "merged_masks": (merged_masks, "layer 'late' .*the mask that TensorFlow.js met last"),
    "own_mask": (own_mask, "layer 'late' .*the mask that TensorFlow.js met last"),
    "nested_mask": (nested_mask, "no masks inside a nested model"),
    "state_and_mask": (state_and_mask, "the mask that TensorFlow.js met last"),
    "masked_average": (masked_average, "an average over all steps"),
    "masked_bidirectional": (masked_bidirectional, "repeat the output before"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_with_its_reason_and_what_to_do(name):
    make, reason = REFUSED[name]
    with pytest.raises(ModelFormatError, match=reason) as caught:
        to_tfjs(make())
    assert "format='tfjs-graph'" in str(caught.value)


def test_a_model_without_weights_says_what_to_do():
    with pytest.raises(ModelFormatError, match=r"call model\.build\(input_shape\) first"):
        to_tfjs(keras.Sequential([layers.Dense(2)]))


def test_layers_of_one_name_in_nested_models_are_renamed():
    names = [name for name, _ in to_tfjs(nested()).weights]
    assert len(set(names)) == len(names)
    assert {"hidden/kernel", "hidden_1/kernel", "hidden_2/kernel"} <= set(names)


def test_an_initializer_of_ones_own_becomes_zeros():
    @keras.saving.register_keras_serializable(package="test")
    class Halves(keras.initializers.Initializer):
        def __call__(self, shape, dtype=None):
            return keras.ops.full(shape, 0.5)

        def get_config(self):
            return {}

    topology = to_tfjs(one((4,), layers.Dense(2, kernel_initializer=Halves())))
    config = topology.config["config"]["layers"][1]["config"]
    assert config["kernel_initializer"] == {"class_name": "Zeros", "config": {}}


def test_our_stack_of_cells_may_return_its_states():
    cells = StackedRNNCells([layers.LSTMCell(2), layers.SimpleRNNCell(3)])
    topology = to_tfjs(states(layers.RNN(cells, return_state=True)))
    rnn = topology.config["config"]["layers"][1]
    assert rnn["config"]["cell"]["class_name"] == "StackedRNNCells"


def test_a_frozen_layer_stays_frozen_inside_its_wrapper():
    wrapped = layers.TimeDistributed(layers.Dense(2))
    model = one((3, 4), wrapped)
    wrapped.trainable = False
    layer = to_tfjs(model).config["config"]["layers"][1]["config"]
    assert layer["layer"]["config"]["trainable"] is False
