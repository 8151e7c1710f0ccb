"""Control edges as TensorFlow.js understands them: as inputs like all others.

TensorFlow.js 4.22 waits for what a control edge comes from, but never with a constant, which it
has before anything runs; and it lets a `Merge` take the first input that is there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.graphs.graph_bodies import Body, source_of
from marcelle_nb.formats.graphs.graph_check import order_nodes
from marcelle_nb.formats.graphs.loop_frames import ENTERING, frames_of
from marcelle_nb.formats.graphs.node_attributes import flag_of

if TYPE_CHECKING:
    from marcelle_nb.formats.graphs.graph_part import GraphPart

VARIADIC = frozenset({"AddN", "Concat", "ConcatV2", "Einsum", "IdentityN", "Pack", "ShapeN"})
"""Operations that would take the source of a control edge for one more value."""


def settle_control(part: GraphPart) -> None:
    """Keep of all control edges those that tell in which loop or branch something happens.

    A node all of whose inputs stay the same in each turn of a loop, as constants do, waits for the
    loop or branch that it belongs to: nothing else would make it run in the next turn. A constant
    that is what a branch gives passes through a `Switch`.
    """
    turns = _turns(part)
    anchors = {node.name: _anchors(part, node) for node in part.nodes.values()}
    for node in [part.nodes[name] for name in part.needed()]:
        data = [name for name in node.input if not name.startswith("^")]
        constant = [name for name in data if part.nodes[source_of(name)].op == "Const"]
        waits: dict[str, None] = {}
        if node.op == "Merge":
            data = [
                _gated(part, name, anchors[source_of(name)]) if name in constant else name
                for name in data
            ]
        elif node.op != "Const" and node.op not in VARIADIC and _stays(part, data):
            waits = dict.fromkeys(anchors[node.name])
            for name in constant:
                waits.update(dict.fromkeys(anchors[source_of(name)]))
            if not waits and len(constant) < len(data) and node.op != "NextIteration":
                waits = dict.fromkeys(turns.get(node.name, ()))
        del node.input[:]
        node.input.extend([*data, *(f"^{name}" for name in waits)])


def _stays(part: GraphPart, data: list[str]) -> bool:
    """Tell whether tensors are the same in each turn of a loop."""
    sources = [part.nodes[source_of(name)] for name in data]
    return all(
        source.op == "Const" or (source.op in ENTERING and flag_of(source, "is_constant"))
        for source in sources
    )


def _turns(part: GraphPart) -> dict[str, list[str]]:
    """Give, for each node that runs in a loop, one that begins each turn of it."""
    if not any(node.op in ENTERING for node in part.nodes.values()):
        return {}
    body = Body("model", part.nodes)
    order_nodes(body)
    frames = frames_of(body)
    begins = {frames[name]: name for name, node in part.nodes.items() if node.op == "Merge"}
    found = {}
    for name, node in part.nodes.items():
        frame = frames[name][:-1] if node.op in ENTERING else frames[name]
        if frame and frame in begins:
            found[name] = [begins[frame]]
    return found


def _anchors(part: GraphPart, node: Any) -> list[str]:
    """Give the nodes behind control edges that only run in one branch or loop."""
    found: dict[str, None] = {}
    seen = set()
    waiting = [name for name in node.input if name.startswith("^")]
    while waiting:
        name = source_of(waiting.pop())
        if name in seen:
            continue
        seen.add(name)
        source = part.nodes[name]
        if source.op in {"NoOp", "Const"}:
            waiting.extend(edge for edge in source.input if edge.startswith("^"))
        elif source.op in {"Identity", "Switch", "Merge", "Enter"}:
            found[name] = None
    return [*found]


def _gated(part: GraphPart, constant: str, anchors: list[str]) -> str:
    """Let a constant be there only where its branch runs."""
    for anchor in anchors:
        pivot = part.nodes[anchor]
        switch = part.nodes[source_of(pivot.input[0])] if pivot.op == "Identity" else pivot
        if switch.op != "Switch":
            continue
        port = 1 if pivot.op == "Identity" and pivot.input[0].endswith(":1") else 0
        name = f"{constant}/gated"
        if name not in part.nodes:
            gate = type(switch)(op="Switch", name=name)
            gate.input.extend([constant, switch.input[1]])
            gate.attr["T"].type = part.nodes[constant].attr["dtype"].type
            part.nodes[name] = gate
        return f"{name}:1" if port else name
    raise ModelFormatError(
        f"model: expected a branch around the constant {constant!r}, which TensorFlow.js needs"
    )
