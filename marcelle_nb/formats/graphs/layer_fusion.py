"""Convolutions and products of matrices, joined with what follows: one operation for a layer.

A factor for each channel goes into the weights, what is added to each becomes a bias, and
TensorFlow.js runs bias and activation with the operation itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.formats.graphs.channel_factors import factors_of
from marcelle_nb.formats.graphs.graph_bodies import source_of
from marcelle_nb.formats.graphs.node_attributes import flag_of, has_last_channels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from marcelle_nb.formats.graphs.graph_part import GraphPart

FUSED = {
    "Conv2D": "_FusedConv2D",
    "DepthwiseConv2dNative": "FusedDepthwiseConv2dNative",
    "MatMul": "_FusedMatMul",
}
ACTIVATIONS = frozenset({"Relu", "Relu6", "Elu", "LeakyRelu", "Sigmoid"})
"""What TensorFlow.js fuses on every backend; of depthwise ones it does not read LeakyRelu's."""

_FLOAT = 1


@dataclass
class _Layer:
    """An operation, and what is joined with it.

    Attributes
    ----------
    first : NodeDef
    joined : list of NodeDef
        What follows, in order; each takes the one before and nothing else that is no constant.
    scale, bias : numpy.ndarray or None
        A factor and a summand for each channel.
    activation : NodeDef or None
        The last of `joined`.
    """

    first: Any
    joined: list[Any]
    scale: NDArray[np.float64] | None = None
    bias: NDArray[np.float64] | None = None
    activation: Any = None


def fuse_layers(part: GraphPart) -> None:
    """Join each operation with the factors, biases and activation that follow it alone.

    The joined operation has the name of the last one, so that whatever took that takes it.

    Parameters
    ----------
    part : GraphPart
        It is changed.
    """
    consumers = part.consumers()
    outputs = {source_of(name) for name in part.outputs}
    for node in list(part.nodes.values()):
        weights = _weights(part, node)
        if weights is not None:
            layer = _following(part, node, weights, consumers, outputs)
            if layer.joined:
                _replace(part, layer, weights)
    part.prune()


def _weights(part: GraphPart, node: Any) -> NDArray[Any] | None:
    """Give the constant weights of an operation that can be joined."""
    import tensorflow as tf

    data = [name for name in node.input if not name.startswith("^")]
    if node.op not in FUSED or node.attr["T"].type != _FLOAT or len(data) != 2:
        return None
    if not has_last_channels(node):
        return None
    constant = part.nodes[source_of(data[1])]
    if constant.op != "Const":
        return None
    array: NDArray[Any] = tf.make_ndarray(constant.attr["value"].tensor)
    return array


def _following(
    part: GraphPart,
    node: Any,
    weights: NDArray[Any],
    consumers: dict[str, list[Any]],
    outputs: set[str],
) -> _Layer:
    layer = _Layer(node, [])
    shape = 2 if node.op == "MatMul" else 4, _channels(node, weights)
    last = node
    while len(consumers[last.name]) == 1 and last.name not in outputs:
        following = consumers[last.name][0]
        if layer.bias is not None and _is_fused(node, following):
            layer.activation = following
            layer.joined.append(following)
            break
        factors = factors_of(part, following, last.name, shape)
        if factors is None or _gives_more(following.name, consumers):
            break
        scale, bias = factors
        if scale is not None:
            layer.scale = scale if layer.scale is None else layer.scale * scale
            layer.bias = None if layer.bias is None else layer.bias * scale
        if bias is not None:
            layer.bias = bias if layer.bias is None else layer.bias + bias
        layer.joined.append(following)
        last = following
    return layer


def _is_fused(node: Any, activation: Any) -> bool:
    if activation.op == "LeakyRelu" and node.op == "DepthwiseConv2dNative":
        return False
    return activation.op in ACTIVATIONS


def _channels(node: Any, weights: NDArray[Any]) -> int:
    if node.op == "DepthwiseConv2dNative":
        return int(weights.shape[2] * weights.shape[3])
    return int(weights.shape[0 if flag_of(node, "transpose_b") else -1])


def _gives_more(name: str, consumers: dict[str, list[Any]]) -> bool:
    """Tell whether anybody takes another than a node's first result."""
    return any(
        source_of(taken) == name and ":" in taken and not taken.endswith(":0")
        for node in consumers[name]
        for taken in node.input
    )


def _replace(part: GraphPart, layer: _Layer, weights: NDArray[Any]) -> None:
    node, last = layer.first, layer.joined[-1]
    name, op = last.name, node.op
    if layer.scale is not None:
        scaled = _scaled(node, weights, layer.scale)
        node.input[1] = _constant(part, f"{name}/weights", scaled, node.input[1])
    for gone in (node, *layer.joined):
        del part.nodes[gone.name]
    node.name = name
    part.nodes[name] = node
    if layer.bias is None:
        return
    node.op = FUSED[op]
    node.input.insert(2, _constant(part, f"{name}/bias", layer.bias, node.input[1]))
    node.attr["num_args"].i = 1
    steps = ["BiasAdd"] + ([layer.activation.op] if layer.activation is not None else [])
    node.attr["fused_ops"].list.s.extend(step.encode() for step in steps)
    if "LeakyRelu" in steps:
        alpha = layer.activation.attr["alpha"].f if "alpha" in layer.activation.attr else 0.2
        node.attr["leakyrelu_alpha"].f = alpha


def _scaled(node: Any, weights: NDArray[Any], scale: NDArray[np.float64]) -> NDArray[Any]:
    if node.op == "DepthwiseConv2dNative":
        return weights * scale.reshape(weights.shape[2:])
    return weights * (scale[:, None] if flag_of(node, "transpose_b") else scale)


def _constant(part: GraphPart, name: str, array: NDArray[Any], like: str) -> str:
    """Add a constant in the loop or branch of another one."""
    import tensorflow as tf

    while name in part.nodes:
        name += "_"
    other = part.nodes[source_of(like)]
    made = type(other)(op="Const", name=name)
    made.input.extend(other.input)
    made.attr["dtype"].type = _FLOAT
    value = tf.make_tensor_proto(np.asarray(array, np.float32))
    made.attr["value"].tensor.CopyFrom(value)
    part.nodes[name] = made
    return name
