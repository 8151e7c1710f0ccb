"""Runs one subgraph of an interpreter, which is allocated anew only for new shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.formats.tflite.interpreter import allocate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Array = NDArray[Any]


class Invocation:
    """One way to call one interpreter.

    Parameters
    ----------
    interpreter : ai_edge_litert.interpreter.Interpreter or tf.lite.Interpreter
    inputs : sequence of int
        The numbers of the input tensors.
    signature : str, optional
        Needed where the subgraph is not the first: the signature that runs it, with
        `names` for the inputs and outputs.
    subgraph : int
    names : dict of int to str
    variables : bool
        Whether there are tensors that keep their values.

    Notes
    -----
    Thread: one at a time.
    """

    def __init__(
        self,
        interpreter: Any,
        inputs: Sequence[int],
        *,
        signature: str | None = None,
        subgraph: int = 0,
        names: dict[int, str] | None = None,
        variables: bool = False,
    ) -> None:
        self._interpreter = interpreter
        self._inputs = tuple(inputs)
        self._subgraph = subgraph
        self._names = names or {}
        self._variables = variables
        self._runner = interpreter.get_signature_runner(signature) if subgraph else None
        self._shapes: list[tuple[int, ...]] | None = None

    def allocate(self) -> None:
        """Take the memory for the shapes in the file."""
        if self._runner is None:
            allocate(self._interpreter)
            details = {each["index"]: each for each in self._interpreter.get_input_details()}
            self._shapes = [tuple(details[n]["shape"].tolist()) for n in self._inputs]

    def run(self, arrays: Sequence[Array], wanted: Sequence[int], *, anew: bool) -> list[Array]:
        """Set the inputs, invoke, and copy the wanted tensors.

        Parameters
        ----------
        arrays : sequence of arrays
            One for each input, of its type.
        wanted : sequence of int
            Numbers of tensors.
        anew : bool
            Forget the values that variables have kept.

        Raises
        ------
        ValueError, RuntimeError
            What the interpreter says.
        """
        if self._runner is not None:
            return self._run_signature(arrays, wanted, anew=anew)
        self._resize([array.shape for array in arrays])
        if anew and self._variables:
            self._interpreter.reset_all_variables()
        for number, array in zip(self._inputs, arrays, strict=True):
            self._interpreter.set_tensor(number, array)
        self._interpreter.invoke()
        return [self._interpreter.get_tensor(number) for number in wanted]

    def _resize(self, shapes: list[tuple[int, ...]]) -> None:
        if shapes == self._shapes:
            return
        known: Sequence[tuple[int, ...] | None] = self._shapes or [None] * len(shapes)
        self._shapes = None  # until the interpreter has taken them
        for number, shape, before in zip(self._inputs, shapes, known, strict=True):
            if shape != before:
                self._interpreter.resize_tensor_input(number, shape)
        allocate(self._interpreter)
        self._shapes = shapes

    def _run_signature(
        self, arrays: Sequence[Array], wanted: Sequence[int], *, anew: bool
    ) -> list[Array]:
        if anew and self._variables:
            self._interpreter.reset_all_variables()
        named = {self._names[n]: array for n, array in zip(self._inputs, arrays, strict=True)}
        results = self._runner(**named)  # type: ignore[misc]
        return [
            results[self._names[n]]
            if n in self._names and self._names[n] in results
            else np.array(self._interpreter.get_tensor(n, self._subgraph))
            for n in wanted
        ]
