"""A graph that is being rewritten."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from marcelle_nb.formats.graphs.graph_bodies import source_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


@dataclass
class GraphPart:
    """Nodes with inputs and outputs.

    Attributes
    ----------
    nodes : dict of str to NodeDef
        By name.
    inputs : list of str
        Names of the placeholders, in order.
    outputs : list of str
        Names of tensors, in order.
    """

    nodes: dict[str, Any]
    inputs: list[str]
    outputs: list[str]

    def needed(self, *, control: bool = False) -> list[str]:
        """Give the names of what outputs depend on, through control edges too if asked."""
        kept = {source_of(name) for name in self.outputs}
        waiting = [*kept]
        while waiting:
            for name in self.nodes[waiting.pop()].input:
                source = source_of(name)
                if source not in kept and (control or not name.startswith("^")):
                    kept.add(source)
                    waiting.append(source)
        return [name for name in self.nodes if name in kept]

    def prune(self) -> None:
        """Leave out what no output depends on, but for inputs."""
        kept = {*self.needed(control=True), *self.inputs}
        self.nodes = {name: node for name, node in self.nodes.items() if name in kept}

    def rename(self, names: Mapping[str, str]) -> None:
        """Let all that took one tensor take another; both are named as in `outputs`."""
        for node in self.nodes.values():
            for i, name in enumerate(node.input):
                if canonical(name) in names:
                    node.input[i] = names[canonical(name)]
        self.outputs = [names.get(canonical(name), name) for name in self.outputs]

    def consumers(self) -> dict[str, list[Any]]:
        """Give, for the name of each node, those that take any of its tensors."""
        found: dict[str, list[Any]] = {name: [] for name in self.nodes}
        for node in self.nodes.values():
            for name in node.input:
                found[source_of(name)].append(node)
        return found

    def graph_def(self, like: Any) -> Any:
        """Give a `GraphDef` with these nodes, and the version and functions of another one."""
        from tensorflow.core.framework import graph_pb2

        result = graph_pb2.GraphDef(versions=like.versions, library=like.library)
        result.node.extend(self.nodes.values())
        return result


def canonical(name: str) -> str:
    """Give a tensor's name without the `:0` of a first result."""
    return name.removesuffix(":0")


def part_of(nodes: Iterable[Any], inputs: Sequence[str], outputs: Sequence[str]) -> GraphPart:
    """Take the nodes of a graph."""
    return GraphPart(
        {node.name: node for node in nodes},
        [source_of(name) for name in inputs],
        [canonical(name) for name in outputs],
    )
