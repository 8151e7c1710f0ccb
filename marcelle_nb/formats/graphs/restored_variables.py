"""Which tensor of a checkpoint belongs to which variable of a saved graph.

A saved graph tells it by the operations that would restore it. They are read, and never run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.graphs.called_function import called_function
from marcelle_nb.formats.graphs.graph_bodies import source_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from marcelle_nb.formats.graphs.checkpoint import Checkpoint

VARIABLES = frozenset({"VarHandleOp", "VariableV2", "Variable"})

_ASSIGNING = frozenset({"Assign", "AssignVariableOp"})
_PASSING = frozenset({"Identity", "Cast", "ReadVariableOp", "Reshape"})


@dataclass(frozen=True)
class Stored:
    """Where a variable's value is.

    Attributes
    ----------
    name : str
        Of the checkpoint's tensor.
    part : str
        As `"4 2 0,2:-"`: a tensor of 4 × 2, of it two rows from row 0 on and all columns. Empty for
        all of it.
    """

    name: str
    part: str = ""

    def read(self, checkpoint: Checkpoint) -> NDArray[Any]:
        """Read the value.

        Raises
        ------
        ModelFormatError
            If the checkpoint does not have it.
        """
        array = checkpoint.array(self.name)
        if not self.part:
            return array
        try:
            places = [
                slice(None) if extent == "-" else _extent(*extent.split(","))
                for extent in self.part.split()[-1].split(":")
            ]
        except (TypeError, ValueError):
            raise ModelFormatError(
                f"{self.name}: expected a part of a tensor, got {self.part!r:.100}"
            ) from None
        return array[tuple(places)]


def restored_variables(meta_graph: Any, checkpoint: Checkpoint) -> dict[str, Stored]:
    """Find the value of each variable.

    Parameters
    ----------
    meta_graph : MetaGraphDef
    checkpoint : Checkpoint

    Returns
    -------
    dict of str to Stored
        By the name of the variable's node.
    """
    nodes = {node.name: node for node in meta_graph.graph_def.node}
    functions = {f.signature.name: f for f in meta_graph.graph_def.library.function}
    found = _assigned(nodes, {name: name for name in nodes})
    restoring = source_of(meta_graph.saver_def.restore_op_name)
    if restoring in nodes and called_function(nodes[restoring]) in functions:
        call = nodes[restoring]
        function = functions[called_function(call)]
        given = zip(function.signature.input_arg, call.input, strict=False)
        arguments = {argument.name: source_of(name) for argument, name in given}
        found |= _assigned({node.name: node for node in function.node_def}, arguments)
    _follow(nodes, found)
    for node in nodes.values():
        if node.op in VARIABLES and node.name not in found:
            shared = node.attr["shared_name"].s if "shared_name" in node.attr else b""
            for name in (shared.decode("utf-8", "replace"), node.name):
                if name in checkpoint.names:
                    found[node.name] = Stored(name)
    return found


def _assigned(nodes: Mapping[str, Any], variables: Mapping[str, str]) -> dict[str, Stored]:
    """Read assignments of what `RestoreV2` gives."""
    found = {}
    for node in nodes.values():
        if node.op not in _ASSIGNING or len(node.input) < 2:
            continue
        tensor = node.input[1]
        seen = 0
        while source_of(tensor) in nodes and nodes[source_of(tensor)].op in _PASSING:
            tensor = nodes[source_of(tensor)].input[0]
            seen += 1
            if seen > len(nodes):
                break
        source = nodes.get(source_of(tensor))
        variable = variables.get(source_of(node.input[0]))
        if source is not None and source.op == "RestoreV2" and variable is not None:
            stored = _restored(source, tensor, nodes)
            if stored is not None:
                found[variable] = stored
    return found


def _restored(restore: Any, tensor: str, nodes: Mapping[str, Any]) -> Stored | None:
    names, parts = (_texts(nodes.get(source_of(name))) for name in restore.input[1:3])
    index = tensor.rpartition(":")[2]
    i = int(index) if ":" in tensor and index.isdigit() else 0
    if i >= len(names):
        return None
    return Stored(names[i], parts[i] if i < len(parts) else "")


def _follow(nodes: Mapping[str, Any], found: dict[str, Stored]) -> None:
    """Give a variable the value of the one that is initialised by it, and the other way round."""
    for node in nodes.values():
        if node.op in _ASSIGNING and len(node.input) > 1:
            source = nodes.get(source_of(node.input[1]))
            if source is not None and source.op in {"ReadVariableOp", "Identity"} and source.input:
                pair = source_of(node.input[0]), source_of(source.input[0])
                for one, other in (pair, pair[::-1]):
                    if one in found:
                        found.setdefault(other, found[one])


def _texts(node: Any) -> list[str]:
    import tensorflow as tf

    if node is None or node.op != "Const" or node.attr["value"].tensor.dtype != 7:
        return []
    tensor = node.attr["value"].tensor
    if len(tensor.tensor_shape.dim) > 1 or len(tensor.string_val) > 1_000_000:
        return []
    n = tensor.tensor_shape.dim[0].size if tensor.tensor_shape.dim else 1
    if not 0 <= n <= 1_000_000:
        return []
    return [text.decode("utf-8", "replace") for text in np.ravel(tf.make_ndarray(tensor))]


def _extent(start: str, length: str) -> slice:
    return slice(int(start), int(start) + int(length))
