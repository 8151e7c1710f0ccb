"""TensorFlow.js weights in fewer bits.

`uint8` and `uint16` say `value = stored * scale + min`, computed in float64; `float16` needs no
numbers beside it. The formulas are those of TensorFlow.js 4.22 (reading) and of its Python
converter (writing), to the last bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.errors import ModelFormatError

if TYPE_CHECKING:
    from numpy.typing import NDArray

QUANTIZATIONS = ("uint8", "uint16", "float16")

_BLOCK = 2**20  # numbers at a time: float64 in between would double the memory


@dataclass(frozen=True)
class Quantization:
    """How a tensor is stored in fewer bits.

    Attributes
    ----------
    dtype : str
        `"uint8"`, `"uint16"` or `"float16"`.
    min, scale : float or None
        None for `"float16"`.
    """

    dtype: str
    min: float | None = None
    scale: float | None = None

    def to_json(self, original_dtype: str) -> dict[str, Any]:
        """Give what a weights manifest holds, in the order in which the converter writes it."""
        affine = {} if self.scale is None else {"min": self.min, "scale": self.scale}
        return {"dtype": self.dtype, **affine, "original_dtype": original_dtype}


def dequantise(stored: NDArray[Any], quantization: Quantization, dtype: str) -> NDArray[Any]:
    """Give the numbers that TensorFlow.js computes from stored ones.

    Parameters
    ----------
    stored : uint8, uint16 or float16, any shape
    quantization : Quantization
    dtype : str
        `"float32"`, or `"int32"` for `uint8` and `uint16`.

    Returns
    -------
    float32 or int32, of the same shape

    Raises
    ------
    ModelFormatError
        If a whole number does not fit into 32 bits.
    """
    if quantization.scale is None or quantization.min is None:
        return stored.astype(dtype)
    flat = stored.reshape(-1)
    result = np.empty(flat.shape, dtype)
    for start in range(0, flat.size, _BLOCK):
        block = flat[start : start + _BLOCK]
        with np.errstate(over="ignore"):  # beyond float32 is infinity in JavaScript too
            values = block.astype(np.float64) * quantization.scale + quantization.min
            result[start : start + _BLOCK] = _whole(values) if dtype == "int32" else values
    return result.reshape(stored.shape)


def quantise(array: NDArray[Any], dtype: str) -> tuple[NDArray[Any], Quantization]:
    """Store numbers in fewer bits; zero stays exactly zero where it lies in the range.

    Parameters
    ----------
    array : float32, or int32 for `uint8` and `uint16`
    dtype : str
        `"uint8"`, `"uint16"` or `"float16"`.

    Returns
    -------
    stored : array of type `dtype`
    quantization : Quantization

    Raises
    ------
    ValueError
        If `dtype` is none of these.
    ModelFormatError
        If numbers are not finite, or too large for `float16`.
    """
    if dtype not in QUANTIZATIONS:
        raise ValueError(f"quantize: expected one of {', '.join(QUANTIZATIONS)}, got {dtype!r}")
    if not np.isfinite(array).all():
        raise ModelFormatError(
            f"quantize: expected finite numbers for {dtype}, got NaN or infinity"
        )
    if dtype == "float16":
        return _halved(array), Quantization(dtype)
    low, high = (float(array.min()), float(array.max())) if array.size else (0.0, 0.0)
    if low == high:
        return np.zeros(array.shape, dtype), Quantization(dtype, low, 1.0)
    scale, low, high = _nudged(low, high, np.iinfo(dtype).max)
    stored = np.round((array.astype(np.float64).clip(low, high) - low) / scale)
    return stored.astype(dtype), Quantization(dtype, low, scale)


def _halved(array: NDArray[Any]) -> NDArray[Any]:
    if array.dtype != np.float32:
        raise ModelFormatError(f"quantize: expected float32 numbers for float16, got {array.dtype}")
    with np.errstate(over="ignore"):
        stored = array.astype(np.float16)
    if not np.isfinite(stored).all():
        raise ModelFormatError(
            f"quantize: expected numbers up to 65,504 for float16, got {np.abs(array).max():g}"
        )
    return stored


def _nudged(low: float, high: float, steps: int) -> tuple[float, float, float]:
    """Give scale, low and high, moved so that one of the steps is zero where it lies between."""
    scale = (high - low) / steps
    if low <= 0 <= high:
        low = -float(np.round((0 - low) / scale)) * scale
        high = steps * scale + low
    return scale, low, high


def _whole(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Round as JavaScript does: a half goes up, also below zero."""
    down = np.floor(values)
    rounded = down + (values - down >= 0.5)
    if not (np.abs(rounded) < 2**31).all():
        raise ModelFormatError("quantization: expected whole numbers of 32 bits, got larger ones")
    return rounded
