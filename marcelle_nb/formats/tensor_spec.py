"""What is known about one input or output of a model before it runs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TensorSpec:
    """Name, shape and type of a model's input or output.

    Attributes
    ----------
    name : str
        As in the model's file.
    shape : tuple of int or None, or None
        None for a size that is free, as that of the batch; None as a whole where the rank is.
    dtype : str
        NumPy's name, as `"float32"`; `"string"` for text.
    """

    name: str
    shape: tuple[int | None, ...] | None
    dtype: str

    def __str__(self) -> str:
        sizes = (
            "any shape"
            if self.shape is None
            else " × ".join("?" if n is None else str(n) for n in self.shape) or "one number"
        )
        return f"{self.name}: {sizes}, {self.dtype}"
