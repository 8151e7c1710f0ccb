"""A detector of coloured things, in the form of those that the package coco-ssd uses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.formats.tensorflow_start import start_tensorflow
from marcelle_nb.formats.tfjs.graph_writer import write_graph_model
from marcelle_nb.models.coco_classes import N_NUMBERS

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

COLOURS = {
    53: (205, 35, 40),  # apple
    55: (240, 135, 20),  # orange
    52: (240, 215, 40),  # banana
    37: (40, 90, 220),  # sports ball
}
"""The numbers that COCO has for its things, and how these look here."""

HEIGHT, WIDTH = 72, 96
"""Every picture is made so small first."""

_SIDES = (8, 12, 17, 24, 34, 48)
_STEP = 2
_AROUND = 1.6
"""How far a thing's surroundings reach, as a multiple of its side."""


def write_practice_detector(folder: Path) -> Path:
    """Write the files; give the path of `model.json`.

    A square of each size is laid on every second pixel. Its score is how much of it has the colour
    of a thing, less how much of what is around it has.
    """
    start_tensorflow()
    import tensorflow as tf

    picture = tf.TensorSpec([1, None, None, 3], tf.int32, name="image_tensor")
    network = tf.function(_detect, input_signature=[picture], autograph=False)
    return write_graph_model(network, folder)[0]


def _detect(image: Any) -> tuple[Any, Any]:
    import tensorflow as tf

    small = tf.image.resize(tf.cast(image, tf.float32), (HEIGHT, WIDTH)) / 255.0
    colour = small - tf.reduce_mean(small, -1, keepdims=True)
    strength = tf.sqrt(tf.reduce_sum(colour * colour, -1, keepdims=True) + 1e-6)
    likeness = tf.nn.conv2d(colour / strength, _directions(), 1, "SAME")
    match = tf.sigmoid(60.0 * (likeness - 0.95)) * tf.sigmoid(40.0 * (strength - 0.25))
    rows = []
    for side in _SIDES:
        wide = round(side * _AROUND)
        inside = tf.nn.avg_pool2d(match, side, _STEP, "SAME")
        both = tf.nn.avg_pool2d(match, wide, _STEP, "SAME")
        share = (side / wide) ** 2
        around = tf.nn.relu((both - inside * share) / (1 - share))
        rows.append(tf.reshape(inside - 3.0 * around, [-1, len(COLOURS)]))
    scores = tf.clip_by_value(1.2 * tf.concat(rows, 0), 0.0, 0.99)  # a disc fills 0.79 of a square
    return tf.expand_dims(tf.matmul(scores, _columns()), 0), tf.constant(_boxes())


def _directions() -> NDArray[np.float32]:
    """Give what each colour is but for its brightness, as a kernel, shape (1, 1, 3, n_colours)."""
    colours = np.array([*COLOURS.values()], np.float32)
    colours -= colours.mean(1, keepdims=True)
    colours /= np.linalg.norm(colours, axis=1, keepdims=True)
    return colours.T[None, None]


def _columns() -> NDArray[np.float32]:
    """Give what puts each colour under its thing's number."""
    return np.eye(N_NUMBERS, dtype=np.float32)[[number - 1 for number in COLOURS]]


def _boxes() -> NDArray[np.float32]:
    """Give the squares as shares of a picture, shape (1, n_boxes, 1, 4), in the scores' order."""
    rows = []
    for side in _SIDES:
        tops, lefts = _starts(HEIGHT, side), _starts(WIDTH, side)
        top, left = (it.ravel() for it in np.meshgrid(tops, lefts, indexing="ij"))
        rows.append(np.stack([top, left, top + side, left + side], 1))
    shares = np.concatenate(rows) / [HEIGHT, WIDTH, HEIGHT, WIDTH]
    return np.clip(shares, 0, 1).astype(np.float32)[None, :, None]


def _starts(length: int, side: int) -> NDArray[np.intp]:
    """Give where TensorFlow's "SAME" lays a window of a side."""
    count = -(-length // _STEP)
    before = max((count - 1) * _STEP + side - length, 0) // 2
    return np.arange(count) * _STEP - before
