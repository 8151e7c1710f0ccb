"""Decompositions of convolutions, pooling and normalisation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable


def _text(op: Any, name: str) -> str:
    value = op.get_attr(name)
    return value.decode() if isinstance(value, bytes) else str(value)


def _convolution(op: Any, x: Any, kernel: Any) -> Any:
    """Convolve each group of channels alone: TensorFlow.js knows no groups."""
    import tensorflow as tf

    first = _text(op, "data_format") == "NCHW"
    axis = 1 if first else 3
    depth, of_kernel = x.shape[axis] if x.shape.rank else None, kernel.shape[2]
    if depth is None or of_kernel is None or depth == of_kernel:
        return None
    groups = depth // of_kernel
    attributes = {name: op.get_attr(name) for name in ("strides", "explicit_paddings", "dilations")}
    parts = [
        tf.raw_ops.Conv2D(
            input=one,
            filter=kernels,
            padding=_text(op, "padding"),
            data_format=_text(op, "data_format"),
            **attributes,
        )
        for one, kernels in zip(tf.split(x, groups, axis), tf.split(kernel, groups, 3), strict=True)
    ]
    return tf.concat(parts, axis)


def _spread(x: Any, axis: int, step: int) -> Any:
    """Put `step - 1` zeros between neighbours along an axis."""
    import tensorflow as tf

    if step == 1:
        return x
    shape = tf.unstack(tf.shape(x), num=x.shape.rank)
    paddings = [[0, 0]] * (x.shape.rank + 1)
    paddings[axis + 1] = [0, step - 1]
    spread = tf.reshape(
        tf.pad(tf.expand_dims(x, axis + 1), paddings),
        tf.stack([*shape[:axis], shape[axis] * step, *shape[axis + 1 :]]),
    )
    return tf.slice(
        spread,
        [0] * x.shape.rank,
        tf.stack([*shape[:axis], (shape[axis] - 1) * step + 1, *shape[axis + 1 :]]),
    )


def _transposed_2d(op: Any, sizes: Any, kernel: Any, x: Any) -> Any:
    """Spread the kernel: TensorFlow.js ignores the dilation of a transposed convolution."""
    import tensorflow as tf

    dilations = op.get_attr("dilations")
    if _text(op, "data_format") != "NHWC" or not any(d > 1 for d in dilations):
        return None
    for axis in (0, 1):
        kernel = _spread(kernel, axis, dilations[axis + 1])
    return tf.raw_ops.Conv2DBackpropInput(
        input_sizes=sizes,
        filter=kernel,
        out_backprop=x,
        strides=op.get_attr("strides"),
        padding=_text(op, "padding"),
    )


def _transposed_3d(op: Any, _: Any, kernel: Any, x: Any) -> Any:
    """Convolve the spread input with the mirrored kernel."""
    import tensorflow as tf

    wanted = tf.get_static_value(op.inputs[0], partial=True)
    known = [None if n is None else int(n) for n in np.ravel(wanted)] if wanted is not None else []
    strides, dilations = op.get_attr("strides"), op.get_attr("dilations")
    spans = kernel.shape[:3]
    if (
        _text(op, "data_format") != "NDHWC"
        or None in known[1:4]
        or len(known) != 5
        or None in spans
    ):
        return None
    if any(n is None for n in x.shape[1:4]):
        return None
    paddings = [[0, 0]]
    for axis in (1, 2, 3):
        span = (spans[axis - 1] - 1) * dilations[axis] + 1
        spread = (x.shape[axis] - 1) * strides[axis] + 1
        # what the forward convolution padded in front, mirrored
        lost = max((x.shape[axis] - 1) * strides[axis] + span - known[axis], 0)
        before = span - 1 - (lost // 2 if _text(op, "padding") == "SAME" else 0)
        paddings.append([before, known[axis] + span - 1 - spread - before])
        x = _spread(x, axis, strides[axis])
    x = tf.pad(x, [*paddings, [0, 0]])
    mirrored = tf.transpose(tf.reverse(kernel, [0, 1, 2]), [0, 1, 2, 4, 3])
    return tf.raw_ops.Conv3D(
        input=x, filter=mirrored, strides=[1] * 5, padding="VALID", dilations=dilations
    )


def _normalised(op: Any, x: Any, scale: Any, offset: Any, *given: Any) -> Any:
    """Use the statistics of the batch where the graph says so: TensorFlow.js never does."""
    import tensorflow as tf

    if not op.get_attr("is_training") and _text(op, "data_format") == "NHWC":
        return None
    axes = [0, 2, 3] if _text(op, "data_format") == "NCHW" else [0, 1, 2]
    shape = [1, -1, 1, 1] if axes[1] == 2 else [1, 1, 1, -1]
    mean, variance = given[:2]
    if op.get_attr("is_training"):
        mean, variance = tf.nn.moments(x, axes)
    factor = scale * tf.math.rsqrt(variance + op.get_attr("epsilon"))
    result = x * tf.reshape(factor, shape) + tf.reshape(offset - mean * factor, shape)
    return [result, mean, variance, mean, variance, mean][: len(op.outputs)]


def _pooled(op: Any, x: Any) -> Any:
    """Pool with channels last, and pad before: TensorFlow.js pools no others."""
    import tensorflow as tf

    if _text(op, "padding") == "EXPLICIT" and _text(op, "data_format") == "NHWC":
        paddings = np.reshape(op.get_attr("explicit_paddings"), (4, 2))
        x = tf.pad(x, paddings, constant_values=x.dtype.min)
        return tf.nn.max_pool2d(x, op.get_attr("ksize"), op.get_attr("strides"), "VALID")
    if _text(op, "data_format") != "NCHW":
        return None
    last = [0, 2, 3, 1]
    pool = tf.nn.max_pool2d if op.type == "MaxPool" else tf.nn.avg_pool2d
    pooled = pool(
        tf.transpose(x, last),
        [op.get_attr("ksize")[i] for i in last],
        [op.get_attr("strides")[i] for i in last],
        _text(op, "padding"),
    )
    return tf.transpose(pooled, [0, 3, 1, 2])


def _pooled_by_tensor(op: Any, x: Any, *_: Any) -> Any:
    import tensorflow as tf

    sizes, strides = (tf.get_static_value(op.inputs[i]) for i in (1, 2))
    if sizes is None or strides is None or _text(op, "data_format") != "NHWC":
        return None
    return tf.nn.max_pool2d(x, [*map(int, sizes)], [*map(int, strides)], _text(op, "padding"))


TABLE: dict[str, Callable[..., Any]] = {
    "AvgPool": _pooled,
    "Conv2D": _convolution,
    "Conv2DBackpropInput": _transposed_2d,
    "Conv3DBackpropInputV2": _transposed_3d,
    "FusedBatchNorm": _normalised,
    "FusedBatchNormV2": _normalised,
    "FusedBatchNormV3": _normalised,
    "MaxPool": _pooled,
    "MaxPoolV2": _pooled_by_tensor,
}
