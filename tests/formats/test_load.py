import hashlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from marcelle_nb.errors import DownloadRefused, ModelFormatError
from marcelle_nb.formats.convert import convert
from marcelle_nb.formats.load import load
from tests.formats.test_model_files import zipped
from tests.formats.web_server import web_server

# Keras writes HDF5 through an interface of NumPy 1
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy")

FIXTURES = Path(__file__).parent.parent / "fixtures"
LAYERS = FIXTURES / "tfjs-layers" / "mlp_dense"
GRAPH = FIXTURES / "tfjs-graph" / "cnn_classifier"
PICTURES = FIXTURES / "tfjs-layers" / "nested_teachable"

METADATA = {
    "tfjsVersion": "1.3.1",
    "tmVersion": "2.4.5",
    "packageName": "@teachablemachine/image",
    "labels": ["cat", "dog", "hot dog"],
    "imageSize": 24,
}
TREATMENT = {"input_range": (-1.0, 1.0), "crop": "center", "image_size": (24, 24)}


def files_of(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "io.json"}


def outputs_of(folder):
    told = json.loads((folder / "io.json").read_text())
    inputs = [np.array(i["data"], i["dtype"]).reshape(i["shape"]) for i in told["inputs"]]
    return inputs, np.array(told["outputs"][0]["data"]).reshape(told["outputs"][0]["shape"])


def teachable(**changes):
    return zipped(files_of(PICTURES) | {"metadata.json": json.dumps(METADATA | changes).encode()})


def test_importing_what_loads_imports_nothing_heavy():
    ask = (
        "import sys, marcelle_nb.formats.load, marcelle_nb.formats.convert;"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    answer = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    assert not set(answer.stdout.split()) & {
        "tensorflow",
        "keras",
        "h5py",
        "onnx",
        "flatbuffers",
        "google",
        "pooch",
        "requests",
    }


@pytest.mark.parametrize("folder", [LAYERS, GRAPH], ids=["layers", "graph"])
@pytest.mark.parametrize("way", ["folder", "file", "text", "files", "zip", "zip in a folder"])
def test_model_loads_from_wherever_it_is(folder, way):
    files = files_of(folder)
    source = {
        "folder": folder,
        "file": folder / "model.json",
        "text": str(folder),
        "files": [*reversed(files.items())],
        "zip": [("model.zip", zipped(files))],
        "zip in a folder": zipped({f"my model/{name}": files[name] for name in files}),
    }[way]
    inputs, wanted = outputs_of(folder)
    np.testing.assert_allclose(load(source)(*inputs)[0], wanted, atol=1e-5)


def test_model_loads_from_an_address(tmp_path, monkeypatch):
    monkeypatch.setenv("MARCELLE_NB_CACHE", str(tmp_path))
    inputs, wanted = outputs_of(LAYERS)
    with web_server() as server:
        server.answers = {f"/m/{name}": content for name, content in files_of(LAYERS).items()}
        model = load(server.url("/m/model.json"))
    np.testing.assert_allclose(model(*inputs)[0], wanted, atol=1e-5)


@pytest.mark.parametrize("name", ["keras_model.h5", "model_unquant.tflite", "graph.pb"])
def test_file_from_an_address_is_known_as_well_as_that_on_disk(name, tmp_path, monkeypatch):
    monkeypatch.setenv("MARCELLE_NB_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "files"
    convert(PICTURES, folder / name)
    if name == "graph.pb":
        told = {**TREATMENT, "labels": ["a", "b", "c"]}
        (folder / "graph.pb.metadata.json").write_text(json.dumps(told))
    else:
        (folder / "labels.txt").write_text("0 a\n1 b\n2 c\n")
    with web_server() as server:
        server.answers = {f"/{path.name}": path.read_bytes() for path in folder.iterdir()}
        fetched = load(server.url(f"/{name}"))
    for model in (fetched, load(folder / name)):
        assert model.labels == ["a", "b", "c"]
        assert model.metadata.items() >= TREATMENT.items()


def test_checksum_is_compared_for_a_path_too():
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in files_of(LAYERS).items()}
    assert load(LAYERS, sha256=sums).format == "tfjs-layers"
    with pytest.raises(DownloadRefused, match=r"weights.bin: expected the checksum"):
        load(LAYERS / "model.json", sha256=sums | {"weights.bin": "0" * 64})
    with pytest.raises(TypeError, match=r"sha256: expected with an address or a path"):
        load([("a.h5", b"")], sha256="0" * 64)


def test_format_may_be_named():
    assert load(LAYERS, format="tfjs-layers").format == "tfjs-layers"
    with pytest.raises(ModelFormatError, match=r"expected"):
        load(LAYERS, format="tfjs-graph")


@pytest.mark.parametrize(
    "option",
    [{"tags": ["serve"]}, {"signature": "s"}, {"output_nodes": ["x"]}, {"input_nodes": []}],
)
def test_option_of_another_format_is_refused(option):
    with pytest.raises(ValueError, match=r"expected with another format, got tfjs-layers"):
        load(LAYERS, **option)


@pytest.mark.parametrize(
    ("address", "options", "said"),
    [
        (
            "https://a.example/model",
            {"format": "caffe"},
            "format: expected one of tfjs, tfjs-layers, ",
        ),
        ("https://a.example/model.json", {"tags": ["serve"]}, "tags: expected with another"),
        ("https://a.example/m", {"format": "onnx", "signature": "s"}, "signature: expected with"),
    ],
)
def test_what_is_impossible_is_refused_before_anything_is_fetched(
    address, options, said, monkeypatch
):
    monkeypatch.setattr("marcelle_nb.formats.load.open_files", None)
    with pytest.raises(ValueError, match=said):
        load(address, **options)


def test_teachable_machine_tells_names_crop_and_range():
    model = load([("tm-my-image-model.zip", teachable())])
    assert model.labels == ["cat", "dog", "hot dog"]
    assert model.metadata.items() >= TREATMENT.items()


def test_early_teachable_machine_told_no_package():
    assert load(teachable(packageName=None, labels=["a", "b", "c"])).labels == ["a", "b", "c"]
    metadata = {key: METADATA[key] for key in ("tmVersion", "labels")}
    files = files_of(PICTURES) | {"metadata.json": json.dumps(metadata).encode()}
    assert load([*files.items()]).metadata.items() >= TREATMENT.items()


def test_sounds_and_poses_of_teachable_machine_are_no_pictures():
    model = load(teachable(packageName="@teachablemachine/pose"))
    assert model.labels == METADATA["labels"]
    assert "input_range" not in model.metadata
    sounds = {"packageName": "@tensorflow-models/speech-commands", "wordLabels": ["a", "b", "c"]}
    files = files_of(PICTURES) | {"metadata.json": json.dumps(sounds).encode()}
    assert load([*files.items()]).labels == ["a", "b", "c"]


def test_names_of_another_number_of_classes_are_not_the_models():
    with pytest.warns(UserWarning, match=r"got 2 in metadata.json"):
        assert load(teachable(labels=["a", "b"])).labels is None


@pytest.mark.parametrize("labels", ["abc", [1, 2, 3], ["x" * 3000, "b", "c"]])
def test_names_that_are_none_are_refused(labels):
    with pytest.raises(ModelFormatError, match=r"metadata.json: labels: expected a list of names"):
        load(teachable(labels=labels))


def test_metadata_of_other_software_is_left_alone():
    for content in (b"[]", b"{", b'{"labels": 3}', b'{"labels": ["a", "b", "c"]}'):
        model = load([*(files_of(PICTURES) | {"metadata.json": content}).items()])
        assert model.labels is None


def test_file_of_names_beside_a_model_is_read():
    files = files_of(PICTURES)
    assert load([*(files | {"labels.txt": b"x\ny\nz\n"}).items()]).labels == ["x", "y", "z"]
    own = files | {"labels.txt": b"1\n2\n3", "model.labels.txt": b"x\ny\nz"}
    assert load([*own.items()]).labels == ["x", "y", "z"]


def test_file_beside_a_converted_model_tells_names_and_treatment():
    beside = {
        "labels": ["x", "y", "z"],
        "input_range": [0, 1],
        "crop": None,
        "image_size": [24, 24],
    }
    files = files_of(PICTURES) | {"model.metadata.json": json.dumps(beside).encode()}
    model = load([*files.items()])
    assert model.labels == ["x", "y", "z"]
    told = {"input_range": (0.0, 1.0), "crop": None, "image_size": (24, 24)}
    assert model.metadata.items() >= told.items()


def test_labels_of_marcelle_are_read():
    folder = FIXTURES / "marcelle" / "mlp"
    expected = json.loads((folder / "mlpclassifier.json").read_text())["marcelle"]["labels"]
    assert load(folder / "mlpclassifier.json").labels == expected
