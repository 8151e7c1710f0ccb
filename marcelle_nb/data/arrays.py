"""From instances to the arrays that models learn from."""

from __future__ import annotations

import math
import os
import tempfile
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from marcelle_nb.errors import InstanceRejected

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from marcelle_nb.data.instance import Instance

Rows: TypeAlias = "NDArray[np.float32] | NDArray[np.uint8]"

MAPPED_BYTES = 2**30
"""Larger arrays are in a file that the system reads as it is needed."""

_SLICE, _SLICE_BYTES = 256, 4 * 2**20


def as_arrays(
    instances: Sequence[Instance],
    shape: tuple[int, ...] | None = None,
    dtype: np.dtype[Any] | None = None,
) -> tuple[Rows, list[str]]:
    """Put the inputs and the labels of instances together.

    Parameters
    ----------
    instances : sequence of dict
        Instances as a dataset keeps them.
    shape : tuple of int, optional
        What each `x` must have, where these are a part of more instances; that of the first.
    dtype : dtype, optional
        What `row_dtype` gives for the first, likewise.

    Returns
    -------
    x : float32, shape (n, *shape), or uint8, shape (n, height, width, 3)
        Arrays or images, in order; shape (0, 0) without instances.
    y : list of str, length n
        Their labels.

    Raises
    ------
    InstanceRejected
        If an instance has no label, an `x` of another shape than the first, or NaN, infinity or
        numbers beyond float32's range in it; the message names it by its id.
    """
    if not instances:
        return np.zeros((0, 0), dtype=np.float32), []
    shape = shape or row_shape(instances[0].get("x"))
    dtype = dtype or row_dtype(instances[0].get("x"))
    labels = [_label(instance, index) for index, instance in enumerate(instances)]
    return as_rows(instances, shape, dtype), labels


def as_rows(
    instances: Sequence[Instance], shape: tuple[int, ...], dtype: np.dtype[Any], before: int = 0
) -> Rows:
    """Put the inputs of instances together, of which `before` others came before these.

    Raises
    ------
    InstanceRejected
        As from `as_arrays`; labels are not looked at.
    """
    for index, instance in enumerate(instances, before):
        _check(instance, index, shape, dtype)
    return _stacked(instances, shape, dtype, before)


def named(instance: Instance, index: int) -> str:
    """Name an instance by its id, or by its number where it is in no dataset."""
    return f"instance {instance.get('id', f'number {index + 1}')}"


def all_arrays(instances: Iterable[Instance], count: int) -> tuple[Rows, list[str]]:
    """Do the same for instances that are read once, a few at a time.

    Parameters
    ----------
    instances : iterable of dict
        Instances as a dataset keeps them.
    count : int
        About how many there are.
    """
    from marcelle_nb.data.row_buffer import RowBuffer  # which is made of what is here

    buffer, y = RowBuffer(count), list[str]()
    for part in parts_of(instances):
        y += [_label(instance, len(buffer) + i) for i, instance in enumerate(part)]
        buffer.add(part)
    return buffer.rows(), y


def parts_of(instances: Iterable[Instance]) -> Iterator[list[Instance]]:
    """Cut instances into lists whose inputs are small enough to be held twice."""
    part: list[Instance] = []
    n_bytes = 0
    for instance in instances:
        part.append(instance)
        n_bytes += getattr(instance.get("x"), "nbytes", 0)
        if len(part) == _SLICE or n_bytes > _SLICE_BYTES:
            yield part
            part, n_bytes = [], 0
    if part:
        yield part


def row_shape(x: object) -> tuple[int, ...]:
    """Give the shape of an array; of what is none, which is refused later, that of nothing."""
    return x.shape if isinstance(x, np.ndarray) else ()


def row_dtype(x: object) -> np.dtype[Any]:
    """Give the type of rows like this one: images stay bytes, other numbers become float32."""
    is_image = isinstance(x, np.ndarray) and x.dtype == np.uint8 and x.ndim == 3
    return np.dtype(np.uint8 if is_image else np.float32)


def empty_rows(shape: tuple[int, ...], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Make an array to be filled; a large one in a file that is gone with the array.

    Raises
    ------
    OSError
        If there is no room for the file, in the folder for temporary files.
    """
    n_bytes = math.prod(shape) * dtype.itemsize
    if n_bytes <= MAPPED_BYTES:
        return np.empty(shape, dtype)
    with tempfile.TemporaryFile(prefix="marcelle-") as file:
        if hasattr(os, "posix_fallocate"):
            # a full disk is an error here; while the array is filled it would end the process
            os.posix_fallocate(file.fileno(), 0, n_bytes)
        return np.memmap(file, dtype, "r+" if hasattr(os, "posix_fallocate") else "w+", 0, shape)


def _check(instance: Instance, index: int, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
    x = instance.get("x")
    if not isinstance(x, np.ndarray):
        raise InstanceRejected(
            f"x of {named(instance, index)}: expected an array of numbers, got {x!r:.80}"
        )
    if x.shape != shape:
        raise InstanceRejected(
            f"x of {named(instance, index)}: expected shape {shape}, as the first instance's,"
            f" got {x.shape}"
        )
    if row_dtype(x) != dtype:
        kinds = ("an image", "numbers") if dtype == np.uint8 else ("numbers", "an image")
        raise InstanceRejected(
            f"x of {named(instance, index)}: expected {kinds[0]}, as the first instance's,"
            f" got {kinds[1]}"
        )


def _label(instance: Instance, index: int) -> str:
    y: Any = instance.get("y")
    if y is None or (isinstance(y, str) and not y):
        raise InstanceRejected(f"y of {named(instance, index)}: expected a label, got none")
    return y  # type: ignore[no-any-return]  # a str, or a list of numbers as it was given


def _stacked(
    instances: Sequence[Instance], shape: tuple[int, ...], dtype: np.dtype[Any], before: int
) -> Rows:
    rows: NDArray[Any] = np.empty((len(instances), *shape), dtype)
    with np.errstate(over="ignore"):  # becomes infinite, and is refused below
        for row, instance in zip(rows, instances, strict=True):
            row[...] = instance["x"]
    if rows.dtype == np.float32:
        flat = rows.reshape(len(rows), -1)
        bad = np.flatnonzero(~np.isfinite(flat).all(axis=1))
        if len(bad):
            index = int(bad[0])
            number = instances[index]["x"].reshape(-1)[~np.isfinite(flat[index])][0]
            raise InstanceRejected(
                f"x of {named(instances[index], before + index)}:"
                f" expected finite numbers of float32, got {number}"
            )
    return rows
