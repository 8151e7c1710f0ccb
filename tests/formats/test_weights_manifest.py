from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.tfjs.quantization import Quantization
from marcelle_nb.formats.tfjs.weights_manifest import WeightSpec, parse_manifest

SPEC = {"name": "a/kernel", "shape": [2, 3], "dtype": "float32"}


def manifest(**changes):
    return [{"paths": ["a.bin"], "weights": [{**SPEC, **changes}]}]


def test_every_field_is_read():
    affine = {"dtype": "uint8", "min": -1, "scale": 0.5, "original_dtype": "float32"}
    (group,) = parse_manifest(manifest(quantization=affine, group="optimizer"), "m")
    assert group.paths == ("a.bin",)
    assert group.specs == (
        WeightSpec("a/kernel", (2, 3), "float32", Quantization("uint8", -1, 0.5), "optimizer"),
    )


@pytest.mark.parametrize(
    ("changes", "nbytes"),
    [
        ({}, 24),
        ({"shape": []}, 4),
        ({"shape": [0, 5]}, 0),
        ({"dtype": "complex64"}, 48),
        ({"dtype": "bool"}, 6),
        ({"dtype": "string"}, 24),
        ({"quantization": None}, 24),
        ({"quantization": {"dtype": "float16"}}, 12),
        ({"quantization": {"dtype": "uint8", "min": 0, "scale": 1}}, 6),
        ({"dtype": "int32", "quantization": {"dtype": "uint16", "min": 0, "scale": 1}}, 12),
    ],
)
def test_the_bytes_in_the_file_follow_from_shape_and_type(changes, nbytes):
    ((spec,),) = (group.specs for group in parse_manifest(manifest(**changes), "m"))
    assert spec.nbytes == nbytes


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": 5}, "name: expected a str, got 5"),
        ({"shape": None}, "shape: expected a list, got None"),
        ({"shape": [2.0]}, "shape of whole numbers, got 2.0"),
        ({"shape": [True]}, "shape of whole numbers, got True"),
        ({"shape": [-1]}, "shape of whole numbers, got -1"),
        ({"shape": [2**40]}, "shape of whole numbers"),
        ({"shape": [1] * 99}, "shape of whole numbers"),
        ({"shape": [2**20, 2**20]}, "at most 2,147,483,648 values"),
        ({"shape": [2**30]}, "at most 2,147,483,648 bytes, got 4,294,967,296"),
        ({"dtype": "float8"}, "expected a dtype of float32, .*, got 'float8'"),
        ({"dtype": ["float32"]}, "dtype: expected a str, got list"),
        ({"group": {}}, "group: expected a str, got dict"),
        ({"quantization": "uint8"}, "expected an object with 'dtype', got 'uint8'"),
        ({"quantization": {"dtype": "int8"}}, "got float32 as 'int8'"),
        ({"quantization": {"dtype": "uint8"}}, "expected a number 'min', got None"),
        ({"quantization": {"dtype": "uint8", "min": 0, "scale": True}}, "number 'scale', got True"),
        ({"quantization": {"dtype": "uint8", "min": 0, "scale": 1e999}}, "finite 'scale', got inf"),
        ({"dtype": "int32", "quantization": {"dtype": "float16"}}, "got int32 as 'float16'"),
        ({"dtype": "string", "quantization": {"dtype": "uint8"}}, "got string as 'uint8'"),
    ],
)
def test_a_field_of_another_kind_is_refused_with_what_was_expected(changes, message):
    with pytest.raises(ModelFormatError, match=message):
        parse_manifest(manifest(**changes), "m")


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ({}, "weightsManifest: expected a list, got dict"),
        ([5], "expected an object with 'paths', got 5"),
        ([{"paths": []}], "expected an object with 'weights', got dict"),
        ([{"paths": [None], "weights": []}], "path: expected a str, got None"),
        (manifest() + manifest(), "expected one weight 'a/kernel', got two"),
    ],
)
def test_a_manifest_of_another_form_is_refused(raw, message):
    with pytest.raises(ModelFormatError, match=message):
        parse_manifest(raw, "m")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["paths", "weights", "name", "shape", "dtype", "quantization", "min"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@given(json_values)
def test_any_json_gives_a_manifest_or_our_own_error(value):
    try:
        groups = parse_manifest(value, "m")
    except ModelFormatError:
        return
    assert all(isinstance(spec, WeightSpec) for group in groups for spec in group.specs)


@pytest.mark.parametrize(
    "raw",
    [
        [{"paths": ["a.bin"] * 10_001, "weights": []}],
        [{"paths": ["a.bin"] * 6_000, "weights": []}] * 2,
        [{"paths": [], "weights": []}] * 10_001,
        [{"paths": [], "weights": [SPEC] * 50_001}],
    ],
    ids=["paths", "paths of two groups", "groups", "weights"],
)
def test_more_files_groups_or_weights_than_in_a_model_are_refused(raw):
    with pytest.raises(ModelFormatError, match=r"m: expected at most [0-9,]+ (paths|groups|weig)"):
        parse_manifest(raw, "m")


def test_more_texts_than_in_a_model_are_refused():
    with pytest.raises(ModelFormatError, match="at most 1,000,000 texts, got 1,000,001"):
        parse_manifest(manifest(dtype="string", shape=[1_000_001]), "m")


@pytest.mark.parametrize("shape", [[0] + [2**31 - 1] * 15, [2**31 - 1] * 3 + [0]])
def test_empty_array_that_no_array_can_be_is_refused(shape):
    with pytest.raises(ModelFormatError, match="expected at most 2,147,483,648 values"):
        parse_manifest(manifest(shape=shape), "m")
