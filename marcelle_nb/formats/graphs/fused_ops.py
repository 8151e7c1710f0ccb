"""Operations that TensorFlow.js runs as one, split into those that TensorFlow has.

Of `_FusedConv2D` and `_FusedMatMul` TensorFlow knows the names, but runs only some combinations and
on some devices; of the others it knows not even the names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.graphs.op_names import op_names

if TYPE_CHECKING:
    from collections.abc import Callable

    from marcelle_nb.formats.graphs.node_builder import NodeBuilder

ACTIVATIONS = {
    name.lower(): name for name in op_names("Relu Relu6 Elu Selu LeakyRelu Sigmoid Tanh")
} | {"linear": "", "prelu": "Prelu", "_fusedhardswish": "_FusedHardSwish"}


def split_convolution(builder: NodeBuilder) -> None:
    """Split `_FusedConv2D` and `FusedDepthwiseConv2dNative`."""
    op = "Conv2D" if builder.node.op == "_FusedConv2D" else "DepthwiseConv2dNative"
    _split(builder, lambda last: convolve(builder, op, last=last))


def split_matmul(builder: NodeBuilder) -> None:
    """Split `_FusedMatMul`."""
    attributes = _kept(builder, "transpose_a transpose_b")
    _split(
        builder,
        lambda last: builder.add(
            "MatMul", builder.data[:2], last=last, T=builder.type("T"), **attributes
        ),
    )


def convolve(builder: NodeBuilder, op: str, *, last: bool) -> str:
    """Add a convolution that every CPU runs, its strides and dilations read as TensorFlow.js does.

    It takes the second and third number, whatever the first says, where TensorFlow refuses a
    first other than 1; and it convolves images with channels first.
    """
    attributes = _kept(builder, "padding explicit_paddings")
    for name in ("strides", "dilations"):
        if name in builder.node.attr:
            sizes = [*builder.node.attr[name].list.i, 1, 1, 1][:4]
            if first_channels(builder):
                sizes = [1, *sizes[2:4], 1]
            attributes[name] = [1, *sizes[1:3], 1]
    image, kernel = builder.data[:2]
    if not first_channels(builder):
        return builder.add(op, [image, kernel], last=last, T=builder.type("T"), **attributes)
    if builder.text("padding", "") == "EXPLICIT":
        pads = list(builder.node.attr["explicit_paddings"].list.i)
        attributes["explicit_paddings"] = [*pads[:2], *pads[4:8], *pads[2:4]]
    image = transpose(builder, image, [0, 2, 3, 1])
    result = builder.add(op, [image, kernel], T=builder.type("T"), **attributes)
    return transpose(builder, result, [0, 3, 1, 2], last=last)


def first_channels(builder: NodeBuilder) -> bool:
    """Tell whether a node's images have their channels before their height."""
    return builder.text("data_format", "NHWC").upper() == "NCHW"


def transpose(builder: NodeBuilder, name: str, order: list[int], *, last: bool = False) -> str:
    """Add a transposition."""
    perm = builder.constant(order)
    return builder.add("Transpose", [name, perm], last=last, T=builder.type("T"), Tperm=3)


def prelu(builder: NodeBuilder, x: str, alpha: str, *, last: bool) -> str:
    """Add max(x, 0) - alpha · max(-x, 0)."""
    number = builder.type("T")
    positive = builder.add("Relu", [x], T=number)
    negated = builder.add("Neg", [x], T=number)
    negative = builder.add("Relu", [negated], T=number)
    scaled = builder.add("Mul", [alpha, negative], T=number)
    return builder.add("Sub", [positive, scaled], last=last, T=number)


def _split(builder: NodeBuilder, start: Callable[[bool], str]) -> None:
    fused = [name.decode("latin-1") for name in builder.node.attr["fused_ops"].list.s]
    steps = [name for name in fused if ACTIVATIONS.get(name.lower()) != ""]
    arguments = builder.data[2:]
    result = start(not steps)
    for i, step in enumerate(steps):
        last = i == len(steps) - 1
        if step.lower() in {"biasadd", "prelu"}:
            if not arguments:
                raise _refused(builder.node, f"an input for {step}")
            argument = arguments.pop(0)
            result = (
                _biased(builder, result, argument, last=last)
                if step.lower() == "biasadd"
                else prelu(builder, result, argument, last=last)
            )
        elif step.lower() in ACTIVATIONS:
            result = _activated(builder, result, ACTIVATIONS[step.lower()], last=last)
        else:
            raise _refused(builder.node, f"BiasAdd, {', '.join(ACTIVATIONS.values())}", step)
    if arguments:
        raise _refused(builder.node, f"inputs for {fused}", f"{len(arguments)} more")


def _biased(builder: NodeBuilder, x: str, bias: str, *, last: bool) -> str:
    """Add a bias; not by BiasAdd, since what is added may have any rank that fits."""
    number = builder.type("T")
    if first_channels(builder):
        return builder.add("BiasAdd", [x, bias], last=last, T=number, data_format=b"NCHW")
    return builder.add("AddV2", [x, bias], last=last, T=number)


def _hard_swish(builder: NodeBuilder, x: str, *, last: bool) -> str:
    """Add x · min(max(x + 3, 0), 6) / 6, which TensorFlow.js does not have itself."""
    number = builder.type("T")
    three, sixth = (builder.constant(value, np.float32) for value in (3, 1 / 6))
    raised = builder.add("AddV2", [x, three], T=number)
    bounded = builder.add("Relu6", [raised], T=number)
    product = builder.add("Mul", [x, bounded], T=number)
    return builder.add("Mul", [product, sixth], last=last, T=number)


def _activated(builder: NodeBuilder, x: str, op: str, *, last: bool) -> str:
    if op == "_FusedHardSwish":
        return _hard_swish(builder, x, last=last)
    if op == "LeakyRelu":
        name = "leakyrelu_alpha" if "leakyrelu_alpha" in builder.node.attr else "alpha"
        alpha = builder.node.attr[name].f if name in builder.node.attr else 0.2
        return builder.add(op, [x], last=last, T=builder.type("T"), alpha=float(alpha))
    return builder.add(op, [x], last=last, T=builder.type("T"))


def _kept(builder: NodeBuilder, names: str) -> dict[str, Any]:
    return {name: builder.node.attr[name] for name in names.split() if name in builder.node.attr}


def _refused(node: Any, expected: str, got: str = "none") -> ModelFormatError:
    return ModelFormatError(
        f"{node.name!r:.100}: expected {node.op} with {expected}, got {got!s:.60}"
    )
