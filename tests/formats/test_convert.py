"""Every conversion between formats that is possible keeps the outputs; the others say why not."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.convert import TARGETS, convert
from marcelle_nb.formats.detect import FORMATS
from marcelle_nb.formats.load import load
from tests.formats.tfjs_node import requires_tfjs, run_tfjs

FIXTURES = Path(__file__).parent.parent / "fixtures"
MLP = FIXTURES / "tfjs-layers" / "mlp_dense"
GRAPH = FIXTURES / "tfjs-graph" / "cnn_classifier"

NAMES = {
    "tfjs": "web",
    "tfjs-layers": "layers",
    "tfjs-graph": "graph",
    "keras": "model.keras",
    "h5": "model.h5",
    "saved-model": "saved",
    "frozen-graph": "model.pb",
    "tflite": "model.tflite",
    "onnx": "model.onnx",
}
OF_LAYERS = ("tfjs-layers", "keras", "h5")
OF_GRAPHS = ("tfjs-graph", "saved-model", "frozen-graph", "tflite", "onnx")
FOR_THEIR_OWN_RUNTIME = ("tflite", "onnx")
X = np.random.default_rng(0).normal(size=(3, 8, 8, 3)).astype(np.float32)

# Keras writes HDF5 through an interface of NumPy 1
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy")


@pytest.fixture(scope="module")
def model():
    import keras

    keras.utils.set_random_seed(0)
    layers = keras.layers
    picture = layers.Input((8, 8, 3), name="picture")
    x = layers.Conv2D(4, 3, activation="relu")(picture)
    x = layers.BatchNormalization()(x)
    x = layers.DepthwiseConv2D(3, padding="same")(x)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(picture, layers.Dense(3, activation="softmax", name="classes")(x))


@pytest.fixture(scope="module")
def wanted(model):
    return model(X).numpy()


@pytest.fixture(scope="module")
def written(model, tmp_path_factory):
    """Give a function that writes the model in a format, once."""
    folder = tmp_path_factory.mktemp("written")
    done = set()

    def write(format):
        path = folder / NAMES[format]
        if format not in done:
            convert(model, path, format)
            done.add(format)
        return path

    return write


@pytest.mark.parametrize("format", TARGETS)
def test_keras_model_is_written_in_every_format(format, written, wanted):
    loaded = load(written(format))
    assert loaded.format == ("tfjs-layers" if format == "tfjs" else format)
    np.testing.assert_allclose(loaded(X)[0], wanted, atol=1e-5)


@requires_tfjs
@pytest.mark.parametrize("target", ["tfjs-layers", "tfjs-graph"])
@pytest.mark.parametrize("source", [f for f in FORMATS if f not in FOR_THEIR_OWN_RUNTIME])
def test_what_goes_to_the_web_runs_there(source, target, written, wanted, tmp_path):
    if target in OF_LAYERS and source in OF_GRAPHS:
        pytest.skip("a graph has no layers")
    convert(written(source), tmp_path / "web", target)
    np.testing.assert_allclose(run_tfjs(tmp_path / "web", [X])[0], wanted, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("source", FORMATS)
def test_conversion_keeps_the_outputs_or_says_why_not(source, target, written, wanted, tmp_path):
    path = tmp_path / NAMES[target]
    if source in FOR_THEIR_OWN_RUNTIME or (target in OF_LAYERS and source in OF_GRAPHS):
        with pytest.raises(ModelFormatError, match=rf"^{source}: expected a model"):
            convert(written(source), path, target)
        assert not path.exists()
        return
    paths = convert(written(source), path, target)
    assert all(one.is_file() for one in paths)
    np.testing.assert_allclose(load(path)(X)[0], wanted, atol=1e-5)


def test_format_is_told_by_the_end_of_the_name(model, tmp_path):
    for name, kind in (("a.keras", "keras"), ("a.h5", "h5"), ("a/model.json", "tfjs-layers")):
        convert(model, tmp_path / name)
        assert load(tmp_path / name).format == kind


def test_what_layers_cannot_say_goes_to_the_web_as_a_graph(tmp_path):
    import keras

    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.layers.Input((4, 5)), keras.layers.GRU(3, reset_after=True)])
    convert(model, tmp_path / "web", "tfjs")
    loaded = load(tmp_path / "web")
    assert loaded.format == "tfjs-graph"
    x = X[:, :4, :5, 0]
    np.testing.assert_allclose(loaded(x)[0], model(x), atol=1e-5)
    with pytest.raises(ModelFormatError, match=r"gru"):
        convert(model, tmp_path / "layers", "tfjs-layers")


def test_function_is_written_as_a_graph(tmp_path):
    import tensorflow as tf

    weights = tf.Variable([[1.0, 2.0], [3.0, 4.0]])

    @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.float32, name="x")])
    def affine(x):
        return tf.matmul(x, weights) + 1.0

    for kind in ("tfjs", "saved-model", "frozen-graph", "tflite", "onnx"):
        convert(affine, tmp_path / NAMES[kind], kind)
        result = load(tmp_path / NAMES[kind])(np.eye(2, dtype=np.float32))[0]
        np.testing.assert_allclose(result, weights.numpy() + 1, atol=1e-6)
    with pytest.raises(ModelFormatError, match=r"expected a model of layers for keras"):
        convert(affine, tmp_path / "model.keras")


def test_model_around_a_keras_model_is_written(model, wanted, tmp_path):
    around = SimpleNamespace(keras_model=model, labels=["a", "b", "c"])
    convert(around, tmp_path / "m.keras")
    loaded = load(tmp_path / "m.keras")
    assert loaded.labels == ["a", "b", "c"]
    np.testing.assert_allclose(loaded(X)[0], wanted, atol=1e-6)


@pytest.mark.parametrize("format", TARGETS)
def test_names_of_classes_and_treatment_of_pictures_travel(format, model, tmp_path):
    treatment = {"input_range": (-1.0, 1.0), "crop": "center", "image_size": (8, 8)}
    around = SimpleNamespace(keras_model=model, labels=["a", "b", "ç"], metadata=treatment)
    written = convert(around, tmp_path / NAMES[format], format)
    loaded = load(tmp_path / NAMES[format])
    assert loaded.labels == ["a", "b", "ç"]
    assert loaded.metadata.items() >= treatment.items()
    assert sorted(written) == sorted(path for path in tmp_path.rglob("*") if path.is_file())


@pytest.mark.parametrize("quantize", ["float16", "uint8", "uint16"])
@pytest.mark.parametrize("format", ["tfjs-layers", "tfjs-graph"])
def test_weights_for_the_web_become_small(format, quantize, tmp_path, written, wanted):
    convert(written("keras"), tmp_path, format, quantize=quantize)
    entries = json.loads((tmp_path / "model.json").read_text())["weightsManifest"]
    kinds = {
        w["quantization"]["dtype"] for g in entries for w in g["weights"] if "quantization" in w
    }
    assert kinds == {quantize}
    np.testing.assert_allclose(load(tmp_path)(X)[0], wanted, atol=0.02)


@pytest.mark.parametrize("quantize", ["float16", "int8"])
def test_weights_for_tflite_become_small(quantize, tmp_path):
    import keras

    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.layers.Input((64,)), keras.layers.Dense(256, "tanh")])
    sizes = {}
    x = np.random.default_rng(0).normal(size=(2, 64)).astype(np.float32)
    for option in (None, quantize):
        convert(model, tmp_path / "m.tflite", quantize=option)
        sizes[option] = (tmp_path / "m.tflite").stat().st_size
        np.testing.assert_allclose(load(tmp_path / "m.tflite")(x)[0], model(x), atol=0.05)
    assert sizes[quantize] < 0.7 * sizes[None]


def test_representative_inputs_make_the_whole_model_small(model, wanted, tmp_path):
    convert(
        model,
        tmp_path / "m.tflite",
        quantize="int8",
        representative=X,
    )
    np.testing.assert_allclose(load(tmp_path / "m.tflite")(X)[0], wanted, atol=0.05)


def test_shards_have_the_size_that_was_asked_for(tmp_path, written):
    convert(written("keras"), tmp_path, "tfjs", shard_size=200)
    sizes = [path.stat().st_size for path in tmp_path.glob("*.bin")]
    assert len(sizes) > 1
    assert max(sizes) <= 200


def test_other_nodes_of_a_graph_become_its_outputs(tmp_path):
    model = load(GRAPH)
    node = next(
        node["name"]
        for node in json.loads((GRAPH / "model.json").read_text())["modelTopology"]["node"]
        if node["op"] in ("_FusedConv2D", "Conv2D")
    )
    convert(model, tmp_path, "tfjs", output_nodes=[node])
    told = json.loads((GRAPH / "io.json").read_text())["inputs"][0]
    x = np.array(told["data"], np.float32).reshape(told["shape"])
    np.testing.assert_allclose(load(tmp_path)(x)[0], model(x, outputs=[node])[0], atol=1e-5)


@pytest.mark.parametrize(
    ("target", "options", "said"),
    [
        ("m.h5", {"quantize": "uint8"}, "quantize: expected nothing for h5, got 'uint8'"),
        ("m.tflite", {"quantize": "uint8"}, "quantize: expected one of float16, int8 for tflite"),
        ("model.json", {"quantize": "int8"}, "quantize: expected one of float16, uint8, uint16"),
        ("m.h5", {"shard_size": 100}, "shard_size: expected a number of bytes >= 1 for tfjs"),
        ("model.json", {"shard_size": 0}, "shard_size: expected a number of bytes >= 1 for tfjs"),
        ("m.tflite", {"representative": []}, "representative: expected with quantize='int8'"),
        ("m.h5", {"output_nodes": ["x"]}, "output_nodes: expected with the format tfjs-graph"),
        ("m.h5", {"format": "caffe"}, "format: expected one of tfjs, .*, got 'caffe'"),
        ("m", {}, "format: expected one of tfjs, .*none can be told from 'm'"),
        ("other.json", {}, "target: expected a folder or its model.json"),
        ("m.h5", {"tags": ["serve"]}, "tags: expected with another format"),
    ],
)
def test_option_that_makes_no_sense_is_refused_and_nothing_written(target, options, said, tmp_path):
    with pytest.raises(ValueError, match=said):
        convert(MLP, tmp_path / target, **options)
    assert [*tmp_path.iterdir()] == []


def test_choice_among_files_makes_no_sense_for_a_model(model, tmp_path):
    with pytest.raises(ValueError, match=r"signature, tags, input_nodes: expected with a file"):
        convert(model, tmp_path / "m.h5", signature="serving_default")


def test_folder_and_file_are_not_confused(model, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "folder.h5").mkdir()
    for kind in ("tfjs", "saved-model"):
        with pytest.raises(NotADirectoryError, match=rf"expected a folder for {kind}"):
            convert(model, tmp_path / "file", kind)
    with pytest.raises(IsADirectoryError, match=r"expected a file for h5"):
        convert(model, tmp_path / "folder.h5")
