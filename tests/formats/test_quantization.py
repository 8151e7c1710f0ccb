from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.tfjs.quantization import Quantization, dequantise, quantise

finite = st.floats(-1e6, 1e6, width=32)


def javascript(stored, quantization, dtype):
    """What TensorFlow.js computes, one number at a time, in float64."""
    values = [float(v) * quantization.scale + quantization.min for v in stored.ravel().tolist()]
    if dtype == "int32":
        return np.array([math.floor(v) + (v - math.floor(v) >= 0.5) for v in values], np.int32)
    return np.array(values, np.float64).astype(np.float32)


@given(
    stored=st.lists(st.integers(0, 255), min_size=1),
    low=st.floats(-100, 100),
    scale=st.floats(0, 3),
    dtype=st.sampled_from(["float32", "int32"]),
)
def test_numbers_are_those_of_javascript_to_the_last_bit(stored, low, scale, dtype):
    quantization = Quantization("uint8", low, scale)
    got = dequantise(np.array(stored, np.uint8), quantization, dtype)
    assert got.dtype == dtype
    np.testing.assert_array_equal(got, javascript(np.array(stored), quantization, dtype))


def test_whole_numbers_round_half_up_as_in_javascript():
    got = dequantise(np.arange(4, dtype=np.uint8), Quantization("uint8", -2.5, 1.0), "int32")
    assert got.tolist() == [-2, -1, 0, 1]


def test_a_whole_number_beyond_32_bits_is_refused():
    with pytest.raises(ModelFormatError, match="32 bits"):
        dequantise(np.ones(1, np.uint8), Quantization("uint8", 0.0, 3e9), "int32")


def test_more_than_one_block_is_read_as_one():
    stored = np.arange(2_100_000, dtype=np.uint32).astype(np.uint16)
    got = dequantise(stored, Quantization("uint16", -1.0, 0.5), "float32")
    np.testing.assert_array_equal(got, (stored * 0.5 - 1).astype(np.float32))


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@given(values=st.lists(finite, min_size=1, max_size=50))
def test_what_comes_back_is_within_half_a_step(dtype, values):
    array = np.array(values, np.float32)
    stored, quantization = quantise(array, dtype)
    assert stored.dtype == dtype
    error = np.abs(dequantise(stored, quantization, "float32").astype(np.float64) - array)
    # where zero is moved onto a step, the ends move by up to half a step more
    assert error.max() <= quantization.scale + np.abs(array).max() * 1e-6


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@given(values=st.lists(finite, min_size=1, max_size=50))
def test_zero_stays_exactly_zero(dtype, values):
    array = np.array([*values, 0, -1, 1], np.float32)
    stored, quantization = quantise(array, dtype)
    assert dequantise(stored, quantization, "float32")[len(values)] == 0


def test_one_value_alone_comes_back_exactly():
    array = np.full((2, 3), np.float32(0.1))
    stored, quantization = quantise(array, "uint8")
    assert (quantization.scale, stored.max()) == (1.0, 0)
    np.testing.assert_array_equal(dequantise(stored, quantization, "float32"), array)


def test_no_values_at_all_are_stored_as_none():
    stored, quantization = quantise(np.zeros((0, 3), np.float32), "uint16")
    assert stored.shape == (0, 3)
    assert dequantise(stored, quantization, "float32").shape == (0, 3)


def test_half_precision_comes_back_as_the_nearest_half():
    array = np.array([0.1, -65504, 1e-7, 0], np.float32)
    stored, quantization = quantise(array, "float16")
    assert quantization == Quantization("float16")
    np.testing.assert_array_equal(
        dequantise(stored, quantization, "float32"), array.astype(np.float16).astype(np.float32)
    )


@pytest.mark.parametrize(
    ("array", "dtype", "message"),
    [
        (np.array([1, np.nan], np.float32), "uint8", "finite numbers for uint8"),
        (np.array([1, np.inf], np.float32), "float16", "finite numbers for float16"),
        (np.array([70000], np.float32), "float16", "up to 65,504 for float16, got 70000"),
        (np.array([1], np.int32), "float16", "expected float32 numbers"),
    ],
)
def test_numbers_that_would_change_are_refused(array, dtype, message):
    with pytest.raises(ModelFormatError, match=message):
        quantise(array, dtype)


def test_an_unknown_type_is_refused():
    with pytest.raises(ValueError, match="expected one of uint8, uint16, float16, got 'int8'"):
        quantise(np.zeros(1, np.float32), "int8")
