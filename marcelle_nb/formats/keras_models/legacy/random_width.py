"""Random stretching of images, which Keras 3 lacks."""

from __future__ import annotations

from typing import Any

import keras


@keras.saving.register_keras_serializable(package="marcelle_nb")
class RandomWidth(keras.layers.Layer):  # type: ignore[misc] # Keras has no types
    """Stretch images to a random width while training; leave them as they are otherwise.

    Parameters
    ----------
    factor : float or (float, float)
        The least and greatest change, as a part of the width: 0.2 means from -0.2 to 0.2.
    interpolation : str
        `"bilinear"` or `"nearest"`.
    seed : int, optional
    **kwargs
        As of every layer.

    Raises
    ------
    ValueError
        If the factor or the interpolation is another.
    """

    def __init__(
        self,
        factor: Any,
        interpolation: str = "bilinear",
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        low, high = factor if isinstance(factor, list | tuple) else (-factor, factor)
        if not -1.0 < low <= high or interpolation not in {"bilinear", "nearest"}:
            raise ValueError(
                "RandomWidth: expected a factor above -1 and 'bilinear' or 'nearest', got "
                f"{factor!r:.40} and {interpolation!r:.40}"
            )
        self.factor = (float(low), float(high))
        self.interpolation = interpolation
        self.seed = seed
        self.generator = keras.random.SeedGenerator(seed)
        self.built = True

    def call(self, inputs: Any, training: bool = False) -> Any:  # noqa: FBT001, FBT002
        """Stretch images of shape (n, height, width, channels) or (height, width, channels)."""
        if not training:
            return inputs
        import tensorflow as tf

        images = tf.cast(inputs if inputs.shape.rank == 4 else inputs[None], self.compute_dtype)
        low, high = self.factor
        factor = 1 + keras.random.uniform((), low, high, seed=self.generator)
        height, width = tf.shape(images)[1], tf.cast(tf.shape(images)[2], tf.float32)
        size = tf.stack([height, tf.maximum(1, tf.cast(tf.round(width * factor), tf.int32))])
        images = tf.image.resize(images, size, self.interpolation)
        return images if inputs.shape.rank == 4 else images[0]

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Give the shape of the input with any width."""
        return (*input_shape[:-2], None, input_shape[-1])

    def get_config(self) -> dict[str, Any]:
        """Give what the constructor takes."""
        own = {"factor": self.factor, "interpolation": self.interpolation, "seed": self.seed}
        return {**super().get_config(), **own}
