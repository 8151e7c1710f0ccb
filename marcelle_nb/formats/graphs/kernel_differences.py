"""Operations that TensorFlow.js computes otherwise than TensorFlow, or only the former has.

A file's numbers are those that TensorFlow.js gives, since that is what its authors saw. Not
followed, but as TensorFlow computes them, are the mean of whole numbers (TensorFlow.js gives a
fraction), soft suppression of boxes (no box is dropped for its overlap alone), suppression at a
threshold of 0, random numbers, regular expressions beyond what both engines share, and images
that are moved by exactly half a pixel to the nearest one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.formats.graphs import fused_ops
from marcelle_nb.formats.graphs.graph_bodies import source_of

if TYPE_CHECKING:
    from collections.abc import Callable, Container

    from marcelle_nb.formats.graphs.node_builder import NodeBuilder

_FLOATS = frozenset({1, 2, 8, 14, 18, 19})  # and complex


def _convolution(builder: NodeBuilder) -> None:
    """Convolve with channels first and odd strides too; leave alone what TensorFlow runs."""
    node = builder.node
    plain = not fused_ops.first_channels(builder) and all(
        list(node.attr[name].list.i)[::3] == [1, 1]
        for name in ("strides", "dilations")
        if name in node.attr
    )
    if not plain or node.op == "DepthwiseConv2d":
        op = "Conv2D" if node.op == "Conv2D" else "DepthwiseConv2dNative"
        fused_ops.convolve(builder, op, last=True)


def _convolution_1d(builder: NodeBuilder) -> None:
    """Convolve an image of height 1: TensorFlow has no Conv1D."""
    number = builder.type("T")
    stride, dilation = (
        builder.node.attr[name].i if name in builder.node.attr else 1
        for name in ("stride", "dilation")
    )
    image = builder.add("ExpandDims", [builder.data[0], builder.constant(1)], T=number, Tdim=3)
    kernel = builder.add("ExpandDims", [builder.data[1], builder.constant(0)], T=number, Tdim=3)
    result = builder.add(
        "Conv2D",
        [image, kernel],
        T=number,
        padding=builder.node.attr["padding"],
        strides=[1, 1, max(stride, 1), 1],
        dilations=[1, 1, max(dilation, 1), 1],
    )
    builder.add("Squeeze", [result], last=True, T=number, squeeze_dims=[1])


def _filled(value: int) -> Callable[[NodeBuilder], None]:
    def fill(builder: NodeBuilder) -> None:
        import tensorflow as tf

        number = builder.type("T", builder.type("dtype"))
        dtype = tf.dtypes.as_dtype(number).as_numpy_dtype
        shape = builder.data[0]
        index = builder.type("Index", 3)
        content = builder.constant(value, dtype)
        builder.add("Fill", [shape, content], last=True, T=number, index_type=index)

    return fill


def _prelu(builder: NodeBuilder) -> None:
    fused_ops.prelu(builder, builder.data[0], builder.data[1], last=True)


def _division(builder: NodeBuilder) -> None:
    """Round down where whole numbers are divided; TensorFlow rounds to zero, or has no kernel."""
    number = builder.type("T")
    op = "RealDiv" if number in _FLOATS else "FloorDiv"
    if op != builder.node.op:
        builder.add(op, builder.data[:2], last=True, T=number)


def _modulo(builder: NodeBuilder) -> None:
    """Give the remainder the divisor's sign."""
    builder.add("FloorMod", builder.data[:2], last=True, T=builder.type("T"))


def _bias(builder: NodeBuilder) -> None:
    """Add what is added, of any rank that fits."""
    if not fused_ops.first_channels(builder):
        builder.add("AddV2", builder.data[:2], last=True, T=builder.type("T"))


def _found(builder: NodeBuilder) -> None:
    """Give what a table holds as one row, whatever shape the keys have."""
    dtype = builder.type("Tout")
    found = builder.add(builder.node.op, builder.data, **dict(builder.node.attr))
    flat = builder.constant([-1])
    builder.add("Reshape", [found, flat], last=True, T=dtype, Tshape=3)


def _identity(builder: NodeBuilder) -> None:
    """Pass on what TensorFlow.js does not round to a grid."""
    builder.add("Identity", builder.data[:1], last=True, T=1)


def _overlap(builder: NodeBuilder) -> None:
    """Drop boxes that overlap by the threshold exactly, where TensorFlow drops only above it."""
    node = builder.node
    threshold = builder.data[3]
    number = builder.type("T_threshold")
    if number == 1:
        below = builder.constant(-np.inf, np.float32)
        stepped = builder.add("NextAfter", [threshold, below], T=number)
        zero = builder.constant(0, np.float32)
        threshold = builder.add("Maximum", [stepped, zero], T=number)
    inputs = [*builder.data[:3], threshold, *builder.data[4:]]
    builder.add(node.op, inputs, last=True, **dict(node.attr))


def _whole_spectrum(builder: NodeBuilder) -> None:
    """Transform all values of the last axis, whatever length a node asks for."""
    x = builder.data[0]
    number = builder.type("Treal" if builder.node.op == "RFFT" else "Tcomplex")
    shape = builder.add("Shape", [x], T=number or 1, out_type=3)
    step = builder.constant([1])
    length = builder.add(
        "StridedSlice",
        [shape, builder.constant([-1]), step, step],
        T=3,
        Index=3,
        end_mask=1,
    )
    if builder.node.op == "IRFFT":
        gaps = builder.add("Sub", [length, step], T=3)
        length = builder.add("Mul", [gaps, builder.constant(2)], T=3)
    builder.add(builder.node.op, [x, length], last=True, **dict(builder.node.attr))


RULES: dict[str, Callable[[NodeBuilder], None]] = {
    "_FusedConv2D": fused_ops.split_convolution,
    "FusedDepthwiseConv2dNative": fused_ops.split_convolution,
    "_FusedMatMul": fused_ops.split_matmul,
    "Conv2D": _convolution,
    "DepthwiseConv2dNative": _convolution,
    "DepthwiseConv2d": _convolution,
    "BiasAdd": _bias,
    "Conv1D": _convolution_1d,
    "LookupTableFind": _found,
    "LookupTableFindV2": _found,
    "Ones": _filled(1),
    "Zeros": _filled(0),
    "Prelu": _prelu,
    "Div": _division,
    "RealDiv": _division,
    "Mod": _modulo,
    "RFFT": _whole_spectrum,
    "IRFFT": _whole_spectrum,
    "FakeQuantWithMinMaxVars": _identity,
    "NonMaxSuppressionV2": _overlap,
    "NonMaxSuppressionV3": _overlap,
    "NonMaxSuppressionV4": _overlap,
    "NonMaxSuppressionV5": _overlap,
}
"""How a node of each operation is replaced; a rule that adds nothing leaves it as it is."""


def normalise(node: Any, empty: Container[str]) -> None:
    """Normalise batches by the mean and variance that a node is given, as TensorFlow.js does.

    Layer normalisation of Keras 2 gives none, and has them computed; TensorFlow.js makes NaN of it.
    """
    if len(node.input) > 3 and source_of(node.input[3]) not in empty:
        node.attr["is_training"].b = False
    if "epsilon" not in node.attr:
        node.attr["epsilon"].f = 0.001


def _last_axis(node: Any) -> None:
    node.attr["axis"].i = -1


def _undilated(node: Any) -> None:
    if "dilations" in node.attr:
        del node.attr["dilations"]


def _lower_case(node: Any) -> None:
    for name in ("pattern", "rewrite", "separator", "left_pad", "right_pad"):
        if name in node.attr:
            node.attr[name].s = node.attr[name].s.decode("latin-1").lower().encode("latin-1")


def _same_above(node: Any) -> None:
    if len(node.input) > 2:
        node.input[2] = node.input[1]


AS_READ: dict[str, Callable[[Any], None]] = {
    "OneHot": _last_axis,
    "Conv2DBackpropInput": _undilated,
    "StaticRegexReplace": _lower_case,
    "StringNGrams": _lower_case,
    "MatrixBandPart": _same_above,
}
"""Attributes that TensorFlow.js ignores, reads in lower case, or takes from another input."""
