"""What the inputs and outputs of a TensorFlow.js graph are, in its own order."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.graphs.graph_bodies import source_of

if TYPE_CHECKING:
    from collections.abc import Mapping

Shape = tuple[int | None, ...] | None


@dataclass(frozen=True)
class GraphSignature:
    """Names of inputs and outputs, in order, and their tensors.

    Attributes
    ----------
    feeds, fetches : dict of str to str
        Tensors by name.
    shapes : dict of str to tuple or None
        As the file says them.
    resources : dict of str to int
        Placeholders that stand for hash tables, with the tables' numbers.
    """

    feeds: dict[str, str]
    fetches: dict[str, str]
    shapes: dict[str, Shape] = field(default_factory=dict)
    resources: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        nodes: Mapping[str, Any],
        raw: Mapping[str, Any] | None,
        what: str,
        structured: Any = None,
    ) -> GraphSignature:
        """Find inputs and outputs as TensorFlow.js 4.22 does.

        Parameters
        ----------
        nodes : mapping of str to NodeDef
            The graph, in the file's order.
        raw : mapping, optional
            The file's `signature`. Without inputs in it, the placeholders are the inputs; without
            outputs, the nodes that no other takes.
        what : str
            What messages call the file.
        structured : list of str, optional
            Other names for the outputs, in order.
        """
        signature = raw or {}
        given = _entries(signature, "inputs", what)
        asked = _entries(signature, "outputs", what)
        feeds, shapes, resources = {}, {}, {}
        for key, info in given.items():
            node = source_of(info["name"])
            if node not in nodes:
                continue
            number = info.get("resourceId")
            if number is not None:
                resources[node] = int(number)
                continue
            feeds[key] = _tensor(info["name"])
            shapes[key] = _shape(info.get("tensorShape"))
        if not given:
            feeds = {
                name: f"{name}:0"
                for name, node in nodes.items()
                if node.op.startswith("Placeholder")
            }
        fetches = {
            key: _tensor(info["name"])
            for key, info in asked.items()
            if source_of(info["name"]) in nodes
        }
        if not asked:
            fetches = {name: f"{name}:0" for name in _unused(nodes)}
        if not fetches:
            raise ModelFormatError(f"{what}: expected a graph with an output, got none")
        shapes |= {key: _shape(asked[key].get("tensorShape")) for key in fetches if key in asked}
        return cls(feeds, _renamed(fetches, structured), shapes, resources)


def table_outputs(raw: Mapping[str, Any] | None, what: str) -> dict[int, str]:
    """Give the tensors of an initialiser that are tables, by the tables' numbers."""
    entries = _entries(raw or {}, "outputs", what).values()
    return {int(i["resourceId"]): i["name"] for i in entries if i.get("resourceId") is not None}


def _entries(signature: Mapping[str, Any], field: str, what: str) -> dict[str, dict[str, Any]]:
    """Give the entries of a signature in JavaScript's order; of two for one tensor, the later name.

    An object of JavaScript has its whole numbers first, ascending.
    """
    raw = signature.get(field) or {}
    if not isinstance(raw, dict):
        raise ModelFormatError(f"{what}: expected an object {field!r}, got {type(raw).__name__}")
    for key, info in raw.items():
        number = info.get("resourceId") if isinstance(info, dict) else None
        if (
            not isinstance(info, dict)
            or not isinstance(info.get("name"), str)
            or not (number is None or (isinstance(number, int | str) and str(number).isdigit()))
        ):
            raise ModelFormatError(
                f"{what}: expected {field} with names of tensors, at {key!r:.100}"
            )
    indices = sorted((k for k in raw if _is_index(k)), key=int)
    names: dict[str, str] = {}
    for key in [*indices, *(k for k in raw if not _is_index(k))]:
        names[raw[key]["name"]] = key
    return {key: raw[key] for key in names.values()}


def _is_index(key: str) -> bool:
    return key.isascii() and key.isdigit() and str(int(key[:10])) == key and int(key) < 2**32 - 1


def _tensor(name: str) -> str:
    return name if ":" in name else f"{name}:0"


def _shape(raw: Any) -> Shape:
    if not isinstance(raw, dict) or raw.get("unknownRank"):
        return None
    try:
        sizes = [int(dim.get("size") or 0) for dim in raw.get("dim") or ()]
    except (AttributeError, TypeError, ValueError):
        return None  # only said for information
    return tuple(None if n < 0 else n for n in sizes)


def _unused(nodes: Mapping[str, Any]) -> list[str]:
    used = {source_of(name) for node in nodes.values() for name in node.input}
    return [name for name, node in nodes.items() if name not in used and node.op != "NoOp"]


def _renamed(fetches: dict[str, str], structured: Any) -> dict[str, str]:
    """Name outputs by `structuredOutputKeys`, where they fit."""
    if not isinstance(structured, list) or len(structured) != len(fetches):
        return fetches
    if len(set(map(str, structured))) != len(structured):
        return fetches
    return dict(zip(map(str, structured), fetches.values(), strict=True))
