from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.model_files import ModelFiles
from marcelle_nb.formats.tfjs.weights import read_weights
from marcelle_nb.formats.tfjs.weights_manifest import parse_manifest
from marcelle_nb.formats.tfjs.weights_writer import write_weights

CONVERTED = Path(__file__).parents[1] / "fixtures" / "tfjs-weights"
OPTIONS: dict[str, dict[str, Any]] = {
    "plain": {},
    "shards": {"shard_size": 100},
    "uint8": {"quantize": "uint8"},
    "uint16": {"quantize": {"uint16": True}, "shard_size": 333},
    "float16": {"quantize": "float16"},
    "patterns": {"quantize": {"uint8": ["conv/k*"], "float16": "*/bias", "uint16": True}},
}
WORDS = np.array(["", b"a", "zwölf", "中"], object)


@pytest.mark.parametrize("case", OPTIONS)
def test_files_are_those_of_the_real_converter_byte_for_byte(case, tmp_path):
    manifest = json.loads((CONVERTED / case / "manifest.json").read_text())
    with np.load(CONVERTED / "arrays.npz") as arrays:
        groups = [
            [
                (s["name"], WORDS if s["name"] == "words" else arrays[s["name"]])
                for s in g["weights"]
            ]
            for g in manifest
        ]
    assert write_weights(tmp_path, groups, **OPTIONS[case]) == manifest
    expected = {p.name: p.read_bytes() for p in (CONVERTED / case).glob("*.bin")}
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == expected


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(
    sizes=st.lists(st.lists(st.integers(0, 30), max_size=4), max_size=3),
    shard_size=st.integers(1, 50),
)
def test_any_shard_size_reads_back(tmp_path, sizes, shard_size):
    groups = [
        [(f"{i}/{j}", np.arange(n, dtype=np.int32)) for j, n in enumerate(group)]
        for i, group in enumerate(sizes)
    ]
    for path in tmp_path.iterdir():
        path.unlink()
    manifest = write_weights(tmp_path, groups, shard_size=shard_size)
    assert all(path.stat().st_size <= shard_size for path in tmp_path.iterdir())
    (tmp_path / "model.json").touch()
    files = ModelFiles.open(tmp_path)
    weights = read_weights(files, "model.json", parse_manifest(manifest, "m"))
    for name, array in (weight for group in groups for weight in group):
        np.testing.assert_array_equal(weights[name], array)


def test_no_weights_at_all_make_an_empty_manifest(tmp_path):
    assert write_weights(tmp_path, [[]]) == [{"paths": [], "weights": []}]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("dtype", "written"),
    [("uint8", "int32"), ("int64", "int32"), ("float64", "float32"), ("float16", "float32")],
)
def test_types_that_javascript_does_not_load_are_written_as_wider_ones(tmp_path, dtype, written):
    ((spec,),) = (g["weights"] for g in write_weights(tmp_path, [[("x", np.ones(3, dtype))]]))
    assert spec["dtype"] == written
    data = (tmp_path / "group1-shard1of1.bin").read_bytes()
    np.testing.assert_array_equal(np.frombuffer(data, written), np.ones(3))


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.array([2**31]), "x: expected numbers that fit into int32, got int64"),
        (np.array([1e300]), "x: expected numbers that fit into float32, got float64"),
        (np.array(["2020-01-01"], "datetime64[D]"), "x: expected numbers or text, got datetime64"),
        (np.array([object()]), "x: expected text, got object"),
    ],
)
def test_what_would_not_be_the_same_is_refused(tmp_path, array, message):
    with pytest.raises(ModelFormatError, match=message):
        write_weights(tmp_path, [[("x", array)]])


def test_infinity_and_nan_are_kept_unless_quantised(tmp_path):
    array = np.array([np.inf, np.nan])
    write_weights(tmp_path, [[("x", array)]])
    with pytest.raises(ModelFormatError, match="x: quantize: expected finite numbers"):
        write_weights(tmp_path, [[("x", array)]], quantize="uint8")


def test_the_state_of_an_optimizer_is_marked_and_never_quantised(tmp_path):
    array = np.linspace(0, 1, 7, dtype=np.float32)
    (group,) = write_weights(
        tmp_path, [[("a", array, None), ("a/m", array, "optimizer")]], quantize="uint8"
    )
    assert "quantization" in group["weights"][0]
    assert group["weights"][1] == {
        "name": "a/m",
        "shape": [7],
        "dtype": "float32",
        "group": "optimizer",
    }


def test_two_weights_of_one_name_are_refused(tmp_path):
    weight = ("x", np.zeros(1))
    with pytest.raises(ModelFormatError, match="expected one named 'x', got two"):
        write_weights(tmp_path, [[weight], [weight]])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"shard_size": 0}, "shard_size: expected a whole number >= 1, got 0"),
        ({"shard_size": 1.5}, "shard_size: expected a whole number"),
        ({"quantize": "int8"}, "quantize: expected one of uint8, uint16, float16, got 'int8'"),
        ({"quantize": {"uint8": True, "uint16": True}}, "True for one type only"),
        ({"quantize": {"uint8": "x", "uint16": ["x*"]}}, "one type for 'x', got uint8 and uint16"),
    ],
)
def test_options_of_another_kind_are_refused(tmp_path, options, message):
    with pytest.raises(ValueError, match=message):
        write_weights(tmp_path, [[("x", np.zeros(1))]], **options)
