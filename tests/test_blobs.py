import io
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from marcelle_nb.data import blobs
from marcelle_nb.errors import GeneralError

dtypes = hnp.scalar_dtypes().filter(lambda it: it.kind in "biufc")


@given(hnp.arrays(dtypes, hnp.array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=4)))
def test_every_array_of_numbers_comes_back_bit_by_bit(array):
    blob = blobs.packed(array)
    back = blobs.unpacked(blob.kind, blob.data)
    assert isinstance(back, np.ndarray)
    assert (back.dtype, back.shape) == (array.dtype, array.shape)
    assert back.tobytes() == array.tobytes()
    assert not back.flags.writeable


def test_an_array_is_npy_as_numpy_itself_reads_it():
    blob = blobs.packed(np.arange(6, dtype=np.float32).reshape(2, 3).T)
    assert np.load(io.BytesIO(blob.data), allow_pickle=False).tolist() == [[0, 3], [1, 4], [2, 5]]


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6, dtype=">i2").reshape(2, 3),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.arange(12)[::-2],
        np.broadcast_to(np.float32(3), (2, 2)),
        np.ma.array([1, 2]),
        np.zeros((0, 3)),
    ],
)
def test_an_array_of_any_order_in_memory_is_the_npy_of_numpy(array):
    file = io.BytesIO()
    np.save(file, np.ascontiguousarray(array), allow_pickle=False)
    assert blobs.packed(array).data == file.getvalue()


def test_an_image_is_png():
    image = np.random.default_rng(0).integers(0, 256, (7, 5, 3), np.uint8)
    blob = blobs.packed(image)
    assert (blob.kind, blob.data[:4]) == ("png", b"\x89PNG")
    np.testing.assert_array_equal(blobs.unpacked("png", blob.data), image)


def pickled():
    file = io.BytesIO()
    np.save(file, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    return file.getvalue()


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("npy", b""),
        ("npy", b"\x93NUMPY"),
        ("npy", blobs.packed(np.zeros(9)).data[:-1]),
        ("npy", pickled()),
        ("png", b"\x89PNG"),
        ("png", blobs.packed(np.zeros((9, 9, 3), np.uint8)).data[:-30]),
        ("jpg", b""),
    ],
)
def test_damaged_bytes_and_pickles_are_refused(kind, data):
    with pytest.raises(GeneralError, match="array: expected"):
        blobs.unpacked(kind, data)


@given(st.binary(max_size=300))
def test_no_bytes_do_more_than_be_refused(data):
    for start in (b"", b"\x93NUMPY\x01\x00", b"\x89PNG\r\n\x1a\n"):
        for kind in ("npy", "png"):
            with suppress(GeneralError):
                blobs.unpacked(kind, start + data)
