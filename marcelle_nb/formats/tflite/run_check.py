"""Whether a call of a TensorFlow Lite model ends, and what memory it takes, found before it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.tflite.abstract_run import AbstractRun
from marcelle_nb.formats.tflite.recorded_shape import FOLLOWED
from marcelle_nb.formats.tflite.sized import MAX_VALUES, Sized

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from marcelle_nb.formats.tflite.model_structure import ModelStructure, Tensor

    Array = NDArray[Any]

ALLOCATED_AT_ONCE = 2**26
"""Bytes of all tensors up to which loading allocates them, which finds more errors early."""

PEAK_BYTES = 2**31
"""Of all tensors that are there at the same time: no call takes more."""

PEAK_BYTES_OF_SMALL = 2**28
"""What any call may take, however small the file and its inputs are."""

PEAK_FACTOR = 128
"""What a call may take for each byte of the file and its inputs, between these limits."""

REMEMBERED = 64
"""Shapes that passed; a model is called with a few."""


class RunCheck:
    """Checks calls of one subgraph.

    Parameters
    ----------
    model : ModelStructure
        Checked.
    number : int
        The subgraph.
    what : str
        What messages call the file.
    size : int
        Bytes of the file.
    trust : bool
        Check nothing.

    Notes
    -----
    Thread: one at a time.
    """

    def __init__(
        self, model: ModelStructure, number: int, what: str, *, size: int, trust: bool
    ) -> None:
        self._model = model
        self._number = number
        self._what = what
        self._size = size
        self._trust = trust
        self._passed: dict[Any, None] = {}

    def check_file(self) -> bool:
        """Go through all subgraphs with the shapes in the file.

        Returns
        -------
        bool
            Whether these are the shapes of one row and need little memory.

        Raises
        ------
        ModelFormatError
            If shapes do not fit each other, or a loop has no end.
        """
        total, fixed = 0, True
        for number, subgraph in enumerate(self._model.subgraphs):
            given = [subgraph.tensors[n] for n in subgraph.inputs]
            if any(_is_free(tensor) for tensor in given):
                fixed = fixed and number not in {0, self._number}
            else:
                total += self._total(number, [Sized.of(tensor.shape) for tensor in given])
        return fixed and total <= ALLOCATED_AT_ONCE

    def _total(self, number: int, given: list[Sized]) -> int:
        run = AbstractRun(self._model, self._what, trust=True)
        try:
            run.run(number, given)
        except ModelFormatError:
            if not self._trust:
                raise
        return run.total

    def check_call(self, arrays: Sequence[Array]) -> None:
        """Go through the subgraph with these inputs, unless ones like them have passed.

        Raises
        ------
        ModelFormatError
            If shapes do not fit each other, a loop has no end or a size no bound that follow from
            these inputs' shapes and the file's constants, or the call would take too much memory.
        """
        given = [_sized(array) for array in arrays]
        key = tuple((g.shape, None if g.value is None else g.value.tobytes()) for g in given)
        if self._trust or key in self._passed:
            return
        run = AbstractRun(self._model, self._what)
        run.run(self._number, given)
        if run.open:
            raise ModelFormatError(
                f"{self._what}: {run.open}: expected sizes that follow from the inputs' shapes, "
                "got one that depends on computed values; trust=True runs a file that you know"
            )
        taken = self._size + sum(array.nbytes for array in arrays)
        limit = min(PEAK_BYTES, max(PEAK_BYTES_OF_SMALL, PEAK_FACTOR * taken))
        if run.peak > limit:
            raise ModelFormatError(
                f"{self._what}: expected a call that takes at most {limit:,} bytes, "
                f"got {run.peak:,}"
            )
        if len(self._passed) >= REMEMBERED:
            self._passed.clear()
        self._passed[key] = None


def _sized(array: Array) -> Sized:
    """Follow the values of numbers that may be sizes; those of real inputs change every time."""
    followed = array.size <= MAX_VALUES and array.dtype.name in FOLLOWED and array.dtype.kind != "f"
    return Sized.of(array.shape, np.array(array) if followed else None)


def _is_free(tensor: Tensor) -> bool:
    return (
        tensor.sizes is None
        or None in tensor.sizes[1:]
        or (None in tensor.sizes and tensor.shape[0] > 1)
    )
