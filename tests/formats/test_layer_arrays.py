import h5py
import numpy as np
import pytest

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.keras_models.layer_arrays import check_layer_arrays, read_layer_arrays
from marcelle_nb.formats.model_files import ModelFiles
from marcelle_nb.models.mobilenet_layers import layers_of
from tests.mobilenet_weights import random_arrays, write_keras_weights

LAYERS = layers_of(1, 0.25)


def read(path, layers=LAYERS):
    return read_layer_arrays(ModelFiles.open(path), path.name, layers)


def changed(tmp_path, change):
    path = write_keras_weights(tmp_path / "w.h5", 1, 0.25)
    with h5py.File(path, "r+") as file:
        change(file)
    return ModelFiles.open(path)


def test_names_of_layers_come_first(tmp_path):
    arrays = random_arrays(1, 0.25)
    turned = dict(reversed(arrays.items()))
    found = read(write_keras_weights(tmp_path / "w.h5", arrays=turned))
    assert [*found] == [*LAYERS]
    for layer, weights in arrays.items():
        for name, values in weights.items():
            np.testing.assert_array_equal(found[layer][name], values)


def test_layers_of_other_names_are_taken_in_order(tmp_path):
    arrays = random_arrays(2, 0.5)
    path = write_keras_weights(
        tmp_path / "w.h5", arrays=arrays, rename=lambda name: f"old_{name}_1"
    )
    found = read(path, layers_of(2, 0.5))
    np.testing.assert_array_equal(found["predictions"]["bias"], arrays["predictions"]["bias"])
    np.testing.assert_array_equal(found["Conv1"]["kernel"], arrays["Conv1"]["kernel"])


def replace(group, name, values):
    del group[name]
    group[name] = values


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda f: replace(f["conv1"], "conv1/kernel:0", np.zeros((3, 3, 3, 9), "f4")), "shape"),
        (lambda f: replace(f["conv1"], "conv1/kernel:0", np.zeros((3, 3, 3, 8))), "float64"),
        (lambda f: f["conv1"].attrs.update(weight_names=[b"conv1/other:0"]), "none"),
        (lambda f: f["conv1"].attrs.update(weight_names=[]), "28 layers|layers with weights"),
        (lambda f: f.attrs.update(layer_names=[b"conv1"]), "expected 55 layers"),
        (lambda f: f.attrs.__delitem__("layer_names"), "model_weights"),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path, change, said):
    with pytest.raises(ModelFormatError, match=said):
        check_layer_arrays(changed(tmp_path, change), "w.h5", LAYERS)


def test_a_wider_network_does_not_fit(tmp_path):
    path = write_keras_weights(tmp_path / "w.h5", 1, 0.5)
    with pytest.raises(ModelFormatError, match="expected float32 of shape"):
        read(path)


@pytest.mark.parametrize("content", [b"", b"<html>", b"\x89HDF\r\n\x1a\n" + bytes(100)])
def test_no_hdf5_file_is_refused(tmp_path, content):
    path = tmp_path / "w.h5"
    path.write_bytes(content)
    with pytest.raises(ModelFormatError):
        read(path)


def test_a_link_to_another_file_is_refused(tmp_path):
    def change(file):
        del file["conv1"]["conv1/kernel:0"]
        file["conv1"]["conv1/kernel:0"] = h5py.ExternalLink("/etc/passwd", "/")

    with pytest.raises(ModelFormatError, match="link to elsewhere"):
        check_layer_arrays(changed(tmp_path, change), "w.h5", LAYERS)
