"""Bilinear enlargement as TensorFlow.js computes it."""

from __future__ import annotations

from typing import Any

import keras


@keras.saving.register_keras_serializable(package="marcelle_nb")
class UpSampling2D(keras.layers.UpSampling2D):  # type: ignore[misc] # Keras has no types
    """Enlarge images bilinearly, sampling at the corners of pixels as TensorFlow.js does.

    Keras samples at their centres, which gives other numbers.
    """

    def call(self, inputs: Any) -> Any:
        """Enlarge a batch of images of shape (n, height, width, channels), or channels first."""
        import tensorflow as tf

        first = self.data_format == "channels_first"
        images = tf.transpose(inputs, (0, 2, 3, 1)) if first else inputs
        size = tf.shape(images)[1:3] * tf.constant(self.size, tf.int32)
        images = tf.raw_ops.ResizeBilinear(images=images, size=size, half_pixel_centers=False)
        images = tf.cast(images, inputs.dtype)
        return tf.transpose(images, (0, 3, 1, 2)) if first else images
