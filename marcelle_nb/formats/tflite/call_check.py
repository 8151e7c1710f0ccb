"""Checks of operators that run other subgraphs: loops, branches and what is run once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from marcelle_nb.errors import ModelFormatError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from marcelle_nb.formats.tflite.model_structure import ModelStructure, Operator, Subgraph

MAX_DEPTH = 32


def called(operator: Operator) -> tuple[int, ...]:
    """Give the numbers of the subgraphs that an operator runs."""
    options = operator.options
    numbers = [value for name, value in options.items() if name.endswith("subgraph_index")]
    if operator.name == "CALL":
        numbers.append(options.get("subgraph", 0))
    numbers.extend(int(number) for number in options.get("branch_subgraph_indices", ()))
    return tuple(numbers)


def check_calls(model: ModelStructure, what: str) -> None:
    """Check that subgraphs exist, do not call each other in a circle, and take what they are given.

    Raises
    ------
    ModelFormatError
        If one does not.
    """
    calls = [
        [n for operator in subgraph.operators for n in called(operator)]
        for subgraph in model.subgraphs
    ]
    wrong = [n for numbers in calls for n in numbers if not 0 <= n < len(calls)]
    if wrong:
        raise ModelFormatError(f"{what}: expected numbers below {len(calls)}, got {wrong[0]}")
    waiting = set(range(len(calls)))
    for _ in range(MAX_DEPTH):
        waiting = {n for n in waiting if waiting.intersection(calls[n])}
    if waiting:
        raise ModelFormatError(
            f"{what}: expected subgraphs that call each other at most {MAX_DEPTH} deep, "
            f"got a longer chain or a circle"
        )
    for subgraph in model.subgraphs:
        for operator in subgraph.operators:
            if operator.name in {"IF", "WHILE", "CALL_ONCE"}:
                _check_handed(operator, subgraph, model.subgraphs, f"{what}: {operator.name}")


def _check_handed(
    operator: Operator, subgraph: Subgraph, subgraphs: Sequence[Subgraph], what: str
) -> None:
    """Check numbers and types of what goes into a subgraph and comes out of it."""
    given, made = (_types(subgraph, numbers) for numbers in (operator.inputs, operator.outputs))
    none: list[str] = []
    bodies = [subgraphs[number] for number in called(operator)]
    if operator.name == "CALL_ONCE":
        pairs = [(bodies[0], none, none)]
    elif operator.name == "IF":
        if given[:1] != ["bool"]:
            raise ModelFormatError(f"{what}: expected a choice of type bool, got {given[:1]}")
        pairs = [(body, given[1:], made) for body in bodies]
    else:
        pairs = [(bodies[0], given, ["bool"]), (bodies[1], given, given)]
        if made != given:
            raise ModelFormatError(f"{what}: expected outputs of {given}, got {made}")
    for body, inputs, outputs in pairs:
        sides = (_types(body, body.inputs), _types(body, body.outputs))
        if sides != (inputs, outputs):
            raise ModelFormatError(
                f"{what}: expected a subgraph from {inputs} to {outputs}, "
                f"got one from {sides[0]} to {sides[1]}"
            )


def _types(subgraph: Subgraph, numbers: Sequence[int]) -> list[str]:
    return [subgraph.tensors[n].dtype if n >= 0 else "" for n in numbers]
