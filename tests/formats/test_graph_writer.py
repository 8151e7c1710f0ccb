"""Graph models that were written run in real TensorFlow.js with the numbers of TensorFlow."""

from __future__ import annotations

import json
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.load import load
from marcelle_nb.formats.model_files import ModelFiles
from marcelle_nb.formats.tfjs.graph_writer import write_graph_model
from tests.formats.tfjs_node import requires_tfjs, run_tfjs

FIXTURES = Path(__file__).parents[1] / "fixtures" / "tfjs-graph"
RNG = np.random.default_rng(0)
L = keras.layers

ACTIVATIONS = ["hard_sigmoid", "hard_silu", "gelu", "softsign", "mish", "celu", "log_softmax"]
ACTIVATIONS += ["sparsemax", "hard_tanh", "soft_shrink", "squareplus"]

LAYERS = {
    "convolution and normalisation": (
        (12, 12, 3),
        lambda: [
            L.Conv2D(4, 3, padding="same", use_bias=False),
            L.BatchNormalization(),
            L.ReLU(6.0),
            L.DepthwiseConv2D(3, strides=2, padding="same"),
            L.SeparableConv2D(3, 3),
            L.GlobalAveragePooling2D(),
            L.Dense(2, "softmax"),
        ],
    ),
    "LSTM": ((6, 3), lambda: [L.LSTM(4, return_sequences=True), L.LSTM(3)]),
    "LSTM of any length": ((None, 3), lambda: [L.LSTM(3)]),
    "GRU with reset_after": ((6, 3), lambda: [L.GRU(4, reset_after=True)]),
    "masked bidirectional GRU": (
        (7,),
        lambda: [L.Embedding(10, 4, mask_zero=True), L.Bidirectional(L.GRU(3)), L.Dense(2)],
    ),
    "ConvLSTM2D": ((4, 6, 6, 2), lambda: [L.ConvLSTM2D(2, 3, padding="same")]),
    "activations": (
        (5,),
        lambda: [L.Dense(4, name) for name in ACTIVATIONS],
    ),
    "bilinear upsampling": (
        (4, 5, 2),
        lambda: [L.UpSampling2D(2, interpolation="bilinear")],
    ),
    "bicubic upsampling": ((4, 5, 2), lambda: [L.UpSampling2D(2, interpolation="bicubic")]),
    "resizing and normalisation": (
        (4, 5, 2),
        lambda: [L.Resizing(7, 6), L.Normalization(mean=[1.0, 2.0], variance=[3.0, 4.0])],
    ),
    "resizing with padding": ((8, 5, 2), lambda: [L.Resizing(3, 3, pad_to_aspect_ratio=True)]),
    "causal Conv1D": ((32, 3), lambda: [L.Conv1D(4, 3, padding="causal", dilation_rate=2)]),
    "Conv1DTranspose": ((8, 3), lambda: [L.Conv1DTranspose(4, 3, strides=2)]),
    "dilated Conv2DTranspose": (
        (5, 5, 3),
        lambda: [L.Conv2DTranspose(4, 3, dilation_rate=2, padding="same")],
    ),
    "Conv3D": ((6, 6, 6, 2), lambda: [L.Conv3D(4, 3, padding="same"), L.MaxPooling3D(2)]),
    "Conv3DTranspose": (
        (3, 3, 3, 2),
        lambda: [L.Conv3DTranspose(4, 3, strides=2, padding="same")],
    ),
    "grouped convolution": ((6, 6, 4), lambda: [L.Conv2D(4, 3, groups=2, padding="same")]),
    "group normalisation": (
        (6, 6, 4),
        lambda: [L.GroupNormalization(2), L.LayerNormalization(), L.UnitNormalization()],
    ),
    "einsum": ((5, 4), lambda: [L.EinsumDense("...x,xy->...y", output_shape=3)]),
    "PReLU": ((6, 6, 2), lambda: [L.Conv2D(3, 3), L.PReLU(shared_axes=[1, 2]), L.LeakyReLU()]),
    "buckets": (
        (4,),
        lambda: [
            L.Discretization(bin_boundaries=[0.0, 1.0, 2.0]),
            L.CategoryEncoding(4, output_mode="multi_hot"),
        ],
    ),
}


def model_of(case):
    shape, layers = LAYERS[case]
    return randomised(keras.Sequential([keras.Input(shape), *layers()]))


def randomised(model):
    for weight in model.weights:
        value = RNG.normal(size=weight.shape) * 0.2
        weight.assign(np.abs(value) + 0.5 if "variance" in weight.path else value)
    return model


def values(*shape):
    return RNG.normal(size=shape).astype(np.float32)


def assert_same(wanted, got, tolerance=1e-5):
    wanted = [np.asarray(value) for value in tf.nest.flatten(wanted)]
    assert [value.shape for value in got] == [value.shape for value in wanted]
    for one, other in zip(wanted, got, strict=True):
        np.testing.assert_allclose(other, one, atol=tolerance, rtol=tolerance)


def document(folder):
    return json.loads((folder / "model.json").read_text())


@requires_tfjs
@pytest.mark.parametrize("case", LAYERS)
def test_keras_layers_run_in_tfjs(case, tmp_path):
    model = model_of(case)
    x = values(2, *(n or 5 for n in LAYERS[case][0]))
    x = np.abs(x * 5 % 9).astype(np.int32).astype(np.float32) if "masked" in case else x
    write_graph_model(model, tmp_path / "web")
    assert_same(model(x, training=False), run_tfjs(tmp_path / "web", [x]))


@requires_tfjs
def test_attention_with_a_causal_mask_runs_in_tfjs(tmp_path):
    x = keras.Input((None, 4))
    model = randomised(keras.Model(x, L.MultiHeadAttention(2, 3)(x, x, use_causal_mask=True)))
    write_graph_model(model, tmp_path)
    given = values(2, 5, 4)
    assert_same(model(given), run_tfjs(tmp_path, [given]))


@requires_tfjs
@pytest.mark.slow
@pytest.mark.parametrize("name", ["MobileNet", "MobileNetV2", "MobileNetV3Small", "EfficientNetB0"])
def test_networks_of_keras_run_in_tfjs(name, tmp_path):
    build = getattr(keras.applications, name)
    model = randomised(build(input_shape=(64, 64, 3), weights=None, classes=5))
    write_graph_model(model, tmp_path)
    x = values(1, 64, 64, 3)
    assert_same(model(x, training=False), run_tfjs(tmp_path, [x]))


@requires_tfjs
def test_inputs_and_outputs_keep_their_names_and_order(tmp_path):
    a, b = keras.Input((4,), name="b"), keras.Input((4,), name="a")
    model = keras.Model([a, b], [L.Add(name="z")([a, b]), L.Subtract(name="y")([a, b])])
    write_graph_model(model, tmp_path)
    signature = document(tmp_path)["signature"]
    assert [*signature["inputs"]] == ["b", "a"]
    assert [*signature["outputs"]] == ["z", "y"]
    x, y = values(2, 4), values(2, 4)
    assert_same(model([x, y]), run_tfjs(tmp_path, {"a": y, "b": x}))


WEIGHTS = tf.Variable([[1.0, 2.0], [3.0, 4.0]])


def with_variable(x):
    return tf.matmul(x, WEIGHTS) + 1


def loop(x):
    i = tf.constant(0)
    while i < 5:
        x = x * 1.5 + tf.cast(i, tf.float32)
        if tf.reduce_sum(x) > 10.0:
            x = x / 2.0
        i += 1
    return {"x": x, "steps": i}


def loops_in_loops(x):
    total = tf.zeros([2])
    for i in tf.range(tf.shape(x)[0]):
        for j in tf.range(2):
            total = total + x[i] * tf.cast(j + 1, tf.float32)
    return total


def branches(x):
    positive = tf.reduce_sum(x) > 0
    constant = tf.cond(positive, lambda: tf.constant(1.0), lambda: tf.constant(2.0))
    return constant, tf.cond(positive, lambda: (x * 2, x), lambda: (x, x - 1.0))


def scan(x):
    return (
        tf.scan(lambda a, b: a * 0.5 + b, x),
        tf.map_fn(lambda row: tf.reduce_sum(row) * row, x),
    )


def growing_array(x):
    rows = tf.TensorArray(tf.float32, size=0, dynamic_size=True)
    for i in tf.range(tf.shape(x)[0]):
        rows = rows.write(i, x[i] * 2.0)
    return rows.stack()


def decomposed(x):
    whole = tf.cast(x * 10, tf.int32)
    return [
        *(tf.math.erfc(x), tf.math.rint(x), tf.math.xlogy(x, tf.abs(x) + 1.0), tf.roll(x, 1, 1)),
        *(tf.linalg.diag(x), tf.linalg.band_part(x, 1, 0), tf.truncatediv(whole, 3)),
        *(tf.math.logical_xor(x > 0, x > 0.5), tf.math.unsorted_segment_sum(x[:2], [0, 1], 3)),
        *(tf.cumsum(x, -1), tf.tensor_scatter_nd_update(x, [[0]], [[1.0, 2.0]]), x * 1),
        *(tf.tensor_scatter_nd_add(x, [[0]], [[1.0, 2.0]]), tf.sort(x, 1), tf.argsort(x, 1)),
        tf.einsum("ii->i", tf.matmul(x, x, transpose_b=True)),
        tf.einsum("...a,ab->...b", x, tf.ones([2, 3])),
        tf.reverse_sequence(x, [1] * 4, 1),
    ]


@requires_tfjs
@pytest.mark.parametrize(
    "function",
    [with_variable, loop, loops_in_loops, branches, scan, growing_array, decomposed],
    ids=lambda function: function.__name__,
)
@pytest.mark.parametrize("sign", [1, -1])
def test_functions_run_in_tfjs(function, sign, tmp_path):
    traced = tf.function(function, input_signature=[tf.TensorSpec([None, 2], tf.float32, "x")])
    write_graph_model(traced, tmp_path)
    x = np.abs(values(4, 2)) * sign
    assert_same(traced(x), run_tfjs(tmp_path, {"x": x}))


def images(x):
    # statistics of the batch, which TensorFlow.js would not take
    normal = tf.raw_ops.FusedBatchNormV3(
        x=x, scale=tf.ones(4), offset=tf.zeros(4), mean=[], variance=[], is_training=True
    )
    return [
        *(tf.nn.space_to_depth(x, 2), tf.image.resize(x, [5, 5], "area"), normal[0]),
        *(tf.image.resize(x, [3, 3], antialias=True), tf.image.rgb_to_hsv(tf.abs(x[..., :3]))),
        tf.image.extract_patches(x, [1, 3, 3, 1], [1, 2, 2, 1], [1, 1, 1, 1], "VALID"),
        tf.nn.max_pool2d(x, 3, 2, [[0, 0], [1, 1], [1, 1], [0, 0]]),
        *(tf.image.adjust_contrast(x, 2.0), tf.image.hsv_to_rgb(tf.abs(x[..., :3]) % 1)),
    ]


@requires_tfjs
def test_operations_on_pictures_run_in_tfjs(tmp_path):
    traced = tf.function(images, input_signature=[tf.TensorSpec([2, 8, 8, 4], tf.float32, "x")])
    write_graph_model(traced, tmp_path)
    x = values(2, 8, 8, 4)
    assert_same(traced(x), run_tfjs(tmp_path, [x]))


@requires_tfjs
def test_hash_tables_run_in_tfjs(tmp_path):
    keys, numbers = tf.constant(["a", "b"]), tf.constant([1, 2])
    table = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(keys, numbers), -1)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "words")])
    def find(words):
        return table.lookup(words)

    write_graph_model(find, tmp_path)
    (got,) = run_tfjs(tmp_path, {"words": np.array(["b", "z", "a"], object)})
    assert got.tolist() == [2, -1, 1]


@requires_tfjs
def test_hash_tables_take_keys_of_any_shape(tmp_path):
    table = tf.lookup.StaticHashTable(
        tf.lookup.KeyValueTensorInitializer(["a", "b"], tf.constant([1, 2], tf.int64)), -1
    )

    @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.string, "words")])
    def find(words):
        return table.lookup(words)

    write_graph_model(find, tmp_path)
    words = np.array([["b", "z"], ["a", "a"]], object)
    for (got,) in (run_tfjs(tmp_path, {"words": words}), load(tmp_path)(words)):
        assert got.tolist() == [[2, -1], [1, 1]]


@requires_tfjs
def test_loops_of_tensorflow_1_may_compute_of_what_stays_the_same(tmp_path):
    with tf.Graph().as_default() as graph:
        tf.compat.v1.disable_control_flow_v2()
        try:
            x = tf.compat.v1.placeholder("float32", [None, 2], "x")
            limit = tf.size(x)
            y = tf.compat.v1.while_loop(
                lambda i, _: i < limit + 1,
                lambda i, y: (i + 1, y * 0.5 + tf.reduce_sum(x)),
                [0, x[1]],
            )[1]
            tf.identity(y, "y")
        finally:
            tf.compat.v1.enable_control_flow_v2()
    path = tmp_path / "frozen.pb"
    path.write_bytes(graph.as_graph_def().SerializeToString())
    model = load(path)
    write_graph_model(model, tmp_path / "web")
    given = values(2, 2)
    assert_same(model(given), run_tfjs(tmp_path / "web", [given]))


def test_an_operation_that_tfjs_lacks_is_named_with_its_place(tmp_path):
    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "words")])
    def lower(words):
        with tf.name_scope("my_layer"):
            return tf.strings.lower(words)

    with pytest.raises(ModelFormatError, match=r"got StringLower \(at 'my_layer/StringLower'\)"):
        write_graph_model(lower, tmp_path / "web")
    assert not (tmp_path / "web").exists()


def test_a_function_without_signature_is_refused(tmp_path):
    with pytest.raises(ValueError, match="input_signature"):
        write_graph_model(tf.function(with_variable), tmp_path)


def test_other_objects_are_refused(tmp_path):
    with pytest.raises(TypeError, match=r"expected a Keras model or a tf\.function, got 3"):
        write_graph_model(3, tmp_path)


def test_no_weight_is_in_the_graph_and_shards_are_as_large_as_asked(tmp_path):
    paths = write_graph_model(model_of("activations"), tmp_path, shard_size=100)
    raw = document(tmp_path)
    for node in raw["modelTopology"]["node"]:
        assert {*node.get("attr", {}).get("value", {}).get("tensor", {})} <= {
            "dtype",
            "tensorShape",
        }
        assert node["op"] != "NoOp"
    sizes = [path.stat().st_size for path in paths[1:]]
    assert max(sizes) == 100
    assert sorted(path.name for path in paths) == sorted(p.name for p in tmp_path.iterdir())


def test_the_document_tells_marcelle_and_tfjs_what_it_is(tmp_path):
    write_graph_model(
        model_of("activations"), tmp_path, labels=["a", "b"], metadata={"input_range": [0, 1]}
    )
    raw = document(tmp_path)
    assert raw["format"] == "graph-model"
    assert raw["convertedBy"].startswith("marcelle-nb v")
    assert raw["generatedBy"] == tf.__version__
    assert raw["marcelle"]["labels"] == ["a", "b"]
    assert raw["marcelle"]["tfjsModelFormat"] == "graph-model"
    assert raw["marcelle"]["input_range"] == [0, 1]


@requires_tfjs
@pytest.mark.parametrize("quantize", ["float16", "uint8", "uint16"])
def test_quantised_weights_give_nearly_the_same_results(quantize, tmp_path):
    model = model_of("convolution and normalisation")
    plain = write_graph_model(model, tmp_path / "plain")
    small = write_graph_model(model, tmp_path / "small", quantize=quantize)
    assert small[1].stat().st_size < plain[1].stat().st_size
    x = values(2, 12, 12, 3)
    assert_same(model(x, training=False), run_tfjs(tmp_path / "small", [x]), tolerance=0.05)


def test_a_second_writing_replaces_the_first(tmp_path):
    write_graph_model(model_of("LSTM"), tmp_path, shard_size=50)
    (tmp_path / "notes.txt").write_text("mine")
    paths = write_graph_model(model_of("einsum"), tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(
        ["notes.txt", *(path.name for path in paths)]
    )


def case_of(name):
    io = json.loads((FIXTURES / name / "io.json").read_text())
    read = {
        kind: {
            each["name"]: np.array(each["data"], each["dtype"]).reshape(each["shape"])
            for each in io[kind]
        }
        for kind in ("inputs", "outputs")
    }
    return read["inputs"], read["outputs"]


FILES = sorted(path.parent.name for path in FIXTURES.glob("*/io.json"))


@requires_tfjs
@pytest.mark.parametrize("name", FILES)
def test_a_graph_model_is_rewritten_with_equal_results(name, tmp_path):
    inputs, outputs = case_of(name)
    write_graph_model(load(FIXTURES / name / "model.json"), tmp_path, shard_size=50_000)
    assert_same([*outputs.values()], run_tfjs(tmp_path, inputs), tolerance=1e-6)


@pytest.mark.parametrize("name", FILES)
def test_a_rewritten_graph_model_keeps_nodes_signature_and_order(name, tmp_path):
    write_graph_model((ModelFiles.open(FIXTURES / name), "model.json"), tmp_path)
    before, after = document(FIXTURES / name), document(tmp_path)
    for key in ("modelTopology", "signature", "generatedBy"):
        assert after[key] == before[key]
        assert json.dumps(after[key]) == json.dumps(before[key])


@requires_tfjs
def test_chosen_nodes_become_the_outputs_of_a_rewritten_graph_model(tmp_path):
    files = ModelFiles.open(FIXTURES / "cnn_classifier"), "model.json"
    topology = document(FIXTURES / "cnn_classifier")["modelTopology"]
    features = next(n["name"] for n in topology["node"] if n["op"] == "_FusedConv2D")
    write_graph_model(files, tmp_path, output_nodes=[features])
    inputs, _ = case_of("cnn_classifier")
    wanted = run_tfjs(FIXTURES / "cnn_classifier", inputs, [features])
    assert_same(wanted, run_tfjs(tmp_path, inputs))
    assert len(document(tmp_path)["modelTopology"]["node"]) < len(topology["node"])


def test_an_unknown_output_node_is_refused(tmp_path):
    files = ModelFiles.open(FIXTURES / "cnn_classifier"), "model.json"
    with pytest.raises(ValueError, match=r"output_nodes: expected .* got 'nothing'"):
        write_graph_model(files, tmp_path, output_nodes=["nothing"])
