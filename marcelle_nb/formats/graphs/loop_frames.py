"""The loops of TensorFlow 1, each of whose nodes belongs to a frame.

TensorFlow.js finds a tensor of an outer frame from within an inner one; TensorFlow wants it carried
in. Converters leave out the control edges that carried constants.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.graphs.graph_bodies import MAIN, Body, bodies_of, source_of
from marcelle_nb.formats.graphs.graph_check import BACK_EDGES, order_nodes

if TYPE_CHECKING:
    from collections.abc import Iterable

Frame = tuple[str, ...]

MAX_DEPTH = 20
"""Loops in each other; each lets the graph be gone through once more."""

ENTERING = frozenset({"Enter", "RefEnter"})
LEAVING = frozenset({"Exit", "RefExit"})


def carry_into_loops(graph_def: Any, what: str) -> None:
    """Carry into each loop what its nodes take from outside.

    A constant is made again in the loop; anything else enters it, and stays the same in each turn.

    Parameters
    ----------
    graph_def : GraphDef
        Changed in place.
    what : str
        What messages call it.
    """
    if not any(node.op in ENTERING for node in graph_def.node):
        return
    body = bodies_of(graph_def, what)[MAIN]
    order_nodes(body)
    frames = frames_of(body)
    carrier = _Carrier(graph_def, body, frames)
    for node in list(graph_def.node):
        carrier.carry_inputs(node)


def frames_of(body: Body) -> dict[str, Frame]:
    """Give the frame of each node: the names of the loops around it, from outside.

    What enters a loop may be a constant that lost its own place in an outer one, so all that enter
    one loop tell together where it is.
    """
    around: dict[str, Frame] = {}
    for _ in range(MAX_DEPTH):
        frames: dict[str, Frame] = {}
        settled = True
        for name in body.order:
            node = body.nodes[name]
            inside = _deepest(frames.get(source, ()) for source in body.sources(node))
            if node.op in ENTERING:
                loop = node.attr["frame_name"].s.decode("latin-1")
                if len(inside) > len(around.setdefault(loop, ())):
                    around[loop] = inside
                    settled = False
                inside = (*around[loop], loop)
            elif node.op in LEAVING:
                inside = inside[:-1]
            if len(inside) > MAX_DEPTH:
                break
            frames[name] = inside
        if settled and len(frames) == len(body.order):
            return frames
    raise ModelFormatError(f"{body.what}: expected at most {MAX_DEPTH} loops in each other")


def _deepest(frames: Iterable[Frame]) -> Frame:
    return max(frames, key=len, default=())


class _Carrier:
    def __init__(self, graph_def: Any, body: Body, frames: dict[str, Frame]) -> None:
        self._graph = graph_def
        self._body = body
        self._frames = frames
        self._carried: dict[tuple[str, Frame], str] = {}
        self._taken = set(body.nodes)
        self._anchors = {
            frames[name]: name
            for name, node in body.nodes.items()
            if node.op in {"Merge", "RefMerge"}
        }

        # all that enter a loop must say the same
        self._parallel = {
            frames[name]: int(node.attr["parallel_iterations"].i)
            for name, node in body.nodes.items()
            if node.op in ENTERING and "parallel_iterations" in node.attr
        }

    def carry_inputs(self, node: Any) -> None:
        frame = self._frames[node.name]
        if node.op in ENTERING:
            frame = frame[:-1]
        elif node.op in LEAVING:
            frame = _deepest(self._frames[source] for source in self._body.sources(node))
        kept = []
        for name in node.input:
            source = source_of(name)
            if (
                node.op in {"Merge", "RefMerge"} and self._body.nodes[source].op in BACK_EDGES
            ) or self._frames[source] == frame:
                kept.append(name)
            elif not name.startswith("^"):  # a control edge may not cross frames
                kept.append(self._into(name, frame))
        del node.input[:]
        node.input.extend(kept)

    def _into(self, name: str, frame: Frame) -> str:
        """Give a tensor of an outer frame within an inner one."""
        if (name, frame) in self._carried:
            return self._carried[name, frame]
        source = self._body.nodes[source_of(name)]
        if self._frames[source.name] != frame[: len(self._frames[source.name])]:
            raise ModelFormatError(
                f"{self._body.what}: expected loops within each other, got {source.name!r:.100} "
                f"in another loop than what takes it"
            )
        if source.op == "Const" and frame in self._anchors:
            made = self._graph.node.add()
            made.CopyFrom(source)
            del made.input[:]
            made.input.append(f"^{self._anchors[frame]}")
        else:
            outer = frame[:-1]
            inner = name if self._frames[source.name] == outer else self._into(name, outer)
            made = self._graph.node.add(op="Enter")
            made.input.append(inner)
            made.attr["T"].type = self._type(name)
            made.attr["frame_name"].s = frame[-1].encode("latin-1")
            made.attr["is_constant"].b = True
            made.attr["parallel_iterations"].i = self._parallel.get(frame, 10)
        fresh = self._fresh(source.name)
        made.name = self._carried[name, frame] = fresh
        return fresh

    def _type(self, name: str) -> int:
        """Give the type of a tensor, from TensorFlow's list of operations."""
        from marcelle_nb.formats.graphs.result_types import result_type

        index = name.rpartition(":")[2] if ":" in name else "0"
        return result_type(self._body.nodes[source_of(name)], int(index))

    def _fresh(self, name: str) -> str:
        i = 0
        while (fresh := f"{name}/in_loop" + (f"_{i}" if i else "")) in self._taken:
            i += 1
        self._taken.add(fresh)
        return fresh
