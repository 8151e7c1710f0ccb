"""From the JSON of a TensorFlow.js graph to a `GraphDef`, whatever converter wrote it."""

from __future__ import annotations

from typing import Any

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.graphs.graph_check import MAX_NODES
from marcelle_nb.formats.tensorflow_start import start_tensorflow
from marcelle_nb.formats.tfjs.graph_attributes import fill_attribute, shortened


def parse_graph(raw: Any, what: str) -> Any:
    """Build a graph from its JSON.

    Written out rather than left to protobuf's JSON reader, which knows nothing of how old
    converters wrote texts (as lists of character codes) and takes several times as long.

    Parameters
    ----------
    raw : dict
        `modelTopology` or `modelInitializer`.
    what : str
        What messages call the file.

    Returns
    -------
    tensorflow.core.framework.graph_pb2.GraphDef
        Its constants are empty where their values lie in the weights.

    Raises
    ------
    ModelFormatError
        If a field is of another kind than a graph has.
    """
    start_tensorflow()
    from tensorflow.core.framework import graph_pb2

    graph = graph_pb2.GraphDef()
    try:
        _fill_nodes(graph.node, _list(raw.get("node"), what, "node"))
        library = raw.get("library") or {}
        for function in _list(library.get("function"), what, "function"):
            _fill_function(graph.library.function.add(), function, what)
        versions = raw.get("versions") or {}
        graph.versions.producer = int(versions.get("producer") or 0)
        graph.versions.min_consumer = int(versions.get("minConsumer") or 0)
    except ModelFormatError:
        raise
    except Exception as error:  # the message classes raise what they like for values of other kinds
        raise ModelFormatError(
            f"{what}: expected a graph as TensorFlow.js writes it, got {shortened(error)}"
        ) from error
    return graph


def _fill_nodes(nodes: Any, raw: list[Any]) -> None:
    for source in raw:
        node = nodes.add()
        node.name = source["name"]
        node.op = source["op"]
        node.input.extend(source.get("input") or ())
        for key, value in (source.get("attr") or {}).items():
            if value != {}:  # TensorFlow refuses an attribute that says nothing
                fill_attribute(node.attr[key], value)


def _fill_function(function: Any, raw: dict[str, Any], what: str) -> None:
    from google.protobuf import json_format

    json_format.ParseDict(raw["signature"], function.signature, ignore_unknown_fields=True)
    _fill_nodes(function.node_def, _list(raw.get("nodeDef"), what, "nodeDef"))
    for field in ("ret", "controlRet"):
        target = function.ret if field == "ret" else function.control_ret
        for key, value in (raw.get(field) or {}).items():
            target[key] = value
    for key, value in (raw.get("attr") or {}).items():
        fill_attribute(function.attr[key], value)


def _list(value: Any, what: str, name: str) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise ModelFormatError(f"{what}: expected a list {name!r}, got {type(value).__name__}")
    if len(value) > MAX_NODES:
        raise ModelFormatError(
            f"{what}: expected at most {MAX_NODES:,} of {name!r}, got {len(value):,}"
        )
    return value
