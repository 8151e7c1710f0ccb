"""Keras models and functions from which the writers of other formats are tested."""

from __future__ import annotations

import numpy as np

RANDOM = np.random.default_rng(5)


def cases():
    """Give a source, its inputs, and what it computes of them, by name."""
    import keras
    import tensorflow as tf

    layers = keras.layers
    keras.utils.set_random_seed(7)
    picture = keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            layers.Conv2D(4, 3),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.GlobalAveragePooling2D(),
            layers.Dense(2, name="scores"),
        ]
    )
    free = keras.Sequential(
        [keras.Input((None, None, 3)), layers.Conv2D(4, 3), layers.GlobalMaxPooling2D()]
    )
    words = keras.Sequential(
        [keras.Input((5,), dtype="int32"), layers.Embedding(10, 4), layers.Flatten()]
    )
    lstm = keras.Sequential([keras.Input((5, 3)), layers.LSTM(4), layers.Dense(2)])
    second, first = keras.Input((4,), name="b_in"), keras.Input((4,), name="a_in")
    two = keras.Model(
        [second, first],
        [layers.Add(name="z")([second, first]), layers.Subtract(name="y")([second, first])],
    )
    inside = keras.Input((6, 8))
    attention = keras.Model(inside, layers.MultiHeadAttention(2, 4)(inside, inside))
    specs = [tf.TensorSpec([None, 4], name=name) for name in "pq"]
    function = tf.function(
        lambda p, q: {"top": tf.math.top_k(p, 2)[0], "sum": p + q}, input_signature=specs
    )
    rows: dict[str, list[tuple[int, ...]]] = {
        "picture": [(8, 8, 3)],
        "free": [(9, 7, 3)],
        "lstm": [(5, 3)],
        "two": [(4,), (4,)],
        "attention": [(6, 8)],
    }
    models = {"picture": picture, "free": free, "lstm": lstm, "two": two, "attention": attention}

    for name, model in models.items():
        arrays = [RANDOM.random((3, *shape)).astype(np.float32) for shape in rows[name]]
        yield name, (model, arrays, _answers(model(arrays if len(arrays) > 1 else arrays[0])))
    numbers = RANDOM.integers(0, 10, (3, 5)).astype(np.int32)
    yield "words", (words, [numbers], _answers(words(numbers)))
    arrays = [RANDOM.random((3, 4)).astype(np.float32) for _ in range(2)]
    yield "function", (function, arrays, _answers(function(*arrays)))


def _answers(result):
    import tensorflow as tf

    return [tensor.numpy() for tensor in tf.nest.flatten(result)]


def inverse():
    """Give a function whose operation hardly any other format has."""
    import tensorflow as tf

    spec = tf.TensorSpec([2, 2], name="x")
    return tf.function(tf.linalg.inv, input_signature=[spec])
