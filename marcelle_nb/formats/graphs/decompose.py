"""Operations that TensorFlow.js lacks, or runs otherwise, as several that it has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marcelle_nb.formats.graphs import (
    array_decompositions,
    convolution_decompositions,
    image_decompositions,
    number_decompositions,
)
from marcelle_nb.formats.graphs.graph_part import canonical

if TYPE_CHECKING:
    from collections.abc import Callable

    from marcelle_nb.formats.graphs.graph_part import GraphPart

    Decomposition = Callable[..., Any]

DECOMPOSITIONS: dict[str, Decomposition] = {
    **number_decompositions.TABLE,
    **array_decompositions.TABLE,
    **convolution_decompositions.TABLE,
    **image_decompositions.TABLE,
}
"""By operation: a function of the operation and its inputs in a new graph. It gives what the
operation gives, or None where TensorFlow.js runs it as it is."""


def decompose(part: GraphPart, like: Any) -> bool:
    """Replace nodes by several that TensorFlow.js has; tell whether there were any.

    Parameters
    ----------
    part : GraphPart
        It is changed.
    like : GraphDef
        Gives the version.
    """
    import tensorflow as tf

    found = [node.name for node in part.nodes.values() if node.op in DECOMPOSITIONS]
    if not found:
        return False
    with tf.Graph().as_default() as graph:
        tf.graph_util.import_graph_def(part.graph_def(like), name="")
    replaced = False
    for name in found:
        op = graph.get_operation_by_name(name)
        # in a graph of this kind, `tf.init_scope` leads out to where TensorFlow computes at once
        made = tf.__internal__.FuncGraph("decomposition")
        with made.as_default():
            inputs = [tf.compat.v1.placeholder(t.dtype, t.shape) for t in op.inputs]
            results = DECOMPOSITIONS[op.type](op, *inputs)
        if results is not None:
            made_of = list(results) if isinstance(results, list | tuple) else [results]
            _splice(part, part.nodes[name], made.as_graph_def(), inputs, made_of)
            replaced = True
    return replaced


def _splice(part: GraphPart, node: Any, made: Any, inputs: list[Any], results: list[Any]) -> None:
    """Put the nodes of a small graph in the place of a node."""
    prefix = node.name
    while any(f"{prefix}/{new.name}" in part.nodes for new in made.node):
        prefix += "_"
    outside: dict[str, str] = {
        tensor.op.name: source for tensor, source in zip(inputs, node.input, strict=False)
    }

    def renamed(name: str) -> str:
        bare, _, index = name.partition(":")
        control = bare.startswith("^")
        bare = bare.removeprefix("^")
        if bare in outside:
            return "^" + outside[bare].split(":")[0] if control else outside[bare]
        full = f"^{prefix}/{bare}" if control else f"{prefix}/{bare}"
        return f"{full}:{index}" if index else full

    for new in made.node:
        if new.name not in outside:
            added = type(new)()
            added.CopyFrom(new)
            added.name = f"{prefix}/{new.name}"
            del added.input[:]
            added.input.extend(renamed(name) for name in new.input)
            part.nodes[added.name] = added
    del part.nodes[node.name]
    part.rename(
        {
            canonical(f"{node.name}:{i}"): renamed(canonical(result.name))
            for i, result in enumerate(results)
        }
    )
