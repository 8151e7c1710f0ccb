"""Checks of the types that native code does not look at: texts, and what variables hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from marcelle_nb.errors import ModelFormatError

if TYPE_CHECKING:
    from marcelle_nb.formats.tflite.model_structure import ModelStructure, Operator, Subgraph

_HANDING_ON = """
    BROADCAST_TO CONCATENATION EXPAND_DIMS GATHER GATHER_ND PACK RESHAPE SLICE SPLIT SQUEEZE
    STRIDED_SLICE TILE TRANSPOSE UNPACK
"""
"""Operators whose output is text where their values are."""

_READING = """
    EQUAL NOT_EQUAL HASHTABLE_FIND HASHTABLE_IMPORT HASHTABLE_LOOKUP LSH_PROJECTION RANK SHAPE
    SKIP_GRAM
"""

_MAKING = "HASHTABLE_FIND HASHTABLE_LOOKUP SKIP_GRAM"

_ANY = """
    CALL CALL_ONCE CUSTOM IF STABLEHLO_CASE STABLEHLO_COMPOSITE STABLEHLO_WHILE WHILE
    ASSIGN_VARIABLE READ_VARIABLE
"""


def check_text(operator: Operator, subgraph: Subgraph, what: str) -> None:
    """Check that text goes only through operators that know it.

    Raises
    ------
    ModelFormatError
        If numbers are called text, or the reverse.
    """
    if operator.name in _ANY.split():
        return
    texts = [n >= 0 and subgraph.tensors[n].dtype == "string" for n in operator.inputs]
    made = [subgraph.tensors[n].dtype == "string" for n in operator.outputs]
    if operator.name in _HANDING_ON.split():
        values = texts[1:2] if operator.name == "SPLIT" else texts[:1]
        wrong = any(text != values[0] for text in made) if values else any(made)
    else:
        wrong = any(texts) and operator.name not in _READING.split()
        wrong = wrong or (any(made) and operator.name not in _MAKING.split())
    if wrong:
        raise ModelFormatError(f"{what}: expected numbers and texts in their places, got others")


def check_variables(model: ModelStructure, what: str) -> None:
    """Check that what is read from a variable has the shape and type of what is written to it.

    Raises
    ------
    ModelFormatError
        If they differ.
    """
    known: dict[tuple[str | None, str | None], tuple[str, tuple[int | None, ...]]] = {}
    for subgraph in model.subgraphs:
        handles = {
            operator.outputs[0]: (
                operator.options.get("container"),
                operator.options.get("shared_name"),
            )
            for operator in subgraph.operators
            if operator.name == "VAR_HANDLE"
        }
        for operator in subgraph.operators:
            if operator.name == "ASSIGN_VARIABLE":
                number = operator.inputs[1]
            elif operator.name == "READ_VARIABLE":
                number = operator.outputs[0]
            else:
                continue
            tensor = subgraph.tensors[number]
            name = handles.get(operator.inputs[0])
            if name is None or tensor.sizes is None or None in tensor.sizes:
                continue
            held = (tensor.dtype, tensor.sizes)
            if known.setdefault(name, held) != held:
                raise ModelFormatError(
                    f"{what}: variable {name[1]!r:.60}: expected {known[name]}, got {held}"
                )
