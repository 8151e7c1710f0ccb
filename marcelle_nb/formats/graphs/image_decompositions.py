"""Decompositions of what treats tensors as pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray


def _resized(op: Any, x: Any, *_: Any) -> Any:
    """Resize by two products: each row and column is a fixed sum of the old ones."""
    import tensorflow as tf

    size = tf.get_static_value(op.inputs[1])
    if size is None or x.shape.rank != 4 or None in x.shape[1:]:
        return None
    rest = [tf.get_static_value(tensor) for tensor in op.inputs[2:]]
    if any(value is None for value in rest):
        return None
    rows, columns = (_matrix(op, axis, int(size[axis]), x.shape, rest) for axis in (0, 1))
    x = tf.cast(x, tf.float32)
    batch, (height, width, depth) = tf.shape(x)[0], x.shape[1:]
    x = tf.matmul(tf.constant(rows), tf.reshape(x, [-1, height, width * depth]))
    x = tf.reshape(x, tf.stack([batch * int(size[0]), width, depth]))
    x = tf.matmul(tf.constant(columns), x)
    return tf.reshape(x, tf.stack([batch, *map(int, size), depth]))


def _matrix(
    op: Any, axis: int, size: int, shape: Any, rest: list[NDArray[Any]]
) -> NDArray[np.float32]:
    """Resize each unit vector, to see what the operation makes of it."""
    import tensorflow as tf

    n = shape[axis + 1]
    unit = np.eye(n, dtype=np.float32)[None]
    attributes = {
        name: op.get_attr(name)
        for name in ("align_corners", "half_pixel_centers", "kernel_type", "antialias")
        if name in op.node_def.attr
    }
    # a picture of one column, whose channels are the vectors
    picture = unit.reshape(1, n, 1, n) if axis == 0 else unit.reshape(1, 1, n, n)
    wanted = [size, 1] if axis == 0 else [1, size]
    with tf.init_scope():
        if op.type == "ScaleAndTranslate":
            scale, translation = ([*map(float, value)] for value in rest)
            one = [scale[0], 1.0] if axis == 0 else [1.0, scale[1]]
            moved = [translation[0], 0.0] if axis == 0 else [0.0, translation[1]]
            result = tf.raw_ops.ScaleAndTranslate(
                images=picture, size=wanted, scale=one, translation=moved, **attributes
            )
        else:
            result = getattr(tf.raw_ops, op.type)(images=picture, size=wanted, **attributes)
    return np.asarray(result).reshape(size, n)


def _space_to_depth(op: Any, x: Any) -> Any:
    import tensorflow as tf

    block = op.get_attr("block_size")
    if op.get_attr("data_format") not in ("NHWC", b"NHWC") or None in x.shape[1:]:
        return None
    height, width, depth = x.shape[1:]
    rows, columns = height // block, width // block
    # never more than four axes: more are slow on graphics cards
    x = tf.reshape(x, [-1, block, columns, block * depth])
    x = tf.transpose(x, [0, 2, 1, 3])
    return tf.reshape(x, [-1, rows, columns, block * block * depth])


def _patches(op: Any, x: Any) -> Any:
    """Convolve with kernels that each pick one value."""
    import tensorflow as tf

    _, height, width, _ = op.get_attr("ksizes")
    depth = x.shape[-1]
    if depth is None:
        return None
    n = height * width * depth
    kernel = tf.constant(np.eye(n, dtype=np.float32).reshape(height, width, depth, n), x.dtype)
    padding = op.get_attr("padding")
    return tf.nn.conv2d(
        x,
        kernel,
        op.get_attr("strides"),
        padding.decode() if isinstance(padding, bytes) else padding,
        dilations=op.get_attr("rates"),
    )


def _contrast(_: Any, x: Any, factor: Any) -> Any:
    import tensorflow as tf

    mean = tf.reduce_mean(x, [-3, -2], keepdims=True)
    return (x - mean) * factor + mean


def _hsv(_: Any, x: Any) -> Any:
    """Give hue, saturation and value in [0, 1]."""
    import tensorflow as tf

    red, green, blue = tf.unstack(x, num=3, axis=-1)
    value = tf.reduce_max(x, -1)
    span = value - tf.reduce_min(x, -1)
    safe = tf.where(span > 0, span, tf.ones_like(span))
    hue = tf.where(
        tf.equal(value, red),
        (green - blue) / safe,
        tf.where(tf.equal(value, green), 2 + (blue - red) / safe, 4 + (red - green) / safe),
    )
    hue = tf.where(span > 0, hue / 6, tf.zeros_like(hue))
    hue = tf.where(hue < 0, hue + 1, hue)
    saturation = tf.where(value > 0, span / tf.where(value > 0, value, tf.ones_like(value)), 0.0)
    return tf.stack([hue, saturation, value], -1)


def _rgb(_: Any, x: Any) -> Any:
    import tensorflow as tf

    hue, saturation, value = tf.unstack(x, num=3, axis=-1)
    turns = hue * 6
    parts = [
        tf.clip_by_value(tf.abs(turns - 3) - 1, 0.0, 1.0),
        tf.clip_by_value(2 - tf.abs(turns - 2), 0.0, 1.0),
        tf.clip_by_value(2 - tf.abs(turns - 4), 0.0, 1.0),
    ]
    return tf.stack([((part - 1) * saturation + 1) * value for part in parts], -1)


TABLE: dict[str, Callable[..., Any]] = {
    "AdjustContrastv2": _contrast,
    "ExtractImagePatches": _patches,
    "HSVToRGB": _rgb,
    "RGBToHSV": _hsv,
    "ResizeArea": _resized,
    "ResizeBicubic": _resized,
    "ScaleAndTranslate": _resized,
    "SpaceToDepth": _space_to_depth,
}
