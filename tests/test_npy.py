import io
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra.numpy import array_shapes, arrays, scalar_dtypes

from marcelle_nb.data.npy import read_npy

NUMBERS = scalar_dtypes().filter(lambda dtype: dtype.kind in "biufc")
ARRAYS = arrays(NUMBERS, array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3))


def npy(array, **kwargs):
    file = io.BytesIO()
    np.save(file, array, **kwargs)
    return file.getvalue()


@given(ARRAYS)
def test_an_npy_file_is_read_as_numpy_reads_it(array):
    for ordered in (np.ascontiguousarray, np.asfortranarray):
        back = read_npy(npy(ordered(array).reshape(array.shape)))
        assert (back.dtype, back.shape) == (array.dtype, array.shape)
        assert back.tobytes() == array.tobytes()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (npy(np.array([{"a": 1}]), allow_pickle=True), "expected numbers"),
        (npy(np.zeros(2, [("a", "f4")])), "expected numbers"),
        (npy(np.array(["text"])), "expected numbers"),
        (pickle.dumps([1]), "magic"),
        (npy(np.zeros(3))[:-1], "expected 23 bytes"),
        (npy(np.zeros(3)).replace(b"(3,)", b"(9,)"), "expected 24 bytes for shape"),
        (npy(np.zeros((1, 3))).replace(b"(1, 3)", b"(-1,3)"), "npy"),
        (npy(np.zeros(3)).replace(b"NUMPY\x01", b"NUMPY\x03"), "expected version 1 or 2"),
        (b"", "magic"),
    ],
)
def test_what_lies_or_holds_objects_is_refused(content, message):
    with pytest.raises(ValueError, match=message):
        read_npy(content)
