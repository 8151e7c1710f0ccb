"""A graph and its functions, seen alike: named nodes and what they take."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import ModelFormatError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MAIN = ""
"""The graph itself among its functions, none of which has an empty name."""


@dataclass
class Body:
    """The nodes of a graph, or of one function.

    Attributes
    ----------
    what : str
        What messages call it.
    nodes : dict of str to NodeDef
        By name, in the file's order.
    arguments : frozenset of str
        What a function's nodes take beside each other.
    results : tuple of str
        What a function gives.
    order : list of str
        Names such that each comes after what it takes, once that was checked.
    """

    what: str
    nodes: dict[str, Any]
    arguments: frozenset[str] = frozenset()
    results: tuple[str, ...] = ()
    order: list[str] = field(default_factory=list)

    def sources(self, node: Any) -> list[str]:
        """Give the names of the nodes that a node takes, of control edges too."""
        return [source_of(name) for name in node.input]

    def calls(self, functions: Mapping[str, Any]) -> list[str]:
        """Give the names of the functions that its nodes call, as often as they do."""
        found: list[str] = []
        for node in self.nodes.values():
            if node.op in functions and node.op != MAIN:
                found.append(node.op)
            for value in node.attr.values():
                kind = value.WhichOneof("value")
                called = (
                    [value.func] if kind == "func" else value.list.func if kind == "list" else []
                )
                for function in called:
                    if function.name in functions and function.name != MAIN:
                        found.append(function.name)
                    elif function.name:
                        raise ModelFormatError(
                            f"{self.what}: expected {node.name!r:.100} to call a function of the "
                            f"graph, got {function.name!r:.100}"
                        )
        return found


def source_of(name: str) -> str:
    """Give the node of a tensor's name: `^a`, `a:1` and `a:output:0` are all of `a`."""
    return name.removeprefix("^").split(":", 1)[0]


def bodies_of(graph_def: Any, what: str) -> dict[str, Body]:
    """Give the graph, under an empty name, and each of its functions.

    Raises
    ------
    ModelFormatError
        If two nodes or two functions have one name, or one has none.
    """
    bodies = {MAIN: Body(what, _named(graph_def.node, what))}
    for function in graph_def.library.function:
        name = function.signature.name
        inside = f"{what}: function {name!r:.100}"
        if not name or name in bodies:
            raise ModelFormatError(f"{inside}: expected functions with names of their own")
        body = Body(
            inside,
            _named(function.node_def, inside),
            frozenset(argument.name for argument in function.signature.input_arg),
            tuple(source_of(result) for result in function.ret.values()),
        )
        for result in body.results:
            if result not in body.nodes and result not in body.arguments:
                raise ModelFormatError(
                    f"{inside}: expected a result of its own, got {result!r:.100}"
                )
        bodies[name] = body
    return bodies


def reachable(bodies: dict[str, Body], roots: Iterable[str], what: str) -> list[Body]:
    """Give what the named nodes of the graph depend on, and the functions that are called there."""
    main = bodies[MAIN]
    names = [source_of(name) for name in roots]
    for name in names:
        if name not in main.nodes:
            raise ModelFormatError(f"{what}: expected a node {name!r:.100}, got none")
    kept = set(names)
    while names:
        for source in main.sources(main.nodes[names.pop()]):
            if source not in kept:
                kept.add(source)
                names.append(source)
    found = {MAIN: Body(main.what, {name: main.nodes[name] for name in main.nodes if name in kept})}
    found[MAIN].order = [name for name in main.order if name in kept]
    waiting = [MAIN]
    while waiting:
        for callee in found[waiting.pop()].calls(bodies):
            if callee not in found:
                found[callee] = bodies[callee]
                waiting.append(callee)
    return list(found.values())


def _named(nodes: Iterable[Any], what: str) -> dict[str, Any]:
    named: dict[str, Any] = {}
    for node in nodes:
        if not node.name or node.name in named:
            raise ModelFormatError(
                f"{what}: expected nodes with names of their own, got {node.name!r:.100}"
            )
        named[node.name] = node
    return named
