"""Every conversion between formats that is possible keeps the outputs; the others say why not."""

import json
import threading
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from marcelle_nb import keras_model, knn, mlp, tf_generic_model
from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.conversion_target import TARGETS
from marcelle_nb.formats.convert import convert
from marcelle_nb.formats.detect import FORMATS
from marcelle_nb.formats.load import load
from marcelle_nb.formats.native_messages import native_messages_kept
from tests.eventually import DEADLINE_S
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


@pytest.mark.parametrize("format", ["tfjs", "saved-model", "frozen-graph", "tflite", "onnx"])
def test_model_around_a_loaded_graph_is_written_with_what_is_known(
    format, written, wanted, tmp_path
):
    inside = load(written("tfjs-graph"))
    inside.metadata["crop"] = "center"
    told = {"input_range": (0.0, 1.0)}
    around = SimpleNamespace(loaded=inside, keras_model=None, labels=["a", "b", "c"], metadata=told)
    convert(around, tmp_path / NAMES[format], format)
    again = load(tmp_path / NAMES[format])
    assert again.labels == ["a", "b", "c"]
    assert again.metadata.items() >= {**told, "crop": "center"}.items()
    np.testing.assert_allclose(again(X)[0], wanted, atol=1e-5)


def test_saved_model_is_written_around_its_main_file(written, wanted, tmp_path):
    paths = convert(written("keras"), tmp_path / "out" / "saved_model.pb")
    assert paths[0] == tmp_path / "out" / "saved_model.pb"
    assert paths[0].is_file()
    for source in (tmp_path / "out", paths[0]):
        loaded = load(source)
        assert loaded.format == "saved-model"
        np.testing.assert_allclose(loaded(X)[0], wanted, atol=1e-5)


def test_file_whose_name_ends_like_a_saved_model_is_a_frozen_graph(written, wanted, tmp_path):
    path = tmp_path / "my_saved_model.pb"
    assert convert(written("keras"), path) == [path]
    loaded = load(path)
    assert loaded.format == "frozen-graph"
    np.testing.assert_allclose(loaded(X)[0], wanted, atol=1e-5)
    convert(path, tmp_path / "saved_model.pb")
    assert load(tmp_path).format == "saved-model"


def test_libraries_say_nothing_meanwhile(model, tmp_path, caplog):
    import logging

    with caplog.at_level(logging.INFO), caplog.at_level(logging.INFO, "tensorflow"):
        for kind in ("saved-model", "tflite", "h5"):
            convert(model, tmp_path / NAMES[kind], kind)
    assert caplog.records == []


@pytest.mark.parametrize("format", ["tfjs-graph", "saved-model", "frozen-graph", "h5"])
def test_interruption_leaves_what_was_there(format, model, written, tmp_path, monkeypatch):
    import os
    import shutil

    path = tmp_path / NAMES[format]
    place = written(format)
    (shutil.copytree if place.is_dir() else shutil.copyfile)(place, path)
    before = {one: one.read_bytes() for one in tmp_path.rglob("*") if one.is_file()}
    done = []
    replace = os.rename if path.is_dir() else os.replace

    def interrupted(self, target):
        done.append(target)
        if len(done) == (2 if path.is_dir() else 1):
            raise KeyboardInterrupt
        replace(self, target)
        return target

    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        convert(model, path, format)
    assert {one: one.read_bytes() for one in tmp_path.rglob("*") if one.is_file()} == before


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


def test_samples_that_are_not_scaled_as_the_models_inputs_are_refused(model, tmp_path):
    told = {"input_range": (-1.0, 1.0)}
    around = SimpleNamespace(keras_model=model, labels=None, metadata=told)
    pictures = np.arange(2 * 8 * 8 * 3, dtype=np.uint8).reshape(2, 8, 8, 3)
    path = tmp_path / "m.tflite"
    said = (
        r"^representative: expected the model's inputs, from -1 to 1, got numbers from 0 to 255; "
        r"of pictures from 0 to 255 these are x \* 0.00784314 \+ -1$"
    )
    for given in (pictures, {"picture": pictures}):
        with pytest.raises(ValueError, match=said):
            convert(around, path, quantize="int8", representative=given)
    assert not path.exists()
    convert(around, path, quantize="int8", representative=pictures / 127.5 - 1)
    convert(model, path, quantize="int8", representative=pictures)  # nobody told a range


@pytest.mark.parametrize(
    ("format", "activation"),
    [("onnx", "gelu"), ("onnx", "celu"), ("saved-model", "silu"), ("tflite", "silu")],
)
def test_activation_goes_to_a_format_that_has_none_of_its_name(format, activation, tmp_path):
    import keras

    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.layers.Input((6,)), keras.layers.Dense(4, activation)])
    convert(model, tmp_path / NAMES[format], format)
    x = np.random.default_rng(0).normal(size=(3, 6)).astype(np.float32)
    np.testing.assert_allclose(load(tmp_path / NAMES[format])(x)[0], model(x), atol=1e-5)


def test_numbers_go_into_their_bins_in_an_onnx_file(tmp_path):
    import keras

    bins = keras.layers.Discretization(bin_boundaries=[-0.5, 0.0, 1.5])
    model = keras.Sequential([keras.layers.Input((4,)), bins])
    convert(model, tmp_path / "m.onnx")
    x = np.array([[-0.6, -0.5, 0.0, 7.0]], np.float32)
    np.testing.assert_array_equal(load(tmp_path / "m.onnx")(x)[0], [[0, 1, 2, 3]])


def test_saved_model_leaves_files_of_others_alone(written, tmp_path):
    theirs = ["variables/data.csv", "saved_model.labels.txt", "assets/a.txt", "assets.extra/x"]
    for name in theirs:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    for _ in range(2):
        convert(written("keras"), tmp_path, "saved-model")
    assert {(tmp_path / name).read_text() for name in theirs} == {"x"}


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (mlp(), r"got MLP, which no model format holds; a keras_model\(...\)"),
        (knn(), r"got KNN, which no model format holds"),
        (keras_model(print), r"got an empty KerasModel; train it, call its build\(\) or load"),
        (tf_generic_model(), r"got an empty TFGenericModel; load a file into it first"),
        (lambda x: x, r"got the function .*; @tf.function\(input_signature="),
    ],
)
def test_what_holds_no_network_is_told_by_its_name(source, said, tmp_path):
    with pytest.raises((TypeError, ValueError), match=rf"^source: expected a .*{said}"):
        convert(source, tmp_path / "m.keras")
    assert [*tmp_path.iterdir()] == []


def test_unknown_node_is_answered_with_known_ones(written, tmp_path):
    with pytest.raises(
        ValueError, match=r"^output_nodes: .*names of nodes in the graph, as .*clas"
    ):
        convert(written("frozen-graph"), tmp_path / "a", "tfjs", output_nodes=["nope"])
    with pytest.raises(ValueError, match=r"^output_nodes: .*the outputs classes or another node"):
        convert(written("tfjs-graph"), tmp_path / "a", "tfjs", output_nodes=["nope"])
    with pytest.raises(ValueError, match=r"^output_nodes: .*the model's outputs \['classes'\]"):
        convert(written("keras"), tmp_path / "a", "tfjs-graph", output_nodes=["nope"])


def test_shards_have_the_size_that_was_asked_for(tmp_path, written):
    convert(written("keras"), tmp_path, "tfjs", shard_size="200 B")
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
        (
            "m.h5",
            {"shard_size": 100},
            "shard_size: expected with a format of TensorFlow.js, got h5",
        ),
        ("model.json", {"shard_size": 0}, "shard_size: expected a number of bytes from 1 on, .* 0"),
        ("m.tflite", {"representative": []}, "representative: expected with quantize='int8'"),
        ("m.h5", {"output_nodes": ["x"]}, "output_nodes: expected with the format tfjs-graph"),
        ("m.h5", {"format": "caffe"}, "format: expected one of tfjs, .*, got 'caffe'"),
        ("m", {}, "format: expected one of tfjs, .*none can be told from 'm'"),
        ("other.json", {}, "target: expected a folder or its model.json"),
        ("m.h5", {"tags": ["serve"]}, "tags: expected with another format"),
        ("m.pb", {"output_nodes": ["x"]}, "output_nodes: expected with the format tfjs-graph"),
        ("model.json", {"output_nodes": []}, "output_nodes: expected at least one name"),
        ("m.tflite", {"shard_size": 9}, "shard_size: expected with a format of TensorFlow.js"),
        ("m.tflite", {"format": "onnx"}, "target: expected a name that ends in .onnx for onnx"),
    ],
)
def test_option_that_makes_no_sense_is_refused_and_nothing_written(target, options, said, tmp_path):
    with pytest.raises(ValueError, match=said):
        convert(MLP, tmp_path / target, **options)
    assert [*tmp_path.iterdir()] == []


def test_choice_among_files_makes_no_sense_for_a_model(model, tmp_path):
    with pytest.raises(ValueError, match=r"signature, tags, input_nodes: expected with a file"):
        convert(model, tmp_path / "m.h5", signature="serving_default")


def test_checksum_makes_no_sense_for_a_model(model, tmp_path):
    with pytest.raises(ValueError, match=r"sha256: expected with a file as source"):
        convert(model, tmp_path / "m.h5", sha256="0" * 64)


@pytest.mark.parametrize(
    ("target", "options", "said"),
    [
        ("m.h5", {"tags": ["serve"]}, "tags: expected with another format, got tfjs"),
        ("m.h5", {"output_nodes": ["x"]}, "output_nodes: expected with the format tfjs-graph"),
        ("m.onnx", {"quantize": "float16"}, "quantize: expected nothing for onnx"),
        ("m", {"format": "caffe"}, "format: expected one of tfjs, "),
    ],
)
def test_what_is_impossible_is_refused_before_anything_is_fetched(
    target, options, said, tmp_path, monkeypatch
):
    monkeypatch.setattr("marcelle_nb.formats.convert.open_files", None)
    with pytest.raises(ValueError, match=said):
        convert("https://a.example/model.json", tmp_path / target, **options)


def test_while_files_are_fetched_others_may_keep_native_messages(tmp_path, monkeypatch):
    def keep():
        with native_messages_kept():
            kept.append(True)

    def fetched(*_, **__):
        other = threading.Thread(target=keep, daemon=True)
        other.start()
        other.join(DEADLINE_S)
        told.extend(kept)
        raise FileNotFoundError("none")

    kept, told = list[bool](), list[bool]()
    monkeypatch.setattr("marcelle_nb.formats.convert.open_files", fetched)
    with pytest.raises(FileNotFoundError):
        convert("https://a.example/model.tflite", tmp_path / "a.onnx")
    assert told == [True]


def test_outputs_that_cannot_be_chosen_are_refused_before_the_model_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr("marcelle_nb.formats.convert.load", None)
    with pytest.raises(ValueError, match=r"output_nodes: expected with the format tfjs-graph"):
        convert(GRAPH, tmp_path / "saved", "saved-model", output_nodes=["x"])


def test_folder_and_file_are_not_confused(model, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "folder.h5").mkdir()
    for kind in ("tfjs", "saved-model"):
        with pytest.raises(NotADirectoryError, match=rf"expected a folder for {kind}"):
            convert(model, tmp_path / "file", kind)
    with pytest.raises(IsADirectoryError, match=r"expected a file for h5"):
        convert(model, tmp_path / "folder.h5")


def test_no_target_is_not_the_folder_that_python_was_started_in():
    with pytest.raises(ValueError, match="target: expected a path, got ''"):
        convert("model.json", "", "tfjs")
