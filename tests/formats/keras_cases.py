"""Keras 3 models of all kinds that a LayersModel can say, for tests of what is written."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers

from marcelle_nb.formats.keras_models.legacy_activations import hard_sigmoid
from marcelle_nb.formats.keras_models.legacy_layers import ThresholdedReLU, UpSampling2D

IMAGE = (8, 9, 3)
STEPS = (5, 3)


def one(shape: tuple[Any, ...], *stack: Any, dtype: str = "float32") -> keras.Model:
    """Give a Sequential on inputs of a shape, without the batch."""
    return keras.Sequential([keras.Input(shape, dtype=dtype), *stack])


def shared() -> keras.Model:
    """Give a model whose shared layer TensorFlow.js calls in another order than Keras did."""
    x, y = keras.Input((5,), name="x"), keras.Input((5,), name="y")
    both = layers.Dense(4, activation="tanh", name="both")
    deep = both(layers.Dense(5, name="second")(layers.Dense(5, name="first")(x)))
    return keras.Model([x, y], layers.Concatenate()([deep, layers.Dense(3)(both(y))]))


def nested(*, twice: bool = False) -> keras.Model:
    """Give a model of models that have layers of the same names."""

    def inner(name: str) -> keras.Model:
        stack = [
            layers.Dense(4, activation="relu", name="hidden"),
            layers.BatchNormalization(name="bn"),
        ]
        return keras.Sequential([keras.Input((5,)), *stack], name=name)

    x, y = keras.Input((5,)), keras.Input((5,))
    first = inner("a")
    second = first if twice else inner("b")
    z = keras.Input((4,))
    head = keras.Model(z, layers.Dense(2, name="hidden")(z), name="head")
    return keras.Model([x, y], head(layers.Add()([first(x), second(y)])))


def ends() -> keras.Model:
    """Give a model with several inputs and outputs, in a model, one of which is an input."""
    a, b = keras.Input((5,)), keras.Input((4,))
    total = layers.Add()([layers.Dense(3)(a), layers.Dense(3)(b)])
    inner = keras.Model([a, b], [total, layers.Dense(2)(total)])
    x, y = keras.Input((5,), name="x"), keras.Input((4,), name="y")
    first, second = inner([x, y])
    return keras.Model([x, y], [second, layers.Dense(2)(first), x])


def by_name() -> keras.Model:
    """Give a model whose inputs and outputs have keys."""
    x, y = keras.Input((5,), name="x"), keras.Input((4,), name="y")
    joined = layers.Concatenate()([y, x])
    return keras.Model({"x": x, "y": y}, {"p": layers.Dense(2)(joined), "a": layers.Dense(3)(x)})


def encoder() -> keras.Model:
    """Give an LSTM that goes on with another one's states."""
    x, y = keras.Input(STEPS), keras.Input((4, 2))
    _, h, c = layers.LSTM(4, return_state=True)(x)
    decoded = layers.LSTM(4, return_sequences=True)(y, initial_state=[h, c])
    return keras.Model([x, y], layers.TimeDistributed(layers.Dense(2))(decoded))


def branches() -> keras.Model:
    """Give a model whose layers come in no obvious order."""
    x = keras.Input((4,))
    a = layers.Dense(3, name="z")(x)
    b = layers.Dense(3, name="a")(layers.Dense(6, name="m")(x))
    c = layers.Dense(3, name="k")(layers.Add()([a, b]))
    return keras.Model(x, [layers.Multiply()([c, a]), layers.Dense(1, name="b")(b)])


def part_of_another() -> keras.Model:
    """Give a model that begins in the middle of another one."""
    x = keras.Input((4,))
    hidden = layers.Dense(3)(x)
    whole = keras.Model(x, layers.Dense(2)(layers.Dense(3)(hidden)))
    return keras.Model(whole.layers[1].output, whole.output)


def transfer() -> keras.Model:
    """Give a frozen convolutional base under a new head, as a lesson on transfer does."""
    base = one(IMAGE, layers.Conv2D(4, 3), layers.BatchNormalization(), layers.ReLU(6.0))
    base.trainable = False
    x = keras.Input(IMAGE)
    y = layers.Rescaling(1 / 127.5, offset=-1)(x)
    y = layers.GlobalAveragePooling2D()(base(y, training=False))
    return keras.Model(x, layers.Dense(3, activation="softmax")(layers.Dropout(0.3)(y)))


def merged(layer: Any, *shapes: tuple[int, ...]) -> keras.Model:
    """Give a model of one layer on several inputs."""
    inputs = [keras.Input(shape) for shape in shapes]
    return keras.Model(inputs, layer(inputs))


def states(layer: Any) -> keras.Model:
    """Give a model of all that a layer returns."""
    x = keras.Input(STEPS)
    return keras.Model(x, layer(x))


def _gru(**options: Any) -> Any:
    return layers.GRU(4, reset_after=False, **options)


CASES: dict[str, Any] = {
    **{
        f"activation_{name}": (lambda name=name: one((4,), layers.Dense(3, activation=name)))
        for name in [
            "elu",
            "gelu",
            "linear",
            "log_softmax",
            "mish",
            "relu",
            "relu6",
            "selu",
            "sigmoid",
            "softmax",
            "softplus",
            "softsign",
            "tanh",
            "swish",
            "silu",
        ]
    },
    "activation_hard_sigmoid": lambda: one((4,), layers.Activation(hard_sigmoid)),
    "elu": lambda: one((4,), layers.ELU()),
    "relu": lambda: one((4,), layers.ReLU(max_value=0.5)),
    "leaky_relu": lambda: one((4,), layers.LeakyReLU(negative_slope=0.13)),
    "prelu": lambda: one(IMAGE, layers.PReLU(shared_axes=[1, 2])),
    "softmax": lambda: one((4, 5), layers.Softmax()),
    "softmax_axes": lambda: one((4, 5), layers.Softmax(axis=[1, 2])),
    "thresholded_relu": lambda: one((4,), ThresholdedReLU(theta=0.3)),
    "conv1d": lambda: one((9, 3), layers.Conv1D(4, 3, padding="same", activation="relu")),
    "conv2d": lambda: one(IMAGE, layers.Conv2D(4, (3, 2), strides=2, padding="same")),
    "conv2d_dilated": lambda: one(IMAGE, layers.Conv2D(4, 2, dilation_rate=(2, 3), use_bias=False)),
    "conv2d_channels_first": lambda: one(
        IMAGE, layers.Conv2D(4, 3, data_format="channels_first", padding="same")
    ),
    "conv3d": lambda: one((4, 5, 4, 2), layers.Conv3D(3, 2, strides=(1, 2, 1))),
    "conv2d_transpose": lambda: one(IMAGE, layers.Conv2DTranspose(4, 3, strides=2, padding="same")),
    "conv3d_transpose": lambda: one((3, 3, 3, 2), layers.Conv3DTranspose(2, 2, strides=2)),
    "separable_conv2d": lambda: one(IMAGE, layers.SeparableConv2D(5, 3, depth_multiplier=2)),
    "separable_conv2d_channels_first": lambda: one(
        IMAGE, layers.SeparableConv2D(5, 3, data_format="channels_first", use_bias=False)
    ),
    "depthwise_conv2d": lambda: one(
        IMAGE, layers.DepthwiseConv2D(3, strides=2, depth_multiplier=2)
    ),
    "cropping2d": lambda: one(IMAGE, layers.Cropping2D(((1, 2), (0, 3)))),
    "zero_padding2d": lambda: one(IMAGE, layers.ZeroPadding2D(((1, 2), (0, 3)))),
    "up_sampling2d": lambda: one(IMAGE, layers.UpSampling2D((2, 3))),
    "up_sampling2d_bilinear": lambda: one(IMAGE, UpSampling2D((2, 3), interpolation="bilinear")),
    "max_pooling1d": lambda: one((9, 3), layers.MaxPooling1D(3, strides=2, padding="same")),
    "average_pooling2d": lambda: one(IMAGE, layers.AveragePooling2D(3, padding="same")),
    "max_pooling3d": lambda: one((4, 5, 4, 2), layers.MaxPooling3D(2)),
    "average_pooling3d": lambda: one((4, 5, 4, 2), layers.AveragePooling3D(2, padding="same")),
    "global_average_pooling1d": lambda: one((9, 3), layers.GlobalAveragePooling1D()),
    "global_average_pooling2d_kept": lambda: one(
        IMAGE, layers.GlobalAveragePooling2D(keepdims=True)
    ),
    "global_max_pooling1d_kept": lambda: one((9, 3), layers.GlobalMaxPooling1D(keepdims=True)),
    "global_max_pooling1d": lambda: one((9, 3), layers.GlobalMaxPooling1D()),
    "global_max_pooling2d": lambda: one(IMAGE, layers.GlobalMaxPooling2D()),
    "dense_4d": lambda: one(
        (2, 3, 4), layers.Dense(3, kernel_regularizer="l2", bias_constraint="non_neg")
    ),
    "initializers": lambda: one(
        (4,),
        layers.Dense(4, kernel_initializer=keras.initializers.IdentityInitializer(2.0)),
        layers.Dense(
            3, kernel_initializer="he_uniform", bias_initializer=keras.initializers.Constant(2)
        ),
        layers.Dense(3, kernel_initializer=keras.initializers.Orthogonal(seed=1)),
        layers.Dense(
            3,
            kernel_initializer=keras.initializers.VarianceScaling(
                distribution="untruncated_normal"
            ),
        ),
    ),
    "constraints": lambda: one(
        (4,),
        layers.Dense(4, kernel_constraint=keras.constraints.MinMaxNorm(0.1, 0.9)),
        layers.Dense(
            4, kernel_constraint="unit_norm", bias_regularizer=keras.regularizers.L1L2(0.1, 0.2)
        ),
        layers.Dense(4, kernel_constraint=keras.constraints.MaxNorm(3, axis=[0, 1])),
    ),
    "identity": lambda: one((4,), layers.Identity(), layers.Dense(2)),
    "flatten": lambda: one((2, 3, 4), layers.Flatten()),
    "flatten_flat": lambda: one((4,), layers.Flatten(), layers.Dense(2)),
    "flatten_channels_first": lambda: one((2, 3, 4), layers.Flatten(data_format="channels_first")),
    "reshape": lambda: one((2, 3, 4), layers.Reshape((-1, 4)), layers.Permute((2, 1))),
    "repeat_vector": lambda: one((4,), layers.RepeatVector(3)),
    "noise": lambda: one(
        (4, 3),
        layers.GaussianNoise(0.1),
        layers.GaussianDropout(0.1),
        layers.AlphaDropout(0.1),
        layers.SpatialDropout1D(0.1),
        layers.Dropout(0.2, seed=3),
    ),
    "embedding": lambda: one((6,), layers.Embedding(10, 4), layers.Flatten(), dtype="int32"),
    "rescaling": lambda: one(IMAGE, layers.Rescaling([1.0, 2.0, 3.0], offset=[0.1, 0.2, 0.3])),
    "rescaling_of_bytes": lambda: one(IMAGE, layers.Rescaling(1 / 255), dtype="uint8"),
    "category_encoding": lambda: one(
        (10,), layers.CategoryEncoding(10), layers.Dense(2), dtype="int32"
    ),
    "batch_normalization": lambda: one(
        (4, 3), layers.BatchNormalization(), layers.BatchNormalization(scale=False)
    ),
    "layer_normalization": lambda: one(
        (4, 3), layers.LayerNormalization(), layers.LayerNormalization(axis=[1, 2])
    ),
    "simple_rnn": lambda: one(
        STEPS, layers.SimpleRNN(4, return_sequences=True), layers.SimpleRNN(3)
    ),
    "lstm": lambda: one(
        STEPS,
        layers.LSTM(4, return_sequences=True, go_backwards=True),
        layers.LSTM(3, use_bias=False),
    ),
    "gru": lambda: one(STEPS, _gru(return_sequences=True, activation="relu"), _gru()),
    "lstm_state": lambda: states(layers.LSTM(4, return_state=True, return_sequences=True)),
    "rnn_cell": lambda: one(STEPS, layers.RNN(layers.LSTMCell(4), return_sequences=True)),
    "rnn_cells": lambda: one(
        STEPS,
        layers.RNN(
            [layers.LSTMCell(4), layers.GRUCell(3, reset_after=False), layers.SimpleRNNCell(2)]
        ),
    ),
    "conv_lstm2d": lambda: one((3, 5, 5, 2), layers.ConvLSTM2D(3, 2, return_sequences=True)),
    "bidirectional": lambda: one(
        STEPS,
        layers.Bidirectional(layers.LSTM(4, return_sequences=True)),
        layers.Bidirectional(_gru(), merge_mode="sum"),
    ),
    "bidirectional_apart": lambda: states(
        layers.Bidirectional(_gru(return_sequences=True), merge_mode=None)
    ),
    "bidirectional_state": lambda: states(layers.Bidirectional(layers.LSTM(3, return_state=True))),
    "bidirectional_convolution": lambda: one(
        (3, 5, 5, 2), layers.Bidirectional(layers.ConvLSTM2D(3, 2, return_sequences=True))
    ),
    "time_distributed": lambda: one(
        (3, *IMAGE),
        layers.TimeDistributed(layers.Conv2D(2, 3)),
        layers.TimeDistributed(layers.Flatten()),
    ),
    "time_distributed_model": lambda: one(
        (3, 4), layers.TimeDistributed(one((4,), layers.Dense(3), layers.Dense(2)))
    ),
    "time_distributed_lstm": lambda: one(
        (2, *STEPS), layers.TimeDistributed(layers.Bidirectional(layers.LSTM(3)))
    ),
    "add": lambda: merged(layers.Add(), (3, 4), (1, 4), (3, 4)),
    "multiply": lambda: merged(layers.Multiply(), (3, 4), (4,)),
    "average": lambda: merged(layers.Average(), (3, 4), (3, 4), (3, 4)),
    "maximum": lambda: merged(layers.Maximum(), (3, 4), (3, 4)),
    "minimum": lambda: merged(layers.Minimum(), (3, 4), (3, 4)),
    "concatenate": lambda: merged(layers.Concatenate(axis=-2), (3, 4), (3, 4)),
    "dot": lambda: merged(layers.Dot((-1, 1), normalize=True), (3, 4), (4, 2)),
    "dot_mixed": lambda: merged(layers.Dot((2, 1)), (3, 4), (4,)),
    "masked": lambda: one(
        (6,),
        layers.Embedding(10, 4, mask_zero=True),
        layers.LSTM(4, return_sequences=True),
        layers.Dropout(0.1),
        _gru(),
        layers.Dense(2),
        dtype="int32",
    ),
    "masked_bidirectional": lambda: one(
        (6,),
        layers.Embedding(10, 4, mask_zero=True),
        layers.Bidirectional(layers.LSTM(4)),
        dtype="int32",
    ),
    # only Keras lets the mask through, but TensorFlow.js hands on the one that it met last
    "masked_afterwards": lambda: one(
        (6,),
        layers.Embedding(10, 4, mask_zero=True),
        layers.LeakyReLU(),
        layers.LSTM(4),
        dtype="int32",
    ),
    "masking": lambda: one(STEPS, layers.Masking(), layers.SimpleRNN(4), layers.Dense(2)),
    "shared": shared,
    "nested": nested,
    "nested_twice": lambda: nested(twice=True),
    "ends": ends,
    "by_name": by_name,
    "encoder": encoder,
    "branches": branches,
    "part_of_another": part_of_another,
    "transfer": transfer,
}


def randomized(model: keras.Model) -> keras.Model:
    """Give every weight new numbers: a layer that starts at zero or one shows no mistake."""
    random = np.random.default_rng(1)
    for variable in model.weights:
        values = random.normal(0, 0.5, variable.shape)
        variable.assign(np.abs(values) + 0.3 if "variance" in variable.path else values)
        if variable.constraint is not None:
            variable.assign(variable.constraint(variable.value))
    return model


def inputs_of(model: keras.Model, n: int = 2) -> list[np.ndarray[Any, Any]]:
    """Give inputs; whole numbers stay below 10, and the last steps are zero, which masks."""
    random = np.random.default_rng(2)
    arrays = []
    for tensor in model.inputs:
        shape = [n, *(6 if size is None else size for size in tensor.shape[1:])]
        if "int" in str(tensor.dtype):
            array = random.integers(1, 10, shape)
        else:
            array = random.normal(0, 1, shape).astype("float32")
        if any(type(layer).__name__ in {"Embedding", "Masking"} for layer in model.layers):
            array[0, -2:] = 0
        arrays.append(array.astype(tensor.dtype))
    return arrays
