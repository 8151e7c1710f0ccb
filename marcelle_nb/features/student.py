"""The small network while it learns: a Keras model of a plan, and its weights for NumPy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.formats.tensorflow_start import start_tensorflow

if TYPE_CHECKING:
    import keras
    from numpy.typing import NDArray

    from marcelle_nb.features.network_plan import NetworkPlan

    Floats = NDArray[np.float32]


class Student:
    """A network that learns.

    Parameters
    ----------
    plan : NetworkPlan
        Its layers. While it learns, each is followed by a normalisation over the batch.
    seed : int
        Of the first weights.
    half : bool
        Compute in bfloat16, with 8 instead of 24 significant bits; weights and features stay
        float32.

    Attributes
    ----------
    model : keras.Model
        Pictures, float32 from -1 to 1 of shape (n, side, side, 3), to vectors.
    """

    def __init__(self, plan: NetworkPlan, *, seed: int, half: bool = False) -> None:
        self.plan = plan
        self._seeds = np.random.default_rng(seed)
        self._policy = "mixed_bfloat16" if half else "float32"
        self.model = self._build()

    def folded(self) -> tuple[list[Floats], list[Floats]]:
        """Give weights and biases as `Extractor` takes them; the normalisations are in them.

        References
        ----------
        Jacob, B. et al. (2018). Quantization and training of neural networks for efficient
        integer-arithmetic-only inference. CVPR, 2704–2713.
        """
        weights, biases = [], []
        for index in range(len(self.plan.layers)):
            kernel = np.asarray(self.model.get_layer(f"filter_{index}").kernel, dtype=np.float32)
            norm = self.model.get_layer(f"norm_{index}")
            scale = np.asarray(norm.gamma) / np.sqrt(
                np.asarray(norm.moving_variance) + norm.epsilon
            )
            weights.append(kernel.reshape(-1, kernel.shape[-1]) * scale)
            biases.append(np.asarray(norm.beta) - np.asarray(norm.moving_mean) * scale)
        kernel, bias = self.model.get_layer("features").get_weights()
        return [*weights, kernel], [*biases, bias]

    def _build(self) -> keras.Model:
        start_tensorflow()
        import keras

        side = self.plan.side
        pictures = keras.Input((side, side, 3))
        x: Any = pictures
        results: list[Any] = []
        for index in range(len(self.plan.layers)):
            x = self._layer(index, x, results)
            results.append(x)
        means = [
            keras.layers.GlobalAveragePooling2D(dtype="float32")(results[index])
            for index in self.plan.pooled
        ]
        joined = keras.layers.Concatenate()(means) if len(means) > 1 else means[0]
        features = keras.layers.Dense(
            self.plan.n_features,
            kernel_initializer=keras.initializers.GlorotUniform(self._seed()),
            name="features",
            dtype="float32",
        )
        return keras.Model(pictures, features(joined))

    def _layer(self, index: int, x: Any, results: list[Any]) -> Any:
        import keras

        layer = self.plan.layers[index]
        x = keras.layers.Conv2D(
            layer.outputs,
            layer.size,
            layer.stride,
            "same",
            use_bias=False,
            kernel_initializer=keras.initializers.HeNormal(self._seed()),
            name=f"filter_{index}",
            dtype=self._policy,
        )(x)
        norm = keras.layers.BatchNormalization(
            momentum=0.98, name=f"norm_{index}", dtype=self._policy
        )
        x = norm(x)
        if layer.adds is not None:
            x = keras.layers.Add(dtype=self._policy)([x, results[layer.adds]])
        return keras.layers.ReLU(dtype=self._policy)(x)

    def _seed(self) -> int:
        return int(self._seeds.integers(2**31))
