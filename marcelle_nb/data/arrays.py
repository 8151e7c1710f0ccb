"""From instances to the arrays that models learn from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from marcelle_nb.errors import InstanceRejected

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from marcelle_nb.data.instance import Instance

Rows: TypeAlias = "NDArray[np.float32] | NDArray[np.uint8]"


def as_arrays(
    instances: Sequence[Instance], shape: tuple[int, ...] | None = None
) -> tuple[Rows, list[str]]:
    """Put the inputs and the labels of instances together.

    Parameters
    ----------
    instances : sequence of dict
        Instances as a dataset keeps them.
    shape : tuple of int, optional
        What each `x` must have, where these are a part of more instances; that of the first.

    Returns
    -------
    x : float32, shape (n, d), or uint8, shape (n, height, width, 3)
        Vectors or images, in order; shape (0, 0) without instances.
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
    shape = shape or instances[0]["x"].shape
    for index, instance in enumerate(instances):
        if instance["y"] is None:
            raise InstanceRejected(f"y of {_named(instance, index)}: expected a label, got none")
        if instance["x"].shape != shape:
            raise InstanceRejected(
                f"x of {_named(instance, index)}: expected shape {shape}, as the first instance's,"
                f" got {instance['x'].shape}"
            )
    return _stacked(instances, shape), [instance["y"] for instance in instances]


def _named(instance: Instance, index: int) -> str:
    """Name an instance by its id, or by its number where it is in no dataset."""
    return f"instance {instance.get('id', f'number {index + 1}')}"


def _stacked(instances: Sequence[Instance], shape: tuple[int, ...]) -> Rows:
    rows: NDArray[Any] = np.empty(
        (len(instances), *shape), dtype=np.float32 if len(shape) == 1 else np.uint8
    )
    with np.errstate(over="ignore"):  # becomes infinite, and is refused below
        for row, instance in zip(rows, instances, strict=True):
            row[:] = instance["x"]
    if rows.dtype == np.float32:
        bad = np.flatnonzero(~np.isfinite(rows).all(axis=1))
        if len(bad):
            index = int(bad[0])
            number = instances[index]["x"][~np.isfinite(rows[index])][0]
            raise InstanceRejected(
                f"x of {_named(instances[index], index)}:"
                f" expected finite numbers of float32, got {number}"
            )
    return rows
