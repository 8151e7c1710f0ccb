import os
from pathlib import Path

import pytest

from marcelle_nb.formats.conversion_target import (
    byte_count,
    target_format,
    target_options,
    target_place,
)


@pytest.mark.parametrize(
    ("name", "format"),
    [
        ("m.keras", "keras"),
        ("M.KERAS", "keras"),
        ("m.hdf5", "h5"),
        ("model.json", "tfjs"),
        ("saved_model.pb", "saved-model"),
        ("my_saved_model.pb", "frozen-graph"),
        ("m.tflite", "tflite"),
        ("m.onnx", "onnx"),
    ],
)
def test_format_is_told_by_the_name(name, format):
    assert target_format(None, Path("out") / name) == format


@pytest.mark.parametrize(
    ("format", "name", "rule"),
    [
        ("onnx", "m.tflite", "a name that ends in .onnx for onnx"),
        ("keras", "m", "a name that ends in .keras for keras"),
        ("h5", "m.keras", "a name that ends in .h5 or .hdf5 for h5"),
        ("frozen-graph", "saved_model.pb", "ends in .pb, but not saved_model.pb for frozen-graph"),
        ("saved-model", "m.pb", "a folder or its saved_model.pb for saved-model"),
        ("tfjs-graph", "m.h5", "a folder or its model.json for tfjs-graph"),
    ],
)
def test_name_of_another_format_is_refused(format, name, rule):
    with pytest.raises(ValueError, match=rf"^target: expected .*{rule}, got '{name}'"):
        target_format(format, Path(name))


@pytest.mark.parametrize(
    ("format", "name"),
    [("saved-model", "out/saved_model.pb"), ("tfjs", "out/model.json"), ("tfjs-graph", "out")],
)
def test_main_file_stands_for_its_folder(format, name, tmp_path):
    assert target_place(format, tmp_path / name) == tmp_path / "out"
    assert [*tmp_path.iterdir()] == []


def test_file_in_the_way_is_refused(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(NotADirectoryError, match=r"target: expected a folder '.*file', got a file"):
        target_place("h5", tmp_path / "file" / "a" / "m.h5")


def test_folder_that_cannot_be_written_to_is_refused_before_the_work(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(PermissionError, match=r"target: expected a folder that can be written to"):
        target_place("h5", tmp_path / "m.h5")


@pytest.mark.parametrize("size", [1.5, True, [1]])
def test_size_that_is_no_whole_number_is_refused(size):
    with pytest.raises(TypeError, match=r"^shard_size: expected a number of bytes from 1 on, as 5"):
        target_options("tfjs", shard_size=size)


@pytest.mark.parametrize(
    ("given", "count"),
    [(7, 7), ("500", 500), ("1KB", 1024), ("4 MB", 4 * 2**20), ("2MiB", 2**21), ("1g", 2**30)],
)
def test_number_of_bytes_is_read(given, count):
    assert target_options("tfjs", shard_size=given) == {"shard_size": count}


@pytest.mark.parametrize("text", ["", "-1", "1.5MB", "4TB", "MB", "0", "0MB", "9" * 5000, 0, -1])
def test_what_is_no_number_of_bytes_is_refused(text):
    with pytest.raises(ValueError, match=r"^shard_size: expected a number of bytes from 1 on"):
        byte_count(text)


@pytest.mark.parametrize(
    ("format", "option"),
    [
        ("tflite", {"shard_size": 9}),
        ("onnx", {"quantize": "float16"}),
        ("saved-model", {"quantize": "uint8"}),
        ("tflite", {"representative": [], "quantize": "float16"}),
    ],
)
def test_option_that_the_format_does_not_have_is_refused_by_name(format, option):
    with pytest.raises(ValueError, match=rf"^{next(iter(option))}: expected"):
        target_options(format, **option)
