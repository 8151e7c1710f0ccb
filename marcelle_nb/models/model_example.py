"""One example, as the inputs of a model that somebody else made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from marcelle_nb.formats.tensor_spec import TensorSpec

    Arrays = list[NDArray[Any]]


@dataclass(frozen=True)
class ModelExample:
    """An array for each input of a model.

    Attributes
    ----------
    arrays : list of array
        In the order of the model's inputs.
    are_rows : list of bool
        Whether each lacks the axis for several examples, which the model has in front.
    """

    arrays: Arrays
    are_rows: list[bool]

    @classmethod
    def of(cls, specs: Sequence[TensorSpec], x: Any) -> ModelExample:
        """Read arrays, with or without an axis of size 1 for the batch.

        Parameters
        ----------
        specs : sequence of TensorSpec
        x : array_like
            For several inputs a list of them in order, or a dictionary by name. What has as many
            axes as the model's input is taken as it is, so that a model without a batch gets what
            it expects.

        Raises
        ------
        ValueError
            If an input is missing or unknown, or no array.
        """
        names = [spec.name for spec in specs]
        if isinstance(x, Mapping):
            if set(x) != set(names):
                raise ValueError(f"x: expected {names}, got {[*map(str, x)]}")
            x = [x[name] for name in names]
        elif len(specs) == 1:
            x = [x]
        if not isinstance(x, Sequence | np.ndarray) or isinstance(x, str) or len(x) != len(specs):
            got = len(x) if isinstance(x, list | tuple) else type(x).__name__
            raise ValueError(f"x: expected {len(specs)} arrays, one for each of {names}, got {got}")
        placed = [_placed(spec, value) for spec, value in zip(specs, x, strict=True)]
        return cls([array for array, _ in placed], [is_row for _, is_row in placed])

    @property
    def has_batch(self) -> bool:
        """Whether the model is asked with a batch, the axis of which its outputs then have too."""
        return any(self.are_rows)

    def batch(self) -> Arrays:
        """Give the model's inputs."""
        return [
            array[None] if is_row else array
            for array, is_row in zip(self.arrays, self.are_rows, strict=True)
        ]


def joined(examples: Sequence[ModelExample]) -> Arrays | None:
    """Give the model's inputs for several examples at once; None where they do not fit together."""
    shapes = {tuple(array.shape for array in example.arrays) for example in examples}
    if len(shapes) > 1 or not all(all(example.are_rows) for example in examples):
        return None
    return [np.stack(column) for column in zip(*(one.arrays for one in examples), strict=True)]


def _placed(spec: TensorSpec, value: Any) -> tuple[NDArray[Any], bool]:
    """Give an array, and whether an axis for the batch belongs in front of it."""
    try:
        array = np.asarray(value)
    except ValueError:
        raise ValueError(f"{spec.name}: expected rows of one length, got several") from None
    if spec.shape is None:  # nothing is known: as nearly all models, it takes several
        return array, True
    takes_rows = spec.shape[:1] in ((None,), (1,))
    if takes_rows and array.ndim == len(spec.shape) and len(array) == 1:
        return array.reshape(array.shape[1:]), True
    return array, takes_rows and array.ndim == len(spec.shape) - 1
