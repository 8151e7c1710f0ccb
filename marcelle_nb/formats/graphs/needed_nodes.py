"""The part of a graph that some of its tensors need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.graphs.graph_bodies import source_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def needed_nodes(graph_def: Any, fed: Mapping[str, int], fetches: Iterable[str]) -> Any:
    """Cut out what some tensors need.

    What is given needs nothing: it becomes a placeholder, and nobody waits for it.

    Parameters
    ----------
    graph_def : GraphDef
    fed : mapping of str to int
        Names of the nodes whose first result is given, and its type's number.
    fetches : iterable of str
        Tensors, as `"y:0"`.

    Returns
    -------
    GraphDef
        With all functions.
    """
    nodes = {node.name: node for node in graph_def.node}
    part = type(graph_def)(versions=graph_def.versions, library=graph_def.library)
    waiting = list({source_of(name) for name in fetches})
    kept = set(waiting)
    while waiting:
        name = waiting.pop()
        node = part.node.add(name=name)
        if name in fed:
            node.op = "Placeholder"
            node.attr["dtype"].type = fed[name]
            continue
        node.CopyFrom(nodes[name])
        inputs = [n for n in node.input if not (n.startswith("^") and n[1:] in fed)]
        del node.input[:]
        node.input.extend(inputs)
        sources = {source_of(source) for source in inputs} - kept
        waiting += sources
        kept |= sources
    return part


def check_fed(graph_def: Any, feeds: Iterable[str], fetches: Iterable[str], what: str) -> None:
    """Refuse a graph whose outputs wait for what nobody gives.

    Raises
    ------
    ModelFormatError
        If a tensor of `fetches` needs a placeholder that is none of `feeds`.
    """
    nodes = {node.name: node for node in graph_def.node}
    fed = {source_of(name) for name in feeds}
    waiting = [source_of(name) for name in fetches]
    seen = set(waiting)
    while waiting:
        node = nodes.get(waiting.pop())
        if node is None or node.name in fed:
            continue
        if node.op in {"Placeholder", "PlaceholderV2"}:
            raise ModelFormatError(
                f"{what}: expected outputs that the inputs {sorted(fed)} lead to, "
                f"got one that takes {node.name!r:.100}"
            )
        sources = {source_of(name) for name in node.input} - seen
        seen |= sources
        waiting += sources
