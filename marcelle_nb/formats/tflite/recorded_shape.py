"""What a file says about the shapes of tensors, and whether it holds."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.tflite.sized import MAX_VALUES, UNKNOWN, Sized

if TYPE_CHECKING:
    from marcelle_nb.formats.tflite.model_structure import Tensor

FOLLOWED = frozenset(("int32", "int64", "float32", "bool"))
"""Types whose values are followed where they are few."""


def constant(tensor: Tensor) -> Sized | None:
    """Give what is known of a tensor that nothing computes; None for all others."""
    if tensor.data is None:
        return Sized.of(tensor.shape) if tensor.variable or 0 in tensor.shape else None
    if tensor.dtype not in FOLLOWED or math.prod(tensor.shape) > MAX_VALUES:
        return Sized.of(tensor.shape)
    return Sized.of(
        tensor.shape, np.frombuffer(tensor.data.tobytes(), tensor.dtype).reshape(tensor.shape)
    )


def recorded(tensor: Tensor) -> Sized:
    """Give the shape in the file, where it is fixed."""
    sizes = tensor.sizes
    return UNKNOWN if sizes is None or None in sizes else Sized.of(tensor.shape)


def check_recorded(tensor: Tensor, size: Sized, what: str) -> None:
    """Check a shape against what the file says; later operators were made ready for that."""
    if size.shape is None or tensor.sizes is None or tensor.dtype == "resource":
        return
    if len(size.shape) != len(tensor.sizes) or any(
        wanted not in (None, got) for wanted, got in zip(tensor.sizes, size.shape, strict=True)
    ):
        shape = tuple(-1 if n is None else n for n in tensor.sizes)
        raise ModelFormatError(f"{what}: expected {shape} as recorded, got {size.shape}")
