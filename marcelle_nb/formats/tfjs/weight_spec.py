"""One entry in the table of contents of TensorFlow.js weights."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from marcelle_nb.formats.tfjs.quantization import Quantization

BYTES = {
    "float32": 4,
    "float16": 2,
    "int32": 4,
    "uint8": 1,
    "uint16": 2,
    "bool": 1,
    "complex64": 8,
    "string": 4,
}
"""Bytes of one stored value; of a text, those of its length, which come first."""


@dataclass(frozen=True)
class WeightSpec:
    """What is known about one tensor before it is read.

    Attributes
    ----------
    name : str
    shape : tuple of int
    dtype : str
        Of the numbers in use, a key of `BYTES`.
    quantization : Quantization or None
    group : str or None
        `"optimizer"` for what only training needs.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    quantization: Quantization | None = None
    group: str | None = None

    @property
    def size(self) -> int:
        """The number of values."""
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        """The number of bytes in the file; of texts, those of their lengths alone."""
        stored = self.quantization.dtype if self.quantization else self.dtype
        return self.size * BYTES[stored]
