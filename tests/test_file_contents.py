"""Models of every format go into a store and out of it as they are."""

import json
import shutil
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest

import marcelle_nb as mnb
from marcelle_nb.errors import ModelFormatError, UnsafeModel, UnsupportedByModel
from marcelle_nb.formats.convert import convert
from tests.formats.tfjs_node import requires_tfjs, run_tfjs
from tests.model_classes import LABELS, build, network

# Keras writes HDF5 through an interface of NumPy 1
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy")

FIXTURES = Path(__file__).parent / "fixtures"
SEGMENTATION = FIXTURES / "tfjs-graph" / "segmentation"
X = np.random.default_rng(3).normal(size=(4, 4)).astype(np.float32)
FORMATS = {
    "m.keras": ("keras", ["tfjs-model.keras", "tfjs-model.keras.metadata.json"]),
    "m.h5": ("h5", ["tfjs-model.h5", "tfjs-model.h5.metadata.json"]),
    "m.tflite": ("tflite", ["tfjs-model.tflite", "tfjs-model.tflite.metadata.json"]),
    "m.onnx": ("onnx", ["tfjs-model.onnx", "tfjs-model.onnx.metadata.json"]),
    "m.pb": ("frozen-graph", ["tfjs-model.pb", "tfjs-model.pb.metadata.json"]),
    "saved-model": ("saved-model", ["tfjs-model.zip"]),
    "tfjs-graph": ("tfjs", ["tfjs-model.json", "tfjs-model.weights.bin"]),
    "tfjs-layers": ("tfjs", ["tfjs-model.json", "tfjs-model.weights.bin"]),
}


def generic(**options):
    return mnb.tf_generic_model("generic", "classification", **options)


def answers(model):
    return [it.to_dict() for it in model.predict_many(X)]


@pytest.mark.parametrize("name", FORMATS)
def test_a_model_is_kept_as_it_is(name, tmp_path, store):
    if name == "m.onnx":
        pytest.importorskip("onnxruntime")
    kind, names = FORMATS[name]
    folder = tmp_path / "there"
    folder.mkdir()
    given = mnb.keras_model(build)
    given.build((4,), LABELS)
    convert(given, folder / name, None if "." in name else name)
    (folder / "unrelated.bin").write_bytes(b"x" * 1000)
    model = generic()
    model.load_from_files(folder / name)
    shutil.rmtree(folder)  # what was loaded is here, whatever becomes of its files
    identifier = model.save(store, name, {"author": "me"})
    other = generic()
    stored = other.load(store, identifier)
    assert (stored.format, stored.metadata["author"]) == (kind, "me")
    assert stored.metadata["labels"] == other.labels == LABELS
    assert answers(other) == answers(model)
    paths = other.download(tmp_path / "down", {"author": "you"})
    assert [path.name for path in paths] == names
    third = generic()
    assert third.upload(*paths).metadata["author"] == "you"
    assert (third.labels, answers(third)) == (LABELS, answers(model))
    assert third._packed("save").digest == model._packed("save").digest


def test_what_the_user_said_of_a_model_travels_with_it(tmp_path):
    given = mnb.keras_model(build)
    given.build((4,), LABELS)
    convert(given, tmp_path / "m.tflite")
    model = generic(labels=["x", "y", "z"])
    model.load_from_files(tmp_path / "m.tflite")
    model.save("mine")
    other = generic()
    other.load("mine")
    assert other.labels == ["x", "y", "z"]
    other.upload(*model.download(tmp_path / "out"))
    assert other.labels == ["x", "y", "z"]


def test_a_graph_comes_as_marcelle_reads_it(tmp_path):
    model = mnb.tf_generic_model("image", "segmentation")
    model.load_from_files(SEGMENTATION)
    main, weights = model.download(tmp_path)
    document = json.loads(main.read_text())
    assert document["format"] == document["marcelle"]["tfjsModelFormat"] == "graph-model"
    assert document["weightsManifest"][0]["paths"] == [f"./{weights.name}"]


@requires_tfjs
@pytest.mark.parametrize(
    "folder", ["graph-models/sharded", "graph-models/quantised_uint8", "tfjs-layers/cnn_bn"]
)
def test_real_tensorflow_js_answers_as_with_the_files_before(folder, tmp_path):
    model = mnb.tf_generic_model("generic", "generic")
    model.load_from_files(FIXTURES / folder)
    model.download(tmp_path)
    told = json.loads((FIXTURES / folder / "io.json").read_text())
    inputs = {
        it["name"].partition(":")[0]: np.array(it["data"], np.float32).reshape(it["shape"])
        for it in told["inputs"]
    }
    given = inputs if "graph" in folder else [*inputs.values()]
    before = run_tfjs(FIXTURES / folder, given)
    after = run_tfjs(tmp_path, given, main="tfjs-model.json")
    for one, other in zip(before, after, strict=True):
        np.testing.assert_array_equal(one, other)


def test_texts_among_the_weights_are_kept(store):
    model = mnb.tf_generic_model("generic", "generic")
    model.load_from_files(FIXTURES / "graph-models" / "texts")
    model.save(store, "texts")
    other = mnb.tf_generic_model("generic", "generic")
    other.load(store, "texts")
    assert other._packed("save").digest == model._packed("save").digest


def test_a_model_of_teachable_machine_keeps_its_labels(tmp_path):
    files = network()
    document = json.loads(files["m.json"])
    del document["marcelle"]
    told = {
        "labels": ["left", "right", "none"],
        "imageSize": 96,
        "packageName": "@teachablemachine/pose",
    }
    model = generic()
    model.upload(
        ("model.json", json.dumps(document).encode()),
        ("m.weights.bin", files["m.weights.bin"]),
        ("metadata.json", json.dumps(told).encode()),
    )
    assert model.labels == ["left", "right", "none"]
    model.save("machine")
    other = generic()
    other.load("machine")
    assert other.labels == ["left", "right", "none"]


def test_weights_of_onnx_in_other_files_are_kept(tmp_path):
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    given = mnb.keras_model(build)
    given.build((4,), LABELS)
    convert(given, tmp_path / "one.onnx")
    model = onnx.load(tmp_path / "one.onnx")
    onnx.save_model(
        model,
        str(tmp_path / "two.onnx"),
        save_as_external_data=True,
        location="outside.bin",
        size_threshold=0,
    )
    first = generic()
    first.load_from_files(tmp_path / "two.onnx")
    assert [*first._fitted.contents.files] == ["outside.bin", "model.onnx"]
    first.save("outside")
    other = generic()
    other.load("outside")
    assert answers(other) == answers(first)
    (path,) = first.download(tmp_path / "down")
    assert "outside.bin" in zipfile.ZipFile(path).namelist()
    other.upload(path)
    assert answers(other) == answers(first)


def test_what_was_opened_with_trust_is_not_handed_on(tmp_path):
    import keras

    given = keras.Sequential([keras.Input((4,)), keras.layers.Lambda(lambda x: x[:, :3])])
    given.save(tmp_path / "m.keras")
    model = generic()
    model.load_from_files(tmp_path / "m.keras", trust=True)
    assert model.ready
    for call in (lambda: model.save("n"), lambda: model.download(tmp_path / "out")):
        with pytest.raises(UnsafeModel):
            call()


@pytest.mark.parametrize("cls", [mnb.KerasModel, mnb.TFGenericModel])
def test_a_hostile_document_is_refused_as_a_hostile_file_is(cls, store, tmp_path):
    import keras

    from tests.model_classes import trained

    lambdas = keras.Sequential([keras.Input((4,)), keras.layers.Lambda(lambda x: x)])
    lambdas.save(tmp_path / "code.keras")
    code = (tmp_path / "code.keras").read_bytes()
    good = network()
    main, weights = good["m.json"], good["m.weights.bin"]
    leaving = main.replace(b"./m.weights.bin", b"../../etc/passwd")
    cases = {
        "code": ("keras", {"model.keras": code}),
        "short": ("tfjs", {"model.json": main, "m.weights.bin": weights[:-1]}),
        "leaving": ("tfjs", {"model.json": leaving, "m.weights.bin": weights}),
        "a path": ("tfjs", {"../model.json": main, "m.weights.bin": weights}),
        "two": ("tfjs", {"a/model.json": main, "b/model.json": main, "m.weights.bin": weights}),
        "swapped": ("keras", {"model.keras": main}),
        "none": ("tfjs", {}),
        "unknown": ("pickle", {"model.pkl": b"x"}),
        "range": ("tfjs", {"model.json": main, "m.weights.bin": weights}),
    }
    model = trained(cls)
    before = [it.to_dict() for it in model.predict_many(X)]
    service = store.service("tfjs-models")
    for name, (kind, files) in cases.items():
        contents = {file: np.frombuffer(data, np.uint8) for file, data in files.items()}
        told = {"labels": LABELS, **({"input_range": "x"} if name == "range" else {})}
        document = {"name": f"bad {name}", "format": kind, "metadata": told, "contents": contents}
        service.create(document)
        for call in (model.load, model.sync):
            with pytest.raises(ModelFormatError):
                call(store, f"bad {name}")
        assert [it.to_dict() for it in model.predict_many(X)] == before


def test_a_file_that_is_no_keras_model_is_refused_by_keras_model(store):
    graph = mnb.tf_generic_model("image", "segmentation")
    graph.load_from_files(SEGMENTATION)
    graph.save(store, "graph")
    model = mnb.keras_model(build, epochs=1, learning_rate=0.5)
    for call in (lambda: model.load(store, "graph"), lambda: model.load_from_files(SEGMENTATION)):
        with pytest.raises(UnsupportedByModel, match="inference only"):
            call()
    assert (model.ready, model.task, model.learning_rate) == (False, "classification", 0.5)


def test_a_network_of_marcelle_is_read_by_all_that_can(tmp_path):
    files = [*(FIXTURES / "marcelle" / "mlp").glob("mlpclassifier.*")]
    told = []
    for model in (mnb.mlp(), mnb.keras_model(), generic()):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            model.upload(*files)
        told.append(model.predict(np.arange(6) / 6).confidences)
    for other in told[1:]:
        assert other == pytest.approx(told[0], abs=1e-6)
