"""The types of what operations give, from TensorFlow's own definitions of them."""

from __future__ import annotations

from typing import Any

from marcelle_nb.errors import ModelFormatError


def result_type(node: Any, index: int = 0) -> int:
    """Give the number of the type of one result of a node.

    Parameters
    ----------
    node : NodeDef
    index : int
        Of the result, counted over all of them.

    Raises
    ------
    ModelFormatError
        If TensorFlow does not know the operation, or it has no such result.
    """
    types = result_types(node)
    if not 0 <= index < len(types):
        raise ModelFormatError(
            f"{node.name!r:.100}: expected one of {len(types)} results of {node.op}, got {index}"
        )
    return types[index]


def result_types(node: Any) -> list[int]:
    """Give the numbers of the types of all results of a node."""
    types: list[int] = []
    for argument in definition(node).output_arg:
        if argument.type_list_attr:
            types += _attribute(node, argument.type_list_attr).list.type
            continue
        number = argument.type or _attribute(node, argument.type_attr).type
        count = _attribute(node, argument.number_attr).i if argument.number_attr else 1
        if not 0 <= count <= 100_000:
            raise ModelFormatError(f"{node.name!r:.100}: expected fewer results, got {count:,}")
        types += [number] * count
    return types


def definition(node: Any) -> Any:
    """Give TensorFlow's definition of a node's operation."""
    from tensorflow.python.framework import op_def_registry

    found = op_def_registry.get(node.op)
    if found is None:
        raise ModelFormatError(
            f"{node.name!r:.100}: expected an operation that TensorFlow has, got {node.op!r:.60}"
        )
    return found


def _attribute(node: Any, name: str) -> Any:
    if name in node.attr:
        return node.attr[name]
    for attribute in definition(node).attr:
        if attribute.name == name and attribute.HasField("default_value"):
            return attribute.default_value
    raise ModelFormatError(f"{node.name!r:.100}: expected an attribute {name!r}, got none")
