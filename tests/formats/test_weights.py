from __future__ import annotations

import base64
import json
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.model_files import ModelFiles
from marcelle_nb.formats.tfjs.weights import read_weights
from marcelle_nb.formats.tfjs.weights_manifest import parse_manifest

CONVERTED = Path(__file__).parents[1] / "fixtures" / "tfjs-weights"
CASES = sorted(path.name for path in CONVERTED.iterdir() if path.is_dir())


def read(manifest, **shards):
    groups = parse_manifest(manifest, "model.json")
    files = ModelFiles({"model.json": b"", **{f"{k}.bin": v for k, v in shards.items()}})
    return read_weights(files, "model.json", groups)


def spec(name, shape, dtype="float32", **more):
    return {"name": name, "shape": shape, "dtype": dtype, **more}


@pytest.mark.parametrize("case", CASES)
def test_what_the_real_converter_wrote_is_what_real_tensorflow_js_reads(case):
    manifest = json.loads((CONVERTED / case / "manifest.json").read_text())
    decoded = json.loads((CONVERTED / case / "decoded.json").read_text())
    files = ModelFiles.open(CONVERTED / case)
    weights = read_weights(files, "manifest.json", parse_manifest(manifest, case))
    assert [text.decode() for text in weights.pop("words")] == decoded.pop("words")
    assert set(weights) == set(decoded)
    for name, array in weights.items():
        assert array.tobytes() == base64.b64decode(decoded[name]), name


def test_a_tensor_may_begin_in_one_file_and_end_in_another():
    array = np.arange(10, dtype=np.float32)
    data = array.tobytes()
    manifest = [{"paths": ["a.bin", "b.bin", "c.bin"], "weights": [spec("x", [10])]}]
    weights = read(manifest, a=data[:3], b=b"", c=data[3:])
    np.testing.assert_array_equal(weights["x"], array)


def test_several_groups_are_one_run_of_bytes_as_in_javascript():
    first, second = np.arange(3, dtype=np.float32), np.arange(5, dtype=np.int32)
    data = first.tobytes() + second.tobytes()
    manifest = [
        {"paths": ["a.bin"], "weights": [spec("x", [3])]},
        {"paths": ["b.bin"], "weights": [spec("y", [5], "int32")]},
    ]
    weights = read(manifest, a=data[:14], b=data[14:])
    np.testing.assert_array_equal(weights["x"], first)
    np.testing.assert_array_equal(weights["y"], second)


def test_arrays_are_aligned_writable_and_do_not_keep_the_file():
    manifest = [{"paths": ["a.bin"], "weights": [spec("x", [1], "bool"), spec("y", [2])]}]
    weights = read(manifest, a=b"\x07" + np.ones(2, np.float32).tobytes())
    assert weights["x"].tolist() == [True]
    for array in weights.values():
        assert array.flags.aligned
        assert array.flags.writeable


def test_text_may_lie_across_files_and_hold_any_bytes():
    data = b"".join(len(t).to_bytes(4, "little") + t for t in (b"ab\x00\xff", b"", b"c"))
    manifest = [
        {
            "paths": ["a.bin", "b.bin"],
            "weights": [spec("w", [3, 1], "string"), spec("x", [1], "bool")],
        }
    ]
    weights = read(manifest, a=data[:6], b=data[6:] + b"\x01")
    assert weights["w"].tolist() == [[b"ab\x00\xff"], [b""], [b"c"]]
    assert weights["x"].tolist() == [True]


@pytest.mark.parametrize("length", [b"\xff\xff\xff\xff", b"\x02\x00\x00\x00"])
def test_text_longer_than_the_file_is_refused(length):
    manifest = [{"paths": ["a.bin"], "weights": [spec("w", [], "string")]}]
    with pytest.raises(ModelFormatError, match="'w': expected a text within the 1 bytes left"):
        read(manifest, a=length + b"x")


def test_files_that_are_too_short_are_refused_before_anything_is_read(monkeypatch):
    monkeypatch.setattr(ModelFiles, "read", lambda *args: pytest.fail("read"))
    manifest = [{"paths": ["a.bin"], "weights": [spec("x", [2**29])]}]
    with pytest.raises(ModelFormatError, match=r"expected 2,147,483,648 bytes of weights .* got 8"):
        read(manifest, a=bytes(8))


@pytest.mark.parametrize("surplus", [1, 5, 17 * 2**20])
def test_weights_of_another_model_are_refused_by_their_length(surplus):
    manifest = [{"paths": ["a.bin"], "weights": [spec("x", [1])]}]
    with pytest.raises(ModelFormatError, match="expected 4 bytes"):
        read(manifest, a=bytes(4 + surplus))


def test_bytes_after_the_last_text_are_refused():
    manifest = [{"paths": ["a.bin"], "weights": [spec("x", [1], dtype="string")]}]
    assert read(manifest, a=b"\1\0\0\0a")["x"][0] == b"a"
    with pytest.raises(ModelFormatError, match="expected 5 bytes"):
        read(manifest, a=b"\1\0\0\0a and more")


@pytest.mark.parametrize("path", ["../a.bin", "/etc/passwd", "b.bin", "", "a.bin/.."])
def test_a_file_elsewhere_or_missing_is_refused(path):
    manifest = [{"paths": [path], "weights": []}]
    with pytest.raises(ModelFormatError):
        read(manifest, a=b"")


@pytest.mark.parametrize("stored", ["float32", "uint8"])
def test_memory_stays_below_twice_the_declared_bytes_and_64_megabytes(tmp_path, stored):
    count, item = 40_000_000, {"float32": 4, "uint8": 1}[stored]
    (tmp_path / "a.bin").write_bytes(bytes(count * item))
    more = {} if item == 4 else {"quantization": {"dtype": "uint8", "min": 0, "scale": 1}}
    manifest = [{"paths": ["a.bin"], "weights": [spec("x", [count], **more)]}]
    (tmp_path / "model.json").write_text("{}")
    files = ModelFiles.open(tmp_path)
    groups = parse_manifest(manifest, "m")
    tracemalloc.start()
    try:
        weights = read_weights(files, "model.json", groups)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert weights["x"].shape == (count,)
    assert peak <= 2 * count * 4 + 64 * 2**20
