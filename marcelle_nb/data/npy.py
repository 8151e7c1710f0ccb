"""Arrays of numbers in npy files, which are given by others."""

from __future__ import annotations

import io
from typing import Any

import numpy as np


def read_npy(data: bytes) -> np.ndarray[Any, Any]:
    """Read an npy file in memory: numbers only, no larger than the file itself.

    Raises
    ------
    ValueError
        If it is something else, or damaged.
    """
    file = io.BytesIO(data)
    version = np.lib.format.read_magic(file)
    if version not in ((1, 0), (2, 0)):
        raise ValueError(f"npy: expected version 1 or 2, got {version}")
    read_header = (
        np.lib.format.read_array_header_1_0
        if version == (1, 0)
        else np.lib.format.read_array_header_2_0
    )
    shape, fortran_order, dtype = read_header(file)
    if dtype.kind not in "biufc" or dtype.fields is not None:
        raise ValueError(f"npy: expected numbers, got type {dtype}")
    content = memoryview(data)[file.tell() :]
    expected = dtype.itemsize
    for size in shape:
        expected *= size
    if expected != content.nbytes or any(size < 0 for size in shape):
        raise ValueError(f"npy: expected {content.nbytes} bytes for shape {shape} of {dtype}")
    array = np.frombuffer(content, dtype)
    return array.reshape(shape, order="F" if fortran_order else "C")
