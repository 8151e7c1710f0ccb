"""Whether the files of a TensorFlow.js model are a detector as the package coco-ssd uses them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.tfjs.model_json import ModelJson
from marcelle_nb.formats.tfjs.weight_sizes import check_weight_sizes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from marcelle_nb.formats.model_files import ModelFiles

    Nodes = Mapping[str, Mapping[str, Any]]
    Tensors = Mapping[str, tuple[str, tuple[int, ...]]]

_TYPES = {
    **dict.fromkeys((1, "DT_FLOAT"), "float32"),
    **dict.fromkeys((3, "DT_INT32"), "int32"),
    **dict.fromkeys((4, "DT_UINT8"), "int32"),
    **dict.fromkeys((10, "DT_BOOL"), "bool"),
}
"""Types as a graph numbers or names them, by those of a manifest."""

_HEADS = re.compile(r"BoxPredictor_(\d)/(ClassPredictor|BoxEncodingPredictor)/biases$")
_ANCHORS = (3, 6, 6, 6, 6, 6)
"""Boxes at each place of the six maps of features, in each of the three published networks."""

_N_SCORES = 91
"""Of each box: the background and the numbers of COCO."""


def check_detector(files: ModelFiles) -> None:
    """Check that every tensor is what its graph says, and that pictures become scores and boxes.

    Parameters
    ----------
    files : ModelFiles
        With a `model.json` as `main`, or under that name.

    Raises
    ------
    ModelFormatError
        If the files hold something else, or are not whole.

    Notes
    -----
    Thread: any. TensorFlow is not needed, and the weights are not read.
    """
    _check(files)


def check_published_detector(files: ModelFiles) -> None:
    """Check besides that it finds COCO's classes on the maps of the three published networks.

    Raises
    ------
    ModelFormatError
        As `check_detector`, or if the last layers have other sizes.
    """
    name, tensors = _check(files)
    found = {
        match.groups(): shape
        for key, (_, shape) in tensors.items()
        if (match := _HEADS.search(key))
    }
    wanted = {
        (str(place), head): (n * size,)
        for place, n in enumerate(_ANCHORS)
        for head, size in (("ClassPredictor", _N_SCORES), ("BoxEncodingPredictor", 4))
    }
    if found != wanted:
        raise ModelFormatError(
            f"{name}: expected an SSD network for COCO with six pairs of predictors, got another"
        )


def _check(files: ModelFiles) -> tuple[str, Tensors]:
    name = files.main or "model.json"
    model = ModelJson.read(files, name)
    if model.kind != "graph":
        raise ModelFormatError(f"{name}: expected a graph model that detects, got a layers model")
    nodes = _nodes(model.topology, name)
    tensors = {
        spec.name: (spec.dtype, tuple(spec.shape)) for group in model.groups for spec in group.specs
    }
    _check_weights(nodes, tensors, name)
    check_weight_sizes(files, model)
    _check_input(nodes, name)
    _check_outputs(nodes, model.signature or {}, name)
    return name, tensors


def _nodes(topology: Mapping[str, Any], name: str) -> Nodes:
    given = topology.get("node")
    rows = given if isinstance(given, list) else []
    nodes = {row["name"]: row for row in rows if _is_node(row)}
    if not nodes or len(nodes) != len(rows):
        raise ModelFormatError(f"{name}: expected a graph of named nodes, got another topology")
    return nodes


def _is_node(row: Any) -> bool:
    if not isinstance(row, dict) or not isinstance(row.get("name"), str):
        return False
    sources = row.get("input", [])
    return isinstance(sources, list) and all(isinstance(source, str) for source in sources)


def _check_weights(nodes: Nodes, tensors: Tensors, name: str) -> None:
    constants = {key: node for key, node in nodes.items() if node.get("op") == "Const"}
    if unknown := sorted(tensors.keys() - constants.keys()):
        raise ModelFormatError(
            f"{name}: expected weights of its graph, got {unknown[0]!r:.100} too"
        )
    for key, node in constants.items():
        declared = _declared(node)
        if key not in tensors and not _has_value(node):
            raise ModelFormatError(f"{name}: expected the weight {key!r:.100}, got none")
        if key in tensors and tensors[key] != declared:
            raise ModelFormatError(
                f"{name}: {key!r:.100}: expected {_said(declared)}, got {_said(tensors[key])}"
            )


def _declared(node: Mapping[str, Any]) -> tuple[str, tuple[int, ...]]:
    """Give type and shape of a constant, which stand beside its value that is elsewhere."""
    tensor = _tensor(node)
    kind: Any = _part(_part(node, "attr"), "dtype").get("type")
    dims = _part(tensor, "tensorShape").get("dim", [])
    try:
        return _TYPES[kind], tuple(int(dim["size"]) for dim in dims)
    except (TypeError, KeyError, ValueError):
        raise ModelFormatError(
            f"{node['name']!r:.100}: expected a constant's type and shape, got {tensor!r:.100}"
        ) from None


def _has_value(node: Mapping[str, Any]) -> bool:
    return any(key.endswith(("Val", "Content")) and value for key, value in _tensor(node).items())


def _tensor(node: Mapping[str, Any]) -> Mapping[str, Any]:
    return _part(_part(_part(node, "attr"), "value"), "tensor")


def _part(of: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = of.get(key)
    return value if isinstance(value, dict) else {}


def _said(tensor: tuple[str, tuple[int, ...]]) -> str:
    return f"{tensor[0]} of shape {' × '.join(map(str, tensor[1])) or '()'}"


def _check_input(nodes: Nodes, name: str) -> None:
    inputs = [node for node in nodes.values() if node.get("op") == "Placeholder"]
    if len(inputs) != 1:
        raise ModelFormatError(f"{name}: expected one input, pictures, got {len(inputs)}")
    dims = _part(_part(_part(inputs[0], "attr"), "shape"), "shape").get("dim")
    sizes = [
        str(dim.get("size"))
        for dim in (dims if isinstance(dims, list) else ())
        if isinstance(dim, dict)
    ]
    if (
        len(sizes) != 4
        or sizes[0] not in ("-1", "1")
        or sizes[1:3] != ["-1", "-1"]
        or sizes[3] != "3"
    ):
        raise ModelFormatError(
            f"{name}: expected pictures of any size as input, got shape {' × '.join(sizes) or '?'}"
        )


def _check_outputs(nodes: Nodes, signature: Mapping[str, Any], name: str) -> None:
    told = _part(signature, "outputs")
    used = {
        source.lstrip("^").partition(":")[0]
        for node in nodes.values()
        for source in node.get("input", ())
    }
    ends = told or [key for key in nodes if key not in used]
    if len(ends) != 2:
        raise ModelFormatError(f"{name}: expected two outputs, scores and boxes, got {len(ends)}")
