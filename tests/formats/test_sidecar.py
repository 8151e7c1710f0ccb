import json

import pytest

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.model_files import ModelFiles
from marcelle_nb.formats.sidecar import read_sidecar, write_sidecar

TREATMENT = {"input_range": (-1.0, 1.0), "crop": "center", "image_size": (224, 224)}


def test_what_is_written_beside_a_model_is_read_again(tmp_path):
    model = tmp_path / "pets.v2.tflite"
    model.write_bytes(b"")
    assert write_sidecar(model, ["Kätzchen", "dog"], TREATMENT) == [
        tmp_path / "pets.v2.metadata.json"
    ]
    files = ModelFiles.open(model)
    assert read_sidecar(files, model.name) == {**TREATMENT, "labels": ["Kätzchen", "dog"]}
    assert {path.name for path in tmp_path.iterdir()} == {model.name, "pets.v2.metadata.json"}


def test_who_may_read_the_model_may_read_what_lies_beside_it(tmp_path):
    (path,) = write_sidecar(tmp_path / "m.tflite", ["a"], {})
    assert path.stat().st_mode & 0o444 == 0o444


def test_nothing_known_leaves_no_file_of_an_earlier_model(tmp_path):
    model = tmp_path / "m.onnx"
    write_sidecar(model, ["a"], {})
    assert write_sidecar(model, None, {}) == []
    assert [*tmp_path.iterdir()] == []
    assert read_sidecar(ModelFiles({"m.onnx": b""}), "m.onnx") == {}


@pytest.mark.parametrize(
    "content",
    [
        [],
        {"labels": "abc"},
        {"input_range": [1, 0]},
        {"input_range": [0, "1"]},
        {"input_range": [0]},
        {"input_range": [False, True]},
        {"crop": "left"},
        {"image_size": 224},
        {"image_size": [1.5, 2]},
    ],
)
def test_file_that_says_something_else_is_refused(content):
    files = ModelFiles({"m.h5": b"", "m.metadata.json": json.dumps(content).encode()})
    with pytest.raises(ModelFormatError, match=r"m.metadata.json: "):
        read_sidecar(files, "m.h5")
