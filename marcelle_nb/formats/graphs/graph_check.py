"""The check of a graph that came from outside, before TensorFlow sees any of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import ModelFormatError, UnsafeModel
from marcelle_nb.formats.graphs.argument_counts import check_counts
from marcelle_nb.formats.graphs.graph_bodies import Body, bodies_of, reachable, source_of
from marcelle_nb.formats.graphs.tensor_sizes import check_sizes

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_NODES = 100_000
"""Nodes of a graph with its functions; the largest models in use have a tenth of it."""

MAX_EXPANDED = 300_000
"""Nodes after every call of a function is replaced by the function's body."""

BACK_EDGES = frozenset({"NextIteration", "RefNextIteration"})
"""Only these may lead back, into a `Merge`: the loops of TensorFlow 1."""


def check_graph(
    graph_def: Any,
    *,
    allowed: frozenset[str],
    what: str = "graph",
    trust: bool = False,
    roots: Iterable[str] | None = None,
    declared: int = 0,
) -> None:
    """Refuse a graph that could do more than compute, or would not fit into memory.

    Nothing is executed or allocated. Names, edges, calls of functions and sizes are checked in
    any case; the list of operations only where the file is not trusted.

    Parameters
    ----------
    graph_def : tensorflow.core.framework.graph_pb2.GraphDef
        With its library of functions, whose bodies are checked like the graph.
    allowed : frozenset of str
        Names of operations, as `TFJS_OPS` or `SAVED_MODEL_OPS`.
    what : str
        What messages call it, as the file's name.
    trust : bool
        The user said so: any operation may be there.
    roots : iterable of str, optional
        Names of nodes; what none of them depends on is left out of the check of operations and
        sizes. All nodes and functions by default.
    declared : int
        Bytes of weights that lie beside the graph; what it may ask for grows with them.

    Raises
    ------
    UnsafeModel
        If an operation is not in the list.
    ModelFormatError
        If an edge leads nowhere or in a circle, functions call each other in a circle, or a
        constant or an operation asks for more memory than a model of its size needs.

    Notes
    -----
    Thread: any.
    """
    bodies = bodies_of(graph_def, what)
    n = sum(len(body.nodes) for body in bodies.values())
    if n > MAX_NODES:
        raise ModelFormatError(f"{what}: expected at most {MAX_NODES:,} nodes, got {n:,}")
    for body in bodies.values():
        check_counts(body.nodes.values(), body.what)
        order_nodes(body)
    _check_calls(bodies, what)
    seen = list(bodies.values()) if roots is None else reachable(bodies, roots, what)
    if not trust:
        _check_ops(seen, allowed, frozenset(bodies), what)
    check_sizes(seen, what, declared)


def _check_ops(
    bodies: Iterable[Body], allowed: frozenset[str], functions: frozenset[str], what: str
) -> None:
    known = allowed | functions if "PartitionedCall" in allowed else allowed
    refused = sorted({node.op for body in bodies for node in body.nodes.values()} - known)
    if refused:
        names = ", ".join(f"{name:.60}" for name in refused[:10])
        more = f" and {len(refused) - 10} more" if len(refused) > 10 else ""
        raise UnsafeModel(
            f"{what}: expected only operations that compute, got {names}{more}; "
            "only trust=True opens it, which lets the file do whatever TensorFlow can"
        )


def order_nodes(body: Body) -> None:
    """Put the nodes into an order; refuse edges that lead nowhere, or in a circle.

    By Kahn's algorithm: take away what waits for nothing, until nothing is left.
    """
    waiting = dict.fromkeys(body.nodes, 0)
    consumers: dict[str, list[str]] = {name: [] for name in body.nodes}
    for name, node in body.nodes.items():
        loop = _is_loop(node, body)
        for source in body.sources(node):
            if source not in body.nodes:
                if source in body.arguments:
                    continue
                raise ModelFormatError(
                    f"{body.what}: expected {name!r:.100} to take a node of the graph, "
                    f"got {source!r:.100}"
                )
            if loop and body.nodes[source].op in BACK_EDGES:
                continue
            waiting[name] += 1
            consumers[source].append(name)
    ready = [name for name, n in waiting.items() if n == 0]
    for name in ready:
        for consumer in consumers[name]:
            waiting[consumer] -= 1
            if waiting[consumer] == 0:
                ready.append(consumer)
    if len(ready) < len(body.nodes):
        stuck = next(name for name, n in waiting.items() if n)
        raise ModelFormatError(
            f"{body.what}: expected no circle of nodes, got one at {stuck!r:.100}"
        )
    body.order = ready


def _is_loop(node: Any, body: Body) -> bool:
    """Tell whether a node begins the turns of a loop; it then takes one value and its next.

    With more, TensorFlow ends the whole process.
    """
    if node.op not in {"Merge", "RefMerge"}:
        return False
    data = [name for name in node.input if not name.startswith("^")]
    back = [
        name
        for name in data
        if source_of(name) in body.nodes and body.nodes[source_of(name)].op in BACK_EDGES
    ]
    if back and (len(back) != 1 or len(data) != 2):
        raise ModelFormatError(
            f"{body.what}: expected {node.name!r:.100} to take a value and its next one, "
            f"got {len(data)} values, {len(back)} of them next ones"
        )
    return bool(back)


def _check_calls(bodies: dict[str, Body], what: str) -> None:
    """Refuse circles of calls, and calls that multiply without end."""
    expanded: dict[str, int] = {}
    calls = {name: body.calls(bodies) for name, body in bodies.items()}
    opened: set[str] = set()
    stack = list(bodies)
    while stack:
        name = stack[-1]
        if name in expanded:
            stack.pop()
        elif name in opened:
            missing = [callee for callee in calls[name] if callee not in expanded]
            if missing:
                raise ModelFormatError(
                    f"{what}: expected functions that do not call themselves, got {name!r:.100}"
                )
            expanded[name] = len(bodies[name].nodes) + sum(expanded[c] for c in calls[name])
            if expanded[name] > MAX_EXPANDED:
                raise ModelFormatError(
                    f"{what}: expected at most {MAX_EXPANDED:,} nodes with all calls written out, "
                    f"got more in {name!r:.100}"
                )
            stack.pop()
        else:
            opened.add(name)
            stack += [callee for callee in calls[name] if callee not in expanded]
