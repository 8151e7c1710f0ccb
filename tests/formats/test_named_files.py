import json

import pytest

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.named_files import address_beside, main_name, named_bytes, named_files


def written(path, paths, shape=(2, 3)):
    weights = [{"name": "w", "shape": [*shape], "dtype": "float32"}]
    manifest = [{"paths": paths, "weights": weights}]
    model = {"modelTopology": {"node": []}, "weightsManifest": manifest}
    path.write_text(json.dumps(model))
    return path


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://a/b/model.json?x=1#y", "model.json"),
        ("https://a/b%20c.h5", "b c.h5"),
        ("https://a/b/", "model"),
        ("https://a", "model"),
        ("https://a/..", "model"),
        ("https://a/b%2F..%2F..", "model"),
    ],
)
def test_a_file_is_called_as_its_address_ends(url, name):
    assert main_name(url) == name


def test_what_lies_beside_it_is_asked_with_the_same_query(tmp_path):
    assert address_beside("https://a/b/m.json?x=1#y", "c d.bin") == "https://a/b/c%20d.bin?x=1"


def test_a_model_json_names_files_and_tells_their_bytes(tmp_path):
    path = written(tmp_path / "model.json", ["a.bin", "b.bin", "a.bin"])
    assert named_files(path, "model.json") == (["a.bin", "b.bin"], False)
    assert named_bytes(path, "model.json") == 24


def test_another_file_names_none(tmp_path):
    path = tmp_path / "w.h5"
    path.write_bytes(b"\x89HDF")
    assert named_files(path, "w.h5") == ([], False)
    assert named_bytes(path, "w.h5") == 0


@pytest.mark.parametrize("name", ["../a.bin", "%2e%2e/a.bin", "/a.bin"])
def test_a_file_elsewhere_is_refused(tmp_path, name):
    with pytest.raises(ModelFormatError, match="inside the model's folder"):
        named_files(written(tmp_path / "model.json", [name]), "model.json")
