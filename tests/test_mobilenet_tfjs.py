"""The graph models that the package `@tensorflow-models/mobilenet` reads, and what it answers."""

import json
import shutil

import numpy as np
import pytest

from marcelle_nb.errors import DownloadRefused, ModelFormatError
from marcelle_nb.formats.load import load
from marcelle_nb.formats.model_files import ModelFiles
from marcelle_nb.formats.tfjs.graph_writer import write_graph_model
from marcelle_nb.models.mobilenet import MobileNet
from marcelle_nb.models.mobilenet_files import mobilenet_files
from tests.formats.mobilenet_package import PACKAGE, answer, network
from tests.formats.tfjs_node import NODE
from tests.formats.web_server import web_server

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=[1, 2])
def version(request):
    return request.param


@pytest.fixture(scope="module")
def folder(version, tmp_path_factory):
    folder = tmp_path_factory.mktemp("tfjs")
    write_graph_model(network(version), folder)
    return folder


@pytest.fixture(scope="module")
def model(version, folder, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MARCELLE_NB_CACHE", str(tmp_path_factory.mktemp("cache")))
        with web_server() as server:
            for path in folder.iterdir():
                server.answers[f"/net/{path.name}"] = path.read_bytes()
            model = MobileNet(version, 0.5, source="tfjs", url=server.url("/net/model.json"))
            model.predict(np.zeros((9, 9, 3), np.uint8))
        yield model


RANGE = "[0, 1]"
"""Of the published models: the package does not know it of others."""


def images():
    rng = np.random.default_rng(0)
    for size in [(224, 224), (480, 640), (100, 37), (1, 1), (225, 223)]:
        yield rng.integers(0, 256, (*size, 3), dtype=np.uint8)


@pytest.mark.skipif(NODE is None or not PACKAGE.is_dir(), reason="needs the package in js/")
def test_answers_are_those_of_the_package(model, version, folder):
    for image in images():
        told = answer(folder, version, image, RANGE)
        row = model.process(image)
        np.testing.assert_allclose(row, np.ravel(told["embedding"]), rtol=1e-3, atol=1e-3)
        expected = [(it["className"], it["probability"]) for it in told["classes"]]
        found = [*model.predict(image).confidences.items()]
        assert [name for name, _ in found[: len(expected)]] == [name for name, _ in expected]
        np.testing.assert_allclose(
            [p for _, p in found[: len(expected)]], [p for _, p in expected], rtol=1e-2
        )


def test_features_say_that_they_are_of_this_network(model, version):
    row = model.process(next(images()))
    assert row.shape == (model.n_features,)
    assert row.version.startswith(f"mobilenet-v{version}-0.5-tfjs-")


def test_a_graph_of_another_width_or_version_is_refused(version, folder):
    files = ModelFiles.open(folder / "model.json")
    mobilenet_files(version, 0.5, "tfjs").check(files)
    for kind in [(version, 0.75), (3 - version, 0.5)]:
        with pytest.raises(ModelFormatError, match="expected"):
            mobilenet_files(*kind, "tfjs").check(files)


def test_shards_that_are_cut_off_are_refused(version, folder, tmp_path):
    copied = shutil.copytree(folder, tmp_path / "net")
    shard = next(copied.glob("*.bin"))
    shard.write_bytes(shard.read_bytes()[:-4])
    with pytest.raises(ModelFormatError, match="bytes of weights"):
        mobilenet_files(version, 0.5, "tfjs").check(ModelFiles.open(copied / "model.json"))


def test_a_layers_model_is_refused(tmp_path, version):
    topology = {"class_name": "Sequential", "config": []}
    document = {"format": "layers-model", "modelTopology": topology, "weightsManifest": []}
    path = tmp_path / "model.json"
    path.write_text(json.dumps(document))
    with pytest.raises(ModelFormatError, match="got a layers model"):
        mobilenet_files(version, 0.5, "tfjs").check(ModelFiles.open(path))


def test_keras_weights_are_no_graph(version, tmp_path, monkeypatch):
    monkeypatch.setenv("MARCELLE_NB_CACHE", str(tmp_path))
    with web_server() as server:
        server.answers["/model.json"] = b"\x89HDF\r\n\x1a\n"
        model = MobileNet(version, 0.5, source="tfjs", url=server.url("/model.json"))
        with pytest.raises(DownloadRefused, match="expected the weights of this model"):
            model.predict(np.zeros((9, 9, 3), np.uint8))


def test_pages_get_it_with_probabilities_as_the_kernel_has_them(model, version, tmp_path):
    web = model._web_model()
    assert web.about["input"]["range"] == [0, 1]
    assert web.about["input"]["resize"] == "corners"
    for name, data in web.files().items():
        (tmp_path / name).write_bytes(data)
    pixels = np.random.default_rng(1).integers(0, 256, (224, 224, 3), np.uint8)
    told = model.predict(pixels)
    (probabilities,) = load(tmp_path / "model.json")(pixels[None] / np.float32(255))
    assert probabilities.shape == (1, 1000)
    best = np.sort(probabilities[0])[::-1][:5]
    np.testing.assert_allclose(best, [*told.confidences.values()], rtol=1e-3)
