"""How TensorFlow is kept from computing on constants while it reads a graph.

To find shapes, it runs every part of a graph that depends on constants alone; a few such nodes,
each twice as large as the one before, take all memory before any check of results can see them.
"""

from __future__ import annotations

from typing import Any

from marcelle_nb.formats.graphs.graph_bodies import source_of
from marcelle_nb.formats.graphs.op_names import op_names
from marcelle_nb.formats.graphs.result_types import result_type

SUFFIX = "/as_given"

_PASSED_ON = frozenset({"Const", "Identity", "Snapshot", "StopGradient", "NoOp"})
_NOT_RUN = op_names("Enter Exit Merge Switch NextIteration LoopCond PlaceholderWithDefault")


def hide_constants(graph_def: Any) -> None:
    """Put a placeholder with a default before each node that takes constants alone.

    Only such nodes begin a part that is constant, so that a graph whose converter already computed
    them stays as it is.

    Parameters
    ----------
    graph_def : GraphDef
        Changed in place.
    """
    nodes = {node.name: node for node in graph_def.node}
    constant = _constants(nodes)
    hidden: dict[str, str] = {}
    for node in list(graph_def.node):
        data = [name for name in node.input if not name.startswith("^")]
        if node.op in _PASSED_ON | _NOT_RUN or not data:
            continue
        if all(source_of(name) in constant for name in data):
            node.input[0] = hidden.get(data[0]) or _hide(graph_def, nodes, data[0])
            hidden[data[0]] = node.input[0]


def show_constants(graph_def: Any) -> None:
    """Undo `hide_constants`."""
    hidden = {
        node.name: node.input[0]
        for node in graph_def.node
        if node.op == "PlaceholderWithDefault" and node.name.endswith(SUFFIX)
    }
    kept = [node for node in graph_def.node if node.name not in hidden]
    for node in kept:
        for i, name in enumerate(node.input):
            node.input[i] = hidden.get(name, name)
    copies = [type(node).FromString(node.SerializeToString()) for node in kept] if hidden else []
    if hidden:
        del graph_def.node[:]
        graph_def.node.extend(copies)


def _constants(nodes: dict[str, Any]) -> set[str]:
    """Give the constants, and what passes one on."""
    passing: dict[str, list[str]] = {}
    for name, node in nodes.items():
        data = [source for source in node.input if not source.startswith("^")]
        if node.op in _PASSED_ON and data:
            passing.setdefault(source_of(data[0]), []).append(name)
    found = [name for name, node in nodes.items() if node.op == "Const"]
    for name in found:
        found += passing.get(name, ())
    return set(found)


def _hide(graph_def: Any, nodes: dict[str, Any], name: str) -> str:
    source = nodes[source_of(name)]
    made = graph_def.node.add(name=source.name + SUFFIX, op="PlaceholderWithDefault")
    made.input.append(name)
    made.attr["dtype"].type = result_type(source)
    made.attr["shape"].shape.unknown_rank = True
    return str(made.name)
