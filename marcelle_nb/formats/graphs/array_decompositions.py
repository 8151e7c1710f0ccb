"""Decompositions of what moves, scatters and joins the values of tensors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable


def _static(op: Any, index: int) -> Any:
    import tensorflow as tf

    return tf.get_static_value(op.inputs[index])


def _roll(op: Any, x: Any, *_: Any) -> Any:
    """Join the last values and the first ones, along each axis."""
    import tensorflow as tf

    shifts, axes = _static(op, 1), _static(op, 2)
    if shifts is None or axes is None or x.shape.rank is None:
        return None
    for shift, axis in zip(np.atleast_1d(shifts), np.atleast_1d(axes), strict=True):
        size = tf.shape(x)[axis]
        cut = tf.math.floormod(-int(shift), size)
        head = tf.gather(x, tf.range(cut), axis=axis)
        tail = tf.gather(x, tf.range(cut, size), axis=axis)
        x = tf.concat([tail, head], axis)
    return x


def _diagonal(op: Any, x: Any, *_: Any) -> Any:
    """Put vectors on the diagonal of square matrices."""
    import tensorflow as tf

    if op.type != "MatrixDiag":
        k, rows, columns, padding = (_static(op, i) for i in range(1, 5))
        if k is None or np.any(k) or rows != -1 or columns != -1 or padding != 0:
            return None
    if x.shape.rank is None or x.shape[-1] is None:
        return None
    return x[..., None] * tf.constant(np.eye(x.shape[-1]), x.dtype)


def _diagonal_part(op: Any, x: Any, *_: Any) -> Any:
    """Take the main diagonal of matrices."""
    import tensorflow as tf

    if op.type != "MatrixDiagPart":
        k = _static(op, 1)
        if k is None or np.any(k):
            return None
    if x.shape.rank is None or None in x.shape[-2:]:
        return None
    rows, columns = x.shape[-2:]
    n = min(rows, columns)
    square = x[..., :n, :n]
    eye = tf.constant(np.eye(n, dtype=bool))
    return tf.reduce_sum(tf.where(eye, square, tf.zeros_like(square)), -1)


def _set_diagonal(op: Any, x: Any, diagonal: Any, *_: Any) -> Any:
    import tensorflow as tf

    if op.type == "MatrixSetDiagV3" and np.any(_static(op, 2)):
        return None
    if x.shape.rank is None or None in x.shape[-2:] or x.shape[-2] != x.shape[-1]:
        return None
    return tf.where(tf.constant(np.eye(x.shape[-1], dtype=bool)), diagonal[..., None], x)


def _scatter_add(op: Any, x: Any, indices: Any, updates: Any) -> Any:
    import tensorflow as tf

    added = tf.scatter_nd(indices, updates, tf.shape(x))
    return x - added if op.type == "TensorScatterSub" else x + added


def _scatter_update(_: Any, x: Any, indices: Any, updates: Any) -> Any:
    """Choose between old and new values: TensorFlow.js writes the new ones into the old tensor."""
    import tensorflow as tf

    if x.dtype in (tf.bool, tf.string):
        return None
    new = tf.scatter_nd(indices, updates, tf.shape(x))
    times = tf.scatter_nd(indices, tf.ones_like(updates), tf.shape(x))
    return tf.where(tf.equal(times, 0), x, new)


def _cumulated(op: Any, x: Any, _: Any) -> Any:
    """Count axes from the first one."""
    import tensorflow as tf

    static = _static(op, 1)
    if x.shape.rank is None or static is None or static >= 0:
        return None
    function = tf.cumsum if op.type == "Cumsum" else tf.math.cumprod
    return function(x, int(static) + x.shape.rank, op.get_attr("exclusive"), op.get_attr("reverse"))


def _segment_sum(_: Any, x: Any, ids: Any, n: Any) -> Any:
    """Sum rows of one number each: a product with the matrix that tells which row is whose."""
    import tensorflow as tf

    if x.shape.rank is None or ids.shape.rank != 1:
        return None
    matrix = tf.one_hot(ids, n, dtype=x.dtype)
    rows = tf.reshape(x, tf.stack([tf.shape(x)[0], -1]))
    summed = tf.matmul(matrix, rows, transpose_a=True)
    return tf.reshape(summed, tf.concat([tf.reshape(n, [1]), tf.shape(x)[1:]], 0))


def _band(_: Any, x: Any, lower: Any, upper: Any) -> Any:
    """Compare rows with columns: TensorFlow.js takes one of the two widths for both."""
    import tensorflow as tf

    if x.shape.rank is None:
        return None
    rows, columns = _positions(x, x.shape.rank - 2), _positions(x, x.shape.rank - 1)
    lower, upper = tf.cast(lower, tf.int32), tf.cast(upper, tf.int32)
    below = tf.logical_or(lower < 0, rows - columns <= lower)
    above = tf.logical_or(upper < 0, columns - rows <= upper)
    kept = tf.logical_and(below, above)
    return tf.logical_and(kept, x) if x.dtype == tf.bool else tf.where(kept, x, tf.zeros_like(x))


def _inverted(_: Any, x: Any) -> Any:
    import tensorflow as tf

    return tf.scatter_nd(x[:, None], tf.range(tf.size(x)), tf.reshape(tf.size(x), [1]))


def _reverse_sequence(op: Any, x: Any, lengths: Any) -> Any:
    """Reverse the first values of each row, as many as the row has."""
    import tensorflow as tf

    axis, batch = op.get_attr("seq_dim"), op.get_attr("batch_dim")
    if batch != 0 or axis != 1 or x.shape.rank is None:
        return None
    steps = tf.range(tf.shape(x)[1])[None]
    lengths = tf.cast(lengths, tf.int32)[:, None]
    return tf.gather(x, tf.where(steps < lengths, lengths - 1 - steps, steps), batch_dims=1)


def _einsum(op: Any, *inputs: Any) -> Any:
    """Spell out the axes behind `...`; write a sum over one tensor as diagonals and sums."""
    import tensorflow as tf

    equation = op.get_attr("equation")
    equation = equation.decode() if isinstance(equation, bytes) else equation
    terms = equation.split("->")[0].split(",")
    repeated = any(len(set(term) - {"."}) < len(term.replace(".", "")) for term in terms)
    if repeated and len(inputs) == 1:
        return _einsum_of_one(equation, inputs[0])
    if "..." not in equation or any(tensor.shape.rank is None for tensor in inputs):
        return None
    free = [letter for letter in "zyxwvutsrqponmlkjihgfedcbaZYXWV" if letter not in equation]
    ranks = [x.shape.rank - len(t.replace("...", "")) for x, t in zip(inputs, terms, strict=True)]
    most = max(rank for rank, term in zip(ranks, terms, strict=True) if "..." in term)
    if any(
        "..." in term and rank not in (0, most) for rank, term in zip(ranks, terms, strict=True)
    ):
        return None
    letters = "".join(free[:most])
    spelled = [
        term.replace("...", letters if rank else "")
        for term, rank in zip(terms, ranks, strict=True)
    ]
    result = equation.split("->")[1].replace("...", letters)
    return tf.raw_ops.Einsum(inputs=inputs, equation=f"{','.join(spelled)}->{result}")


def _einsum_of_one(equation: str, x: Any) -> Any:
    import tensorflow as tf

    term, _, result = equation.partition("->")
    if "." in equation or x.shape.rank is None:
        return None
    for letter in dict.fromkeys(term):
        first, *others = [i for i, other in enumerate(term) if other == letter]
        for other in others:
            same = tf.equal(_positions(x, first), _positions(x, other))
            x = tf.where(same, x, tf.zeros_like(x))
    last = {letter: term.rindex(letter) for letter in term}
    summed = [i for i, letter in enumerate(term) if i != last[letter] or letter not in result]
    x = tf.reduce_sum(x, summed)
    left = [letter for i, letter in enumerate(term) if i not in summed]
    return tf.transpose(x, [left.index(letter) for letter in result])


def _found(_: Any, table: Any, keys: Any, default: Any) -> Any:
    """Look rows of keys up: TensorFlow.js gives one row, whatever shape the keys have."""
    import tensorflow as tf

    if keys.shape.rank == 1:
        return None
    found = tf.raw_ops.LookupTableFindV2(
        table_handle=table, keys=tf.reshape(keys, [-1]), default_value=default
    )
    return tf.reshape(found, tf.shape(keys))


def _positions(x: Any, axis: int) -> Any:
    """Give 0, 1, 2 … along an axis, in the rank of a tensor."""
    import tensorflow as tf

    shape = [1] * x.shape.rank
    shape[axis] = -1
    return tf.reshape(tf.range(tf.shape(x)[axis]), shape)


TABLE: dict[str, Callable[..., Any]] = {
    "Cumprod": _cumulated,
    "Cumsum": _cumulated,
    "Einsum": _einsum,
    "InvertPermutation": _inverted,
    "LookupTableFindV2": _found,
    "MatrixBandPart": _band,
    "MatrixDiag": _diagonal,
    "MatrixDiagPart": _diagonal_part,
    "MatrixDiagPartV2": _diagonal_part,
    "MatrixDiagPartV3": _diagonal_part,
    "MatrixDiagV2": _diagonal,
    "MatrixDiagV3": _diagonal,
    "MatrixSetDiag": _set_diagonal,
    "MatrixSetDiagV3": _set_diagonal,
    "ReverseSequence": _reverse_sequence,
    "Roll": _roll,
    "TensorScatterAdd": _scatter_add,
    "TensorScatterSub": _scatter_add,
    "TensorScatterUpdate": _scatter_update,
    "UnsortedSegmentSum": _segment_sum,
}
