import json
import os

import pytest

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.model_files import ModelFiles
from marcelle_nb.formats.sidecar import read_sidecar, write_sidecar

TOLD = {"input_range": (-1.0, 1.0), "crop": "center", "image_size": (224, 224)}


def test_what_is_written_beside_a_model_is_read_again(tmp_path):
    model = tmp_path / "pets.v2.pb"
    model.write_bytes(b"")
    beside = tmp_path / "pets.v2.pb.metadata.json"
    assert write_sidecar(model, {**TOLD, "labels": ["Kätzchen", "dog"]}) == [beside]
    files = ModelFiles.open(model)
    assert read_sidecar(files, model.name) == {**TOLD, "labels": ["Kätzchen", "dog"]}
    assert {path.name for path in tmp_path.iterdir()} == {model.name, beside.name}


def test_who_may_read_the_model_may_read_what_lies_beside_it(tmp_path):
    (path,) = write_sidecar(tmp_path / "m.pb", {"labels": ["a"]})
    assert path.stat().st_mode & 0o444 == 0o444


def test_nothing_known_leaves_no_file_of_an_earlier_model_and_those_of_others(tmp_path):
    model = tmp_path / "m.pb"
    others = tmp_path / "m.metadata.json"
    others.write_bytes(b"{}")
    write_sidecar(model, {"labels": ["a"]})
    assert write_sidecar(model, {}) == []
    assert [*tmp_path.iterdir()] == [others]
    assert read_sidecar(ModelFiles({"m.onnx": b""}), "m.onnx") == {}


def test_file_called_without_the_ending_is_read_unless_the_model_is_a_later_one(tmp_path):
    model, beside = tmp_path / "m.keras", tmp_path / "m.metadata.json"
    model.write_bytes(b"")
    beside.write_text('{"labels": ["a"]}')
    assert read_sidecar(ModelFiles.open(model), "m.keras") == {"labels": ["a"]}
    written = model.stat().st_mtime
    os.utime(beside, (written - 3600, written - 3600))
    assert read_sidecar(ModelFiles.open(model), "m.keras") == {}


@pytest.mark.parametrize("content", [[], {"input_range": [0]}, {"crop": "left"}])
def test_file_that_says_something_else_is_refused(content):
    files = ModelFiles({"m.h5": b"", "m.metadata.json": json.dumps(content).encode()})
    with pytest.raises(ModelFormatError, match=r"m.metadata.json: "):
        read_sidecar(files, "m.h5")


@pytest.mark.parametrize("content", [b'{"my": "data"}', b'{"labels": ["a"], "b": 1}', b"x", b"{}"])
def test_file_that_somebody_else_wrote_stays(tmp_path, content):
    beside = tmp_path / "m.pb.metadata.json"
    beside.write_bytes(content)
    assert write_sidecar(tmp_path / "m.pb", {}) == []
    assert beside.read_bytes() == content
