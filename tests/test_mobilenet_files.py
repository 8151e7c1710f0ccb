import json

import h5py
import numpy as np
import pytest

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.model_files import ModelFiles
from marcelle_nb.models.mobilenet_files import mobilenet_files
from marcelle_nb.models.mobilenet_layers import layers_of, n_weights
from tests.mobilenet_weights import write_keras_weights

HUB = "https://tfhub.dev/google/imagenet/"
KERAS = "https://storage.googleapis.com/tensorflow/keras-applications/"


@pytest.mark.parametrize(
    ("kind", "name", "url"),
    [
        ((), "mobilenet-v1-1.0", KERAS + "mobilenet/mobilenet_1_0_224_tf.h5"),
        ((1, 0.25), "mobilenet-v1-0.25", KERAS + "mobilenet/mobilenet_2_5_224_tf.h5"),
        ((1, 0.75), "mobilenet-v1-0.75", KERAS + "mobilenet/mobilenet_7_5_224_tf.h5"),
        (
            (2, 0.5),
            "mobilenet-v2-0.5",
            KERAS + "mobilenet_v2/mobilenet_v2_weights_tf_dim_ordering_tf_kernels_0.5_224.h5",
        ),
        (
            (2, 1, "tfjs"),
            "mobilenet-v2-1.0-tfjs",
            HUB + "mobilenet_v2_100_224/classification/2/model.json?tfjs-format=file",
        ),
    ],
)
def test_the_addresses_are_those_of_keras_and_of_the_package(kind, name, url):
    files = mobilenet_files(*kind)
    assert (files.name, files.url, files.is_own_address) == (name, url, False)


@pytest.mark.slow
@pytest.mark.parametrize("version", [1, 2])
def test_the_addresses_are_those_that_keras_asks(version, monkeypatch):
    import importlib

    name = "mobilenet" if version == 1 else "mobilenet_v2"
    module = importlib.import_module(f"keras.src.applications.{name}")
    asked = []

    class Asked(Exception):
        pass

    def get_file(name, url, **_):
        asked.append(url)
        raise Asked

    monkeypatch.setattr(module.file_utils, "get_file", get_file)
    build = module.MobileNet if version == 1 else module.MobileNetV2
    for alpha in (0.5, 0.75, 1.0):
        with pytest.raises(Asked):
            build((224, 224, 3), alpha=alpha)
        assert asked.pop() == mobilenet_files(version, alpha).url


def test_the_declared_size_leaves_room_for_the_published_files():
    # what they have, by the progress bars of Keras
    for version, size in [(1, 17_225_924), (2, 14_536_120)]:
        assert size < mobilenet_files(version).max_bytes < 1.2 * size


@pytest.mark.parametrize(("version", "alpha"), [(1, 0.25), (2, 0.5)])
def test_a_file_that_fits_passes(tmp_path, version, alpha):
    path = write_keras_weights(tmp_path / "w.h5", version, alpha)
    files = mobilenet_files(version, alpha)
    assert path.stat().st_size <= files.max_bytes
    files.check(ModelFiles.open(path))


def test_a_file_of_another_network_does_not(tmp_path):
    path = write_keras_weights(tmp_path / "w.h5", 1, 0.5)
    for kind in [(1, 0.25), (2, 0.5)]:
        with pytest.raises(ModelFormatError, match="expected"):
            mobilenet_files(*kind).check(ModelFiles.open(path))


def test_a_file_without_the_classes_does_not(tmp_path):
    path = write_keras_weights(tmp_path / "w.h5", 1, 0.25)
    with h5py.File(path, "r+") as file:
        file.attrs["layer_names"] = np.array(
            [name for name in file.attrs["layer_names"] if name != b"conv_preds"]
        )
    with pytest.raises(ModelFormatError, match="expected 55 layers with weights, got 54"):
        mobilenet_files(1, 0.25).check(ModelFiles.open(path))


@pytest.mark.parametrize("option", [{"version": 3}, {"alpha": 0.3}, {"source": "hub"}])
def test_other_kinds_there_are_none(option):
    with pytest.raises(ValueError, match=f"{next(iter(option))}: expected"):
        mobilenet_files(**option)


def test_it_counts_the_weights():
    assert n_weights(layers_of(1, 1.0)) == 4_253_864
    assert n_weights(layers_of(2, 1.0)) == 3_538_984


@pytest.mark.parametrize("node", [5, "x", None, {"name": 1}, [{"name": []}, 3, {}]])
def test_nodes_of_any_kind_are_told(node):
    model = {"format": "graph-model", "modelTopology": {"node": node}, "weightsManifest": []}
    files = ModelFiles({"model.json": json.dumps(model).encode()}, main="model.json")
    with pytest.raises(ModelFormatError, match="expected the node 'module_apply"):
        mobilenet_files(1, 0.25, "tfjs").check(files)
