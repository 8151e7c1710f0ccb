"""Branches of TensorFlow 1 that give a constant, as TensorFlow.js runs them.

TensorFlow.js has all constants before anything runs, whatever branch they belong to. A `Merge` of
two branches takes the first input that is there: a constant, where one branch gives it, even if
the other branch was taken.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marcelle_nb.formats.graphs.graph_bodies import MAIN, bodies_of, source_of
from marcelle_nb.formats.graphs.graph_check import BACK_EDGES, order_nodes
from marcelle_nb.formats.graphs.loop_frames import frames_of

if TYPE_CHECKING:
    from collections.abc import Container

_MERGING = frozenset({"Merge", "RefMerge"})


def settle_merges(graph_def: Any, beside: Container[str], what: str) -> None:
    """Let each `Merge` outside of loops that takes a constant give just this one.

    It gives it whenever it gave anything, so that what is around the branches stays as it was.

    Parameters
    ----------
    graph_def : GraphDef
        Changed in place.
    beside : container of str
        Placeholders that stand for constants.
    what : str
        What messages call it.
    """
    merging = [node for node in graph_def.node if node.op in _MERGING]
    if not merging:
        return
    body = bodies_of(graph_def, what)[MAIN]
    order_nodes(body)
    frames = frames_of(body)
    taken = set(body.nodes)
    for node in merging:
        data = [name for name in node.input if not name.startswith("^")]
        sources = [body.nodes[source_of(name)] for name in data]
        constants = [s for s in sources if s.op == "Const" or s.name in beside]
        loop = any(source.op in BACK_EDGES for source in sources)
        if constants and not loop and not frames[node.name]:
            _settle(graph_def, node, constants[0], taken)


def _settle(graph_def: Any, merge: Any, constant: Any, taken: set[str]) -> None:
    """Replace each input by the constant, which is there when the input is."""
    always = constant
    if constant.op == "Const":
        always = graph_def.node.add()
        always.CopyFrom(constant)
        always.name = _fresh(f"{merge.name}/constant", taken)
        del always.input[:]
    for i, name in enumerate(merge.input):
        if name.startswith("^"):
            continue
        gate = graph_def.node.add(op="Identity", name=_fresh(f"{merge.name}/given", taken))
        gate.input.extend([always.name, f"^{source_of(name)}"])
        gate.attr["T"].type = merge.attr["T"].type
        merge.input[i] = gate.name


def _fresh(name: str, taken: set[str]) -> str:
    free, i = name, 0
    while free in taken:
        i += 1
        free = f"{name}_{i}"
    taken.add(free)
    return free
