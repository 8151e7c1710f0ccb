"""Rows that are put together while they are read."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.data import arrays
from marcelle_nb.data.arrays import as_rows, empty_rows, row_dtype, row_shape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from marcelle_nb.data.arrays import Rows
    from marcelle_nb.data.instance import Instance

_GROWTH = 1.25


class RowBuffer:
    """The inputs of instances in one array that grows with them.

    It takes the memory of the array and of a few instances; where nobody said how many come, up to
    a quarter more while it grows. An array above 1 GB is in a file of its own, which the system
    reads as it is needed.

    Parameters
    ----------
    expected : int
        About how many come; 0 where nobody knows.

    Notes
    -----
    Thread: one at a time.
    """

    def __init__(self, expected: int = 0) -> None:
        self._expected = expected
        self._count = 0
        self._rows: NDArray[Any] = np.zeros((0, 0), np.float32)

    def __len__(self) -> int:
        return self._count

    def add(self, instances: Sequence[Instance]) -> None:
        """Add the inputs of instances.

        Raises
        ------
        InstanceRejected
            If one has an `x` of another shape or kind than the first, or that is not finite in
            float32; the message names it by its id.
        """
        if not instances:
            return
        if self._count == 0:
            x = instances[0].get("x")
            size = max(self._expected, len(instances))
            self._rows = empty_rows((size, *row_shape(x)), row_dtype(x))
        new = as_rows(instances, self._rows.shape[1:], self._rows.dtype, self._count)
        start, self._count = self._count, self._count + len(instances)
        if self._count > len(self._rows):
            self._resize(max(self._count, int(_GROWTH * self._count)), keep=start)
        self._rows[start : self._count] = new

    def rows(self) -> Rows:
        """Give the array; shape (0, 0) where nothing was added. Afterwards add nothing more."""
        if self._count < len(self._rows) and not _is_mapped(self._rows):
            self._resize(self._count, keep=self._count)
        return self._rows[: self._count]

    def _resize(self, size: int, keep: int) -> None:
        shape = (size, *self._rows.shape[1:])
        n_bytes = math.prod(shape) * self._rows.itemsize
        if _is_mapped(self._rows) or n_bytes > arrays.MAPPED_BYTES:
            larger = empty_rows(shape, self._rows.dtype)
            larger[:keep] = self._rows[:keep]
            self._rows = larger
        else:
            # in place: the system moves the pages, and nothing is held twice
            self._rows.resize(shape, refcheck=False)


def _is_mapped(rows: NDArray[Any]) -> bool:
    return isinstance(rows, np.memmap)
