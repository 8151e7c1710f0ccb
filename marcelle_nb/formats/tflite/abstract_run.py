"""What a TensorFlow Lite model would compute and take, found before native code computes it."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.tflite import (
    detection,
    layer_rules,
    recurrent_rules,
    sequence_rules,
    shape_rules,
    slice_rules,
    window_rules,
)
from marcelle_nb.formats.tflite.recorded_shape import FOLLOWED, check_recorded, constant, recorded
from marcelle_nb.formats.tflite.schema import BITS
from marcelle_nb.formats.tflite.sized import UNKNOWN, Sized, either, unchanged
from marcelle_nb.formats.tflite.unfit import Unfit
from marcelle_nb.formats.tflite.value_rules import computed_values

if TYPE_CHECKING:
    from collections.abc import Sequence

    from marcelle_nb.formats.tflite.model_structure import ModelStructure, Operator, Tensor

MAX_OPERATIONS = 30_000
"""Of one run with all steps of its loops, less those to which nothing new comes; a recurrent layer
takes about ten a step. They take about a second."""

RULES = {
    **shape_rules.RULES,
    **slice_rules.RULES,
    **layer_rules.RULES,
    **window_rules.RULES,
    **sequence_rules.RULES,
    **recurrent_rules.RULES,
    "CUSTOM": detection.boxes,
}


class AbstractRun:
    """Goes through a model with shapes in place of numbers.

    The interpreter computes shapes anew, whatever the file records: twenty operators that each
    join a tensor with itself make a million times as many values as the first one has, and so does
    a loop. Sizes that a model computes from shapes and constants are followed, loops step by step.

    Parameters
    ----------
    model : ModelStructure
        Checked.
    what : str
        What messages call the file.
    trust : bool
        Pass over loops and sizes that depend on what is computed.

    Attributes
    ----------
    total : int
        Bytes of all tensors that were made.
    peak : int
        Bytes of those that are there at the same time.
    open : str
        The first operator whose output nothing bounds, or an empty text.
    """

    def __init__(self, model: ModelStructure, what: str, *, trust: bool = False) -> None:
        self._model = model
        self._what = what
        self._trust = trust
        self._constants: dict[int, list[Sized | None]] = {}
        self._last: dict[int, dict[int, list[int]]] = {}
        self._known: dict[tuple[int, int], tuple[list[Sized], list[Sized]]] = {}
        self._steps = 0.0
        self._live = 0
        self.total = 0
        self.peak = 0
        self.open = ""

    def run(self, number: int, given: Sequence[Sized]) -> list[Sized]:
        """Go through a subgraph.

        Raises
        ------
        ModelFormatError
            If shapes do not fit each other or those in the file, or a loop has no end.
        """
        subgraph = self._model.subgraphs[number]
        values = [*self._start(number)]
        for place, size in zip(subgraph.inputs, given, strict=True):
            values[place] = size
        held: dict[int, int] = {}
        for index, operator in enumerate(subgraph.operators):
            made = self._operator(number, index, operator, values)
            for place, size in zip(operator.outputs, made, strict=True):
                values[place] = size
                held[place] = self._took(subgraph.tensors[place], size)
            for place in self._last[number].get(index, ()):
                self._live -= held.pop(place, 0)
        self._live -= sum(held.values())
        return [values[n] or UNKNOWN for n in subgraph.outputs]

    def _took(self, tensor: Tensor, size: Sized) -> int:
        n_bytes = (size.most or 0) * BITS.get(tensor.dtype, 64) // 8
        self._live += n_bytes
        self.total += n_bytes
        self.peak = max(self.peak, self._live)
        return n_bytes

    def _start(self, number: int) -> list[Sized | None]:
        """Give what is known of constants and variables, and note where each tensor ends."""
        if number not in self._constants:
            subgraph = self._model.subgraphs[number]
            self._constants[number] = [constant(tensor) for tensor in subgraph.tensors]
            last: dict[int, int] = {}
            for index, operator in enumerate(subgraph.operators):
                last.update(dict.fromkeys((*operator.inputs, *operator.outputs), index))
            ends = defaultdict(list)
            for place, index in last.items():
                if place not in subgraph.outputs:
                    ends[index].append(place)
            self._last[number] = ends
        return self._constants[number]

    def _operator(
        self, number: int, index: int, operator: Operator, values: list[Sized | None]
    ) -> list[Sized]:
        given = [(values[n] or UNKNOWN) if n >= 0 else UNKNOWN for n in operator.inputs]
        before = self._known.get((number, index))
        if before is not None and all(a is b for a, b in zip(before[0], given, strict=True)):
            self._count(operator, 0.05)
            return before[1]
        self._count(operator, 1)
        tensors = [self._model.subgraphs[number].tensors[n] for n in operator.outputs]
        try:
            made = self._made(operator, given, tensors)
        except Unfit as error:
            raise self._refused(operator, str(error)) from error
        for tensor, size in zip(tensors, made, strict=True):
            if operator.name.startswith("NON_MAX"):
                continue  # the converter records one more size than there is
            check_recorded(tensor, size, f"{self._what}: {operator.name}")
        if not self.open and any(size.most is None for size in made):
            self.open = operator.name
        if operator.name not in _CALLS:
            if before is not None:
                made = [unchanged(old, new) for old, new in zip(before[1], made, strict=True)]
            self._known[number, index] = (given, made)
        return made

    def _count(self, operator: Operator, cost: float) -> None:
        self._steps += cost
        if self._steps > MAX_OPERATIONS:
            raise self._refused(
                operator, f"expected a run of at most {MAX_OPERATIONS:,} operations, got more"
            )

    def _made(self, operator: Operator, given: list[Sized], tensors: list[Tensor]) -> list[Sized]:
        if operator.name in _CALLS:
            return self._called(operator, given)
        if operator.name == "READ_VARIABLE":
            return [recorded(tensors[0])]
        rule = RULES.get(operator.name)
        if rule is None:
            return [UNKNOWN] * len(tensors)
        made = rule(operator, given)[: len(tensors)]
        made += [UNKNOWN] * (len(tensors) - len(made))
        dtypes = [tensor.dtype for tensor in tensors]
        if operator.options.get("activation") or not FOLLOWED.issuperset(dtypes):
            return made
        try:
            values = computed_values(operator, given, made, dtypes)
        except (ValueError, TypeError, IndexError, OverflowError) as error:
            raise Unfit(f"expected values that fit it, got {error}"[:200]) from error
        if values is None:
            return made
        return [
            Sized.computed(value if size.shape is None else value.reshape(size.shape))
            for value, size in zip(values, made, strict=True)
        ]

    def _called(self, operator: Operator, given: list[Sized]) -> list[Sized]:
        options = operator.options
        if operator.name == "CALL_ONCE":
            self.run(options["init_subgraph_index"], [])
            return []
        if operator.name == "WHILE":
            return self._looped(operator, given)
        branches = [options["then_subgraph_index"], options["else_subgraph_index"]]
        chosen = given[0].value
        if chosen is not None and chosen.size == 1:
            return self._body(branches[0 if chosen.item() else 1], given[1:])
        return [
            either(a, b)
            for a, b in zip(*(self._body(number, given[1:]) for number in branches), strict=True)
        ]

    def _looped(self, operator: Operator, given: list[Sized]) -> list[Sized]:
        """Go through a loop step by step until its test says that it ends."""
        test, body = (operator.options[f"{n}_subgraph_index"] for n in ("cond", "body"))
        results, surely = given, True
        while True:
            goes_on = self._body(test, given)[0].value
            if goes_on is not None and not np.any(goes_on):
                return given if surely else results
            made = [unchanged(a, b) for a, b in zip(given, self._body(body, given), strict=True)]
            if goes_on is None and self._trust:  # what changes is not followed further
                made = [either(a, b) for a, b in zip(given, made, strict=True)]
            if all(a is b for a, b in zip(given, made, strict=True)):
                return self._without_end(results, known=goes_on is not None)
            surely = surely and goes_on is not None
            results = [either(a, b) for a, b in zip(results, made, strict=True)]
            given = made

    def _without_end(self, results: list[Sized], *, known: bool) -> list[Sized]:
        """Refuse a loop of which no step changes anything that is known."""
        if known:
            raise Unfit("expected a loop that ends, got one whose steps change nothing")
        if not self._trust:
            raise Unfit(
                "expected a loop whose end follows from shapes and constants, got one that depends "
                "on computed values; trust=True runs a file that you know"
            )
        return results

    def _body(self, number: int, given: Sequence[Sized]) -> list[Sized]:
        if len(given) != len(self._model.subgraphs[number].inputs):
            raise Unfit(f"expected a subgraph of {len(given)} inputs, got another")
        return self.run(number, given)

    def _refused(self, operator: Operator, message: str) -> ModelFormatError:
        return ModelFormatError(f"{self._what}: {operator.name}: {message}")


_CALLS = ("IF", "WHILE", "CALL_ONCE")
