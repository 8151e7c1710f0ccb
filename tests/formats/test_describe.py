"""A model's file says itself what its classes are called; what lies beside it comes second."""

import io
import json
import zipfile

import numpy as np
import pytest

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.convert import convert
from marcelle_nb.formats.load import load
from marcelle_nb.formats.tflite.interpreter import interpreter_class

# Keras writes HDF5 through an interface of NumPy 1
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy")

TOLD = {"input_range": (-1.0, 1.0), "crop": "center", "image_size": (8, 8), "task": "regression"}
ALONE = ["m.keras", "m.h5", "m.tflite", "m.onnx"]


class Around:
    def __init__(self, model, labels=None, **metadata):
        self.keras_model, self.labels, self.metadata = model, labels, metadata


@pytest.fixture(scope="module")
def model():
    import keras

    keras.utils.set_random_seed(0)
    layers = [keras.Input((8, 8, 3)), keras.layers.Flatten(), keras.layers.Dense(2, "softmax")]
    return keras.Sequential(layers)


def test_two_formats_under_one_name_keep_their_own_words(model, tmp_path):
    convert(Around(model, ["cat", "dog"], input_range=(-1, 1)), tmp_path / "w.keras")
    convert(Around(model, ["sun", "moon"], input_range=(0, 1)), tmp_path / "w.h5")
    convert(model, tmp_path / "w.tflite")
    told = {name: load(tmp_path / f"w.{name}") for name in ("keras", "h5", "tflite")}
    assert [one.labels for one in told.values()] == [["cat", "dog"], ["sun", "moon"], None]
    assert told["keras"].metadata["input_range"] == (-1.0, 1.0)
    assert told["h5"].metadata["input_range"] == (0.0, 1.0)
    assert {path.name for path in tmp_path.iterdir()} == {"w.keras", "w.h5", "w.tflite"}


@pytest.mark.parametrize("name", ALONE)
def test_bytes_alone_tell_what_the_file_told(name, model, tmp_path):
    convert(Around(model, ["Käse", "a b"], **TOLD), tmp_path / name)
    loaded = load([(name, (tmp_path / name).read_bytes())])
    assert loaded.labels == ["Käse", "a b"]
    assert loaded.metadata.items() >= TOLD.items()


def test_keras_itself_opens_what_is_written(model, tmp_path):
    import keras

    x = np.ones((1, 8, 8, 3), np.float32)
    for name in ("m.keras", "m.h5"):
        convert(Around(model, ["é" * 900] * 2, **TOLD), tmp_path / name)
        again = keras.saving.load_model(tmp_path / name)
        np.testing.assert_array_equal(again(x), model(x))
        assert load(tmp_path / name).labels == ["é" * 900] * 2


def test_what_keras_saves_over_a_file_has_no_stale_words(model, tmp_path):
    for name in ("m.keras", "m.h5"):
        convert(Around(model, ["cat", "dog"]), tmp_path / name)
        model.save(tmp_path / name)
        assert load(tmp_path / name).labels is None


def test_tensorflow_opens_a_folder_with_words_in_it(model, tmp_path):
    import tensorflow as tf

    convert(Around(model, ["cat", "dog"]), tmp_path, "saved-model")
    x = np.ones((1, 8, 8, 3), np.float32)
    serving = tf.saved_model.load(tmp_path).signatures["serving_default"]
    (result,) = serving(tf.constant(x)).values()
    np.testing.assert_allclose(result, model(x), atol=1e-6)
    assert load(tmp_path).labels == ["cat", "dog"]
    convert(model, tmp_path, "saved-model")
    assert load(tmp_path).labels is None


@pytest.mark.filterwarnings("ignore:.*tf.lite.Interpreter is deprecated")
@pytest.mark.parametrize("tensorflow", [False, True])
def test_interpreters_open_a_file_with_packed_words(tensorflow, model, tmp_path):
    convert(Around(model, ["cat", "hot\ndog"]), tmp_path / "m.tflite")
    opened = interpreter_class(tensorflow=tensorflow)(model_path=str(tmp_path / "m.tflite"))
    opened.allocate_tensors()
    with zipfile.ZipFile(tmp_path / "m.tflite") as archive:
        assert archive.read("labels.txt") == b"cat\nhot dog\n"
    assert load(tmp_path / "m.tflite").labels == ["cat", "hot\ndog"]


def test_other_software_finds_the_words_of_an_onnx_file(model, tmp_path):
    onnxruntime = pytest.importorskip("onnxruntime")
    convert(Around(model, ["cat", "dog"]), tmp_path / "m.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "m.onnx")
    told = session.get_modelmeta().custom_metadata_map["marcelle"]
    assert json.loads(told) == {"labels": ["cat", "dog"]}


def with_words(name, path, words):
    """Put other words into a file."""
    data = path.read_bytes()
    if name.endswith(".h5"):
        import h5py

        with h5py.File(path, "r+") as file:
            file.attrs["marcelle"] = words
        return path
    if name.endswith(".onnx"):
        import onnx

        model = onnx.load(path)
        model.metadata_props.add(key="marcelle", value=words)
        return model.SerializeToString()
    whole = io.BytesIO(data)
    with zipfile.ZipFile(whole, "a") as archive:
        archive.writestr("marcelle.json", words)
    return whole.getvalue()


@pytest.mark.parametrize("words", ["[1]", "{", "[" * 5000, '{"image_size": [1e9, 2]}'])
@pytest.mark.parametrize("name", ALONE)
def test_hostile_words_are_refused(name, words, model, tmp_path):
    convert(model, tmp_path / name)
    content = with_words(name, tmp_path / name, words)
    source = content if not isinstance(content, bytes) else [(name, content)]
    with pytest.raises(ModelFormatError, match=r"m[.]"):
        load(source)


def test_words_that_unpack_to_too_much_are_refused(model, tmp_path):
    for name in ("m.keras", "m.tflite"):
        convert(model, tmp_path / name)
        whole = io.BytesIO((tmp_path / name).read_bytes())
        with zipfile.ZipFile(whole, "a", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("marcelle.json", b" " * 2**25)
        with pytest.raises(ModelFormatError, match=r"marcelle.json: expected at most"):
            load([(name, whole.getvalue())])


def test_more_or_fewer_names_than_classes_are_told_and_left_out(model, tmp_path):
    convert(model, tmp_path / "m.tflite")
    (tmp_path / "labels.txt").write_text("a\nb\nc\n")
    with pytest.warns(
        UserWarning, match=r"labels: expected one for each.* 2 classes, got 3"
    ) as told:
        loaded = load(tmp_path / "m.tflite")
    assert told[0].filename == __file__
    assert loaded.labels is None
    assert loaded.metadata["notes"] == [str(told[0].message)]


def test_own_words_of_the_wrong_number_are_told_and_others_taken(model, tmp_path):
    convert(Around(model, ["a", "b", "c"]), tmp_path, "tfjs")
    (tmp_path / "labels.txt").write_text("x\ny\n")
    with pytest.warns(UserWarning, match=r"got 3 in model.json"):
        assert load(tmp_path).labels == ["x", "y"]


def test_words_beside_come_after_those_inside(model, tmp_path):
    teachable = {"tmVersion": "2", "labels": ["old", "older"]}
    (tmp_path / "metadata.json").write_text(json.dumps(teachable))
    convert(Around(model, ["cat", "dog"], input_range=(0, 1)), tmp_path, "tfjs")
    loaded = load(tmp_path)
    assert loaded.labels == ["cat", "dog"]
    assert loaded.metadata["input_range"] == (0.0, 1.0)
    assert "crop" not in loaded.metadata
    convert(model, tmp_path, "tfjs")
    assert load(tmp_path).labels is None
    assert "input_range" not in load(tmp_path).metadata
    document = json.loads((tmp_path / "model.json").read_text())
    document["weightsManifest"][0]["paths"] = ["weights.bin"]  # as the website writes them
    (tmp_path / "group1-shard1of1.bin").rename(tmp_path / "weights.bin")
    (tmp_path / "model.json").write_text(json.dumps(document))
    assert load(tmp_path).labels == ["old", "older"]


def test_regression_takes_no_names_from_beside_it(model, tmp_path):
    convert(Around(model, task="regression"), tmp_path / "m.keras")
    (tmp_path / "labels.txt").write_text("x\ny\n")
    assert load(tmp_path / "m.keras").labels is None


def test_two_names_are_for_a_single_probability(tmp_path):
    import keras

    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, "sigmoid")])
    convert(Around(model, ["no", "yes"]), tmp_path / "m.keras")
    assert load(tmp_path / "m.keras").labels == ["no", "yes"]
