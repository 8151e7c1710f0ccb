"""Decompositions of what is computed number by number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable


def _of(expression: Callable[..., Any]) -> Callable[..., Any]:
    """Make a decomposition of a function of the inputs alone."""

    def decomposition(_: Any, *inputs: Any) -> Any:
        import tensorflow as tf

        return expression(tf, *inputs)

    return decomposition


def _product_or_zero(tf: Any, x: Any, y: Any) -> Any:
    """Multiply, where a first factor of 0 gives 0, whatever the other is."""
    return tf.where(tf.equal(x, 0), tf.zeros_like(x * y), x * y)


def _truncated(tf: Any, x: Any, y: Any) -> Any:
    """Divide whole numbers, the quotient cut towards 0."""
    quotient = tf.math.floordiv(tf.abs(x), tf.abs(y))
    return quotient * tf.sign(x) * tf.sign(y)


def _remainder(tf: Any, x: Any, y: Any) -> Any:
    return x - _truncated(tf, x, y) * y


def _bucketize(op: Any, x: Any) -> Any:
    import tensorflow as tf

    boundaries = np.array(op.get_attr("boundaries"), np.float32)
    above = tf.cast(x, tf.float32)[..., None] >= boundaries
    return tf.reduce_sum(tf.cast(above, tf.int32), axis=-1)


def _approximate_equal(op: Any, x: Any, y: Any) -> Any:
    import tensorflow as tf

    return tf.abs(x - y) < op.get_attr("tolerance")


def _batch_matmul(op: Any, x: Any, y: Any) -> Any:
    import tensorflow as tf

    dtype = op.outputs[0].dtype
    return tf.raw_ops.BatchMatMulV2(
        x=tf.cast(x, dtype),
        y=tf.cast(y, dtype),
        adj_x=op.get_attr("adj_x"),
        adj_y=op.get_attr("adj_y"),
    )


def _complex(tf: Any, x: Any) -> Any:
    return tf.complex(tf.math.real(x), -tf.math.imag(x))


TABLE: dict[str, Callable[..., Any]] = {
    "ApproximateEqual": _approximate_equal,
    "BatchMatMulV3": _batch_matmul,
    "Bucketize": _bucketize,
    "CheckNumerics": _of(lambda tf, x: tf.identity(x)),
    "Conj": _of(_complex),
    "Cross": _of(
        lambda tf, x, y: (
            tf.roll(x, -1, -1) * tf.roll(y, -2, -1) - tf.roll(x, -2, -1) * tf.roll(y, -1, -1)
        )
    ),
    "DeepCopy": _of(lambda tf, x: tf.identity(x)),
    "Erfc": _of(lambda tf, x: 1 - tf.math.erf(x)),
    "GuaranteeConst": _of(lambda tf, x: tf.identity(x)),
    "Inv": _of(lambda tf, x: tf.math.reciprocal(x)),
    "L2Loss": _of(lambda tf, x: tf.reduce_sum(tf.square(x)) / 2),
    "LogicalXor": _of(lambda tf, x, y: tf.not_equal(tf.cast(x, tf.int32), tf.cast(y, tf.int32))),
    "PreventGradient": _of(lambda tf, x: tf.identity(x)),
    "Rint": _of(lambda tf, x: tf.round(x)),
    "Softsign": _of(lambda tf, x: x / (1 + tf.abs(x))),
    "TruncateDiv": _of(_truncated),
    "TruncateMod": _of(_remainder),
    "Xdivy": _of(lambda tf, x, y: _product_or_zero(tf, x, tf.math.reciprocal(y))),
    "Xlog1py": _of(lambda tf, x, y: _product_or_zero(tf, x, tf.math.log1p(y))),
    "Xlogy": _of(lambda tf, x, y: _product_or_zero(tf, x, tf.math.log(y))),
}
