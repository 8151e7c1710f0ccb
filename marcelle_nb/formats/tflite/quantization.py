"""Whole numbers of a quantised model from real numbers, and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from marcelle_nb.formats.tflite.model_structure import Tensor

STORED = ("uint8", "int8", "int16")
"""Types in which real numbers are kept; in others a scale belongs to weights."""


@dataclass(frozen=True)
class Quantization:
    """`real = scale · (stored - zero_point)`.

    Attributes
    ----------
    dtype : str
        `"uint8"`, `"int8"` or `"int16"`.
    scale, zero_point : arrays
        Of one element, or shaped to stretch over the tensor along one axis.

    References
    ----------
    LiteRT, "8-bit quantization specification".
    """

    dtype: str
    scale: NDArray[np.float32]
    zero_point: NDArray[np.float32]

    @classmethod
    def of(cls, tensor: Tensor) -> Quantization | None:
        """Give the quantisation of a tensor, or None where its numbers are meant as they are."""
        if tensor.dtype not in STORED or not np.any(tensor.scale):
            return None
        shape = [1] * len(tensor.shape)
        if len(tensor.scale) > 1:
            shape[tensor.axis] = -1
        zero_point = tensor.zero_point if len(tensor.zero_point) else np.zeros(1)
        return cls(
            tensor.dtype,
            tensor.scale.reshape(shape if len(tensor.scale) > 1 else ()),
            np.broadcast_to(zero_point, tensor.scale.shape)
            .astype(np.float32)
            .reshape(shape if len(tensor.scale) > 1 else ()),
        )

    @property
    def real_range(self) -> tuple[float, float]:
        """The least and the greatest real number that can be said."""
        limits = np.iinfo(self.dtype)
        ends = (np.array([limits.min, limits.max]) - self.zero_point.min()) * self.scale.max()
        return float(ends[0]), float(ends[1])

    def stored(self, real: NDArray[Any]) -> NDArray[Any]:
        """Round to the nearest number that can be stored; what is beyond becomes the end."""
        limits = np.iinfo(self.dtype)
        with np.errstate(over="ignore"):  # what is beyond becomes the end all the same
            scaled = np.rint(np.nan_to_num(real) / self.scale + self.zero_point)
        stored: NDArray[Any] = np.clip(scaled, limits.min, limits.max).astype(self.dtype)
        return stored

    def real(self, stored: NDArray[Any]) -> NDArray[np.float32]:
        """Give the real numbers that stored ones stand for, as float32."""
        values = stored.astype(np.float32)
        values -= self.zero_point
        values *= self.scale
        return values
