"""MobileNet's two answers to a picture: what the pooled layer holds, and the classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.checksums import joint_sha256
from marcelle_nb.formats.keras_models.layer_arrays import read_layer_arrays
from marcelle_nb.formats.tfjs.graph_model import load_graph_model
from marcelle_nb.image import as_rgb, resize
from marcelle_nb.models.bilinear import resize_bilinear
from marcelle_nb.models.compiled_network import CompiledNetwork
from marcelle_nb.models.imagenet_labels import imagenet_labels
from marcelle_nb.models.mobilenet_files import EMBEDDING_NODES
from marcelle_nb.models.mobilenet_keras import SIDE, keras_mobilenet
from marcelle_nb.models.mobilenet_layers import N_CLASSES, layers_of, n_features_of
from marcelle_nb.models.web_model import image_input
from marcelle_nb.models.web_networks import web_graph

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from marcelle_nb.formats.model_files import ModelFiles
    from marcelle_nb.models.web_model import WebModel

    Floats = NDArray[np.float32]
N_ANSWERS = 5
"""The classes of an answer."""


class MobileNetNetwork:
    """A MobileNet whose weights are known.

    Parameters
    ----------
    version : {1, 2}
    alpha : float
    source : {"keras", "tfjs"}
    files : ModelFiles
        What the architecture's check passed.
    is_pinned : bool
        Whether the user gave the checksum of the files; see `CompiledNetwork.of`.

    Attributes
    ----------
    digits : str
        The beginning of the checksum of the weights.

    Raises
    ------
    ModelFormatError
        If the network does not answer as a MobileNet.
    """

    def __init__(
        self, version: int, alpha: float, source: str, files: ModelFiles, *, is_pinned: bool
    ) -> None:
        self._is_keras = source == "keras"
        sha256 = joint_sha256([files.path(name) for name in files.names])
        self.digits = sha256[:8]
        self._n_features = n_features_of(version, alpha)

        def built() -> Any:
            if joint_sha256([files.path(name) for name in files.names]) != sha256:
                raise ModelFormatError(f"{files.origin}: expected the weights as they were")
            if self._is_keras:
                return _keras_function(version, alpha, files)
            return _tfjs_function(version, files)

        self._built = built
        key = f"mobilenet-v{version}-{alpha}-{source}-1 {sha256}"
        self._network = CompiledNetwork.of(built, key, is_pinned=is_pinned)
        # the first one is slow, and may not fit
        answers = self._run(np.zeros((SIDE, SIDE, 3), np.uint8))
        if not all(np.isfinite(answer).all() for answer in answers):
            raise ModelFormatError(
                f"{files.origin}: expected finite features and classes for a black picture, got "
                "nan or inf: its weights are broken"
            )

    def features(self, image: Any) -> Floats:
        """Give what the pooled layer holds, shape (n_features,)."""
        return self._run(image)[0]

    def probabilities(self, image: Any) -> Floats:
        """Give a probability for each class, shape (1000,)."""
        scores = self._run(image)[1]
        if self._is_keras:
            return scores
        logits = scores[1:]  # the first is for what is none of the thousand
        powers = np.exp(logits - logits.max())
        result: Floats = powers / powers.sum()
        return result

    def web_classes(self) -> WebModel:
        """Say it for web pages, from pictures to probabilities."""
        about = {
            "task": "classification",
            "labels": list(imagenet_labels()),
            "answers": "softmax",
            "top": N_ANSWERS,
        }
        return self._to_web(self._web_probabilities, about)

    def web_features(self) -> WebModel:
        """Say it for web pages, from pictures to features."""
        return self._to_web(lambda features, _: features, {})

    def _web_probabilities(self, _: Any, scores: Any) -> Any:
        import tensorflow as tf

        return scores if self._is_keras else tf.nn.softmax(scores[:, 1:])

    def _to_web(self, choose: Callable[[Any, Any], Any], about: Mapping[str, Any]) -> WebModel:
        both = self._built()
        function = _with_signature(lambda pixels: choose(*both(pixels)))
        treatment = image_input((SIDE, SIDE), (-1, 1) if self._is_keras else (0, 1))
        treatment["resize"] = "average" if self._is_keras else "corners"
        return web_graph(function, {**about, "input": treatment})

    def _run(self, image: Any) -> tuple[Floats, Floats]:
        pixels = as_rgb(image)
        values = _keras_input(pixels) if self._is_keras else _tfjs_input(pixels)
        results = {array.size: array.ravel() for array in self._network.run(values[None])}
        n_scores = N_CLASSES if self._is_keras else N_CLASSES + 1
        if set(results) != {self._n_features, n_scores}:
            raise ModelFormatError(
                f"model: expected {self._n_features} features and {n_scores} classes, got "
                f"{' and '.join(map(str, results))}"
            )
        return results[self._n_features], results[n_scores]


def _keras_input(pixels: NDArray[np.uint8]) -> Floats:
    # a gap of 2 would cost a third of the time that the quickest of the networks takes
    small = resize(pixels, SIDE, SIDE, gap=1.0).astype(np.float32)
    small *= np.float32(1 / 127.5)
    small -= np.float32(1)
    return small


def _tfjs_input(pixels: NDArray[np.uint8]) -> Floats:
    if pixels.shape[:2] == (SIDE, SIDE):
        return pixels.astype(np.float32) * np.float32(1 / 255)
    return resize_bilinear(pixels, SIDE, SIDE, align_corners=True) * np.float32(1 / 255)


def _keras_function(version: int, alpha: float, files: ModelFiles) -> Callable[..., Any]:
    """Give the network of Keras with the weights of a file."""
    import tensorflow as tf

    arrays = read_layer_arrays(files, str(files.main), layers_of(version, alpha))
    for layer, weights in arrays.items():  # an activation may make a number of what is none
        for name, values in weights.items():
            if not np.isfinite(values).all():
                raise ModelFormatError(
                    f"{files.main}: layer {layer!r}: expected finite numbers as {name}, got nan or "
                    "inf"
                )
    both = keras_mobilenet(version, alpha, arrays)

    def network(pixels: Any) -> list[Any]:
        features, scores = both(pixels, training=False)
        return [tf.reshape(features, [1, -1]), scores]

    return _with_signature(network)


def _tfjs_function(version: int, files: ModelFiles) -> Callable[..., Any]:
    """Give the graph of a file, and the node before its classes."""
    import tensorflow as tf

    model = load_graph_model(files, str(files.main))
    model.fetches["embedding"] = f"{EMBEDDING_NODES[version]}:0"
    both = model.tf_function()

    def network(pixels: Any) -> list[Any]:
        scores, *_, features = both(pixels)
        return [tf.reshape(features, [1, -1]), tf.reshape(scores, [1, -1])]

    return _with_signature(network)


def _with_signature(network: Callable[..., Any]) -> Callable[..., Any]:
    import tensorflow as tf

    picture = tf.TensorSpec([1, SIDE, SIDE, 3], tf.float32)
    made: Callable[..., Any] = tf.function(network, input_signature=[picture], autograph=False)
    return made
