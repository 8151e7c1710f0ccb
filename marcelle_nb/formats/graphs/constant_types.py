"""A check of constants that TensorFlow leaves out, and ends the process over."""

from __future__ import annotations

from typing import Any

from marcelle_nb.errors import ModelFormatError


def check_constants(graph_def: Any, what: str) -> None:
    """Refuse constants whose node and value are of different types.

    Parameters
    ----------
    graph_def : GraphDef
    what : str
        What messages call it.

    Raises
    ------
    ModelFormatError
        If there is one, in the graph or a function of it.
    """
    for nodes in (graph_def.node, *(f.node_def for f in graph_def.library.function)):
        for node in nodes:
            if node.op != "Const":
                continue
            said = node.attr["dtype"].type if "dtype" in node.attr else 0
            got = node.attr["value"].tensor.dtype if "value" in node.attr else 0
            if not said or said != got:
                raise ModelFormatError(
                    f"{what}: {node.name!r:.200}: expected a value of type {said}, got {got}"
                )
