"""Arrays as bytes beside a document, and back: npy without pickle, PNG, JPEG previews."""

from __future__ import annotations

import base64
import binascii
import io
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

import numpy as np
from PIL import Image

from marcelle_nb.errors import GeneralError
from marcelle_nb.image import MAX_PIXELS

if TYPE_CHECKING:
    from numpy.typing import NDArray

Kind: TypeAlias = Literal["npy", "png", "jpeg"]

_JPEG_URL = "data:image/jpeg;base64,"
_JPEG_START = b"\xff\xd8\xff"


class Blob(NamedTuple):
    """The bytes of one array, and how they are written."""

    kind: Kind
    data: bytes


def packed(array: NDArray[Any]) -> Blob:
    """Write an array: an image, uint8 of shape (height, width, 3), as PNG, all others as npy."""
    if array.dtype == np.uint8 and array.ndim == 3 and array.shape[2] == 3:
        height, width, _ = array.shape
        if 0 < height * width <= MAX_PIXELS and max(height, width) < 2**16:
            return Blob("png", _png(array))
    header = _npy_header(array.dtype, array.shape)
    if type(array) is np.ndarray and array.flags.c_contiguous:
        return Blob("npy", b"".join((header, array.data)))  # one copy
    # `tobytes` writes rows first, whatever the order in memory
    return Blob("npy", header + array.tobytes())


def packed_thumbnail(value: object) -> Blob | None:
    """Take a JPEG out of its `data:` URL; None where it would not come back the same."""
    if not isinstance(value, str) or not value.startswith(_JPEG_URL):
        return None
    text = value[len(_JPEG_URL) :]
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    same = data.startswith(_JPEG_START) and base64.b64encode(data).decode("ascii") == text
    return Blob("jpeg", data) if same else None


def unpacked(kind: str, data: bytes) -> NDArray[Any] | str:
    """Read what `packed` or `packed_thumbnail` wrote.

    Returns
    -------
    array, or str
        Arrays cannot be written to; of a thumbnail, its `data:` URL.

    Raises
    ------
    GeneralError
        If the bytes are damaged, or would need pickle.
    """
    try:
        if kind == "npy":
            return _from_npy(data)
        if kind == "png":
            return _from_png(data)
    except Exception as error:  # decoders raise many types on damaged bytes
        raise GeneralError(f"array: expected a whole {kind} of numbers, {error}") from error
    if kind == "jpeg":
        return _JPEG_URL + base64.b64encode(data).decode("ascii")
    raise GeneralError(f"array: expected npy, png or jpeg, got {kind!r:.40}")


@lru_cache(maxsize=256)
def _npy_header(dtype: np.dtype[Any], shape: tuple[int, ...]) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        file,
        {
            "descr": np.lib.format.dtype_to_descr(dtype),
            "fortran_order": False,
            "shape": shape,
        },
    )
    return file.getvalue()


def _from_npy(data: bytes) -> NDArray[Any]:
    length = 10 + int.from_bytes(data[8:10], "little")
    dtype, shape, order = _parsed_header(data[:length])
    return np.frombuffer(data, dtype, offset=length).reshape(shape, order=order)


@lru_cache(maxsize=256)
def _parsed_header(header: bytes) -> tuple[np.dtype[Any], tuple[int, ...], Literal["C", "F"]]:
    file = io.BytesIO(header)
    version = np.lib.format.read_magic(file)
    if version != (1, 0):
        raise ValueError(f"expected npy version 1.0, got {version}")
    shape, is_fortran, dtype = np.lib.format.read_array_header_1_0(file)
    if dtype.kind not in "biufc":
        raise ValueError(f"expected numbers, got {dtype}")
    return dtype, shape, "F" if is_fortran else "C"


def _png(array: NDArray[Any]) -> bytes:
    file = io.BytesIO()
    # level 1 is several times as fast as the default, and hardly larger on photos
    Image.fromarray(np.ascontiguousarray(array)).save(file, "PNG", compress_level=1)
    return file.getvalue()


def _from_png(data: bytes) -> NDArray[np.uint8]:
    with Image.open(io.BytesIO(data), formats=["PNG"]) as picture:
        width, height = picture.size
        if picture.mode != "RGB" or width * height > MAX_PIXELS:
            raise ValueError(f"got {picture.mode} of {width} x {height}")
        pixels = np.asarray(picture)
    pixels.flags.writeable = False
    return pixels
