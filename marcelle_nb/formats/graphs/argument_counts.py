"""How many inputs and results the nodes of a graph say that they have.

TensorFlow makes room for as many before it compares them with those that are there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import ModelFormatError

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_RESULTS = 10_000
"""Results of one node, as of a split."""


def check_counts(nodes: Iterable[Any], what: str) -> None:
    """Refuse nodes that say they take more than they do, or give more than any node.

    Raises
    ------
    ModelFormatError
        If an attribute that counts inputs or results is negative or too large.
    """
    from tensorflow.python.framework import op_def_registry

    known: dict[str, tuple[list[str], list[str]]] = {}
    for node in nodes:
        if node.op not in known:
            definition = op_def_registry.get(node.op)
            known[node.op] = (
                ([], [])
                if definition is None
                else (_counting(definition.input_arg), _counting(definition.output_arg))
            )
        taken, given = known[node.op]
        for names, limit in ((taken, len(node.input)), (given, MAX_RESULTS)):
            for name in names:
                count = node.attr[name].i if name in node.attr else 0
                if not 0 <= count <= limit:
                    raise ModelFormatError(
                        f"{what}: expected {node.name!r:.100} to count at most {limit:,} by "
                        f"{name!r}, got {count:,}"
                    )


def _counting(arguments: Iterable[Any]) -> list[str]:
    return [argument.number_attr for argument in arguments if argument.number_attr]
