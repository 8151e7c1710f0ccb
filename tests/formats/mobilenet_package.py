"""The package `@tensorflow-models/mobilenet`, and graph models for it."""

from __future__ import annotations

import json
import subprocess

import numpy as np

from tests.formats.tfjs_node import NODE, SCRIPTS

PACKAGE = SCRIPTS.parents[1] / "node_modules" / "@tensorflow-models" / "mobilenet"

# the nodes that the package asks for when it gives an embedding
FEATURES = {1: "MobilenetV1/Logits/global_pool", 2: "MobilenetV2/Logits/AvgPool"}


def network(version):
    """Give a MobileNet of random weights, with the nodes and classes of the published ones."""
    import keras
    import tensorflow as tf

    keras.utils.set_random_seed(version)
    build = keras.applications.MobileNet if version == 1 else keras.applications.MobileNetV2
    body = build((224, 224, 3), alpha=0.5, include_top=False, weights=None)
    for weight in body.weights:
        if "variance" in weight.path or "gamma" in weight.path:
            weight.assign(np.random.default_rng(3).uniform(0.5, 1.5, weight.shape))
    depth = body.output_shape[-1]
    kernel = tf.Variable(tf.random.normal([1, 1, depth, 1001], seed=1))
    *scopes, last = FEATURES[version].split("/")

    @tf.function(input_signature=[tf.TensorSpec([None, 224, 224, 3], tf.float32, "images")])
    def classify(images):
        features = body(images, training=False)
        with tf.name_scope("/".join(["module_apply_default", *scopes])):
            pooled = tf.reduce_mean(features, [1, 2], keepdims=True, name=last)
        logits = tf.nn.bias_add(tf.nn.conv2d(pooled, kernel, 1, "SAME"), tf.zeros(1001))
        return tf.squeeze(logits, [1, 2])

    return classify


def answer(folder, version, image, *options):
    """Ask the package; give the classes, the embedding and the logits."""
    assert NODE is not None
    ran = subprocess.run(
        [NODE, str(SCRIPTS / "mobilenet.mjs"), str(folder), str(version), *options],
        input=json.dumps([*image.shape[:2], image.ravel().tolist()]),
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)
