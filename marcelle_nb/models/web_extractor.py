"""Learned image features as web pages run them: a graph of TensorFlow.js."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marcelle_nb.features.extractor import REDUCING_GAP, SAMPLED, SHORTEST
from marcelle_nb.models.web_model import image_input
from marcelle_nb.models.web_networks import web_graph

if TYPE_CHECKING:
    from collections.abc import Callable

    from marcelle_nb.features.extractor import Extractor
    from marcelle_nb.models.web_model import WebModel

WEIGHTS = "float16"
"""A page's weights have half the bytes; the features differ by less than their rounding did."""


def web_extractor(extractor: Extractor) -> WebModel:
    """Say learned features for web pages, from pictures to vectors.

    The page shrinks a picture as `Extractor.describe` does, so that both see the same pixels.

    Raises
    ------
    ModelFormatError
        If TensorFlow.js cannot say it.

    Notes
    -----
    Imports TensorFlow. Thread: any.
    """
    side = extractor.plan.side
    treatment = image_input((side, side), (-1, 1))
    treatment |= {
        "resize": "average",
        "gap": REDUCING_GAP,
        "sampled": list(SAMPLED),
        "aspect": 1.0,  # the kernel's camera gives squares
    }
    return web_graph(_function(extractor), {"input": treatment}, quantize=WEIGHTS)


def _function(extractor: Extractor) -> Callable[..., Any]:
    """Give the network as a `tf.function`, from pixels to the vector of length √n."""
    import tensorflow as tf

    plan = extractor.plan
    kernels = [
        weights.reshape(layer.size, layer.size, layer.inputs, layer.outputs)
        for layer, weights in zip(plan.layers, extractor.weights, strict=False)
    ]
    length = plan.n_features**0.5

    def network(pixels: Any) -> Any:
        results: list[Any] = []
        x = pixels
        for layer, kernel, bias in zip(plan.layers, kernels, extractor.biases, strict=False):
            x = tf.nn.bias_add(tf.nn.conv2d(x, kernel, layer.stride, "SAME"), bias)
            if layer.adds is not None:
                x += results[layer.adds]
            x = tf.nn.relu(x)
            results.append(x)
        means = [tf.reduce_mean(results[index], axis=[1, 2]) for index in plan.pooled]
        joined = tf.concat(means, axis=1) if len(means) > 1 else means[0]
        vector = tf.nn.bias_add(tf.matmul(joined, extractor.weights[-1]), extractor.biases[-1])
        squares = tf.reduce_sum(tf.square(vector), axis=1, keepdims=True)
        return vector * (length / tf.maximum(tf.sqrt(squares), SHORTEST))

    picture = tf.TensorSpec([1, plan.side, plan.side, 3], tf.float32)
    made: Callable[..., Any] = tf.function(network, input_signature=[picture], autograph=False)
    return made
