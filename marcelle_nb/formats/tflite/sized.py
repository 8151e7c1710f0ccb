"""What is known of a tensor before anything runs: its shape, or how large it is at most."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_VALUES = 64
"""Numbers up to which a tensor's values are followed: shapes, axes, counters of loops."""


@dataclass(frozen=True, slots=True)
class Sized:
    """One tensor as far as it is known.

    Attributes
    ----------
    shape : tuple of int or None
        None where it depends on what is computed.
    most : int or None
        How many values it has at most; None where nothing bounds it.
    value : array or None
        The values themselves, of small tensors that follow from shapes and constants.
    """

    shape: tuple[int, ...] | None
    most: int | None
    value: NDArray[Any] | None = None

    @classmethod
    def of(cls, shape: tuple[int, ...], value: NDArray[Any] | None = None) -> Sized:
        """Give a tensor of a known shape."""
        return cls(tuple(shape), math.prod(shape), value)

    @classmethod
    def computed(cls, array: NDArray[Any]) -> Sized:
        """Give a tensor of known values, which are kept where they are few."""
        return cls.of(array.shape, array if array.size <= MAX_VALUES else None)

    @classmethod
    def upto(cls, most: int | None) -> Sized:
        """Give a tensor of an unknown shape."""
        return cls(None, most)


UNKNOWN = Sized(None, None)


def product(sizes: list[Sized]) -> int | None:
    """Multiply the bounds of several tensors."""
    bounds = [size.most for size in sizes]
    return None if None in bounds else math.prod(max(n, 1) for n in bounds if n is not None)


def total(sizes: list[Sized]) -> int | None:
    """Add the bounds of several tensors."""
    bounds = [size.most for size in sizes]
    return None if None in bounds else sum(n for n in bounds if n is not None)


def unchanged(before: Sized, after: Sized) -> Sized:
    """Give the very same object where nothing changed, by which a loop's end is seen."""
    same = before.shape == after.shape and before.most == after.most
    if not same or (before.value is None) != (after.value is None):
        return after
    if before.value is None or after.value is None or np.array_equal(before.value, after.value):
        return before
    return after


def either(one: Sized, other: Sized) -> Sized:
    """Join what may be one or the other."""
    if one is other:
        return one
    if one.shape is not None and one.shape == other.shape:
        return unchanged(one, Sized.of(one.shape))
    most = None if one.most is None or other.most is None else max(one.most, other.most)
    return unchanged(one, Sized.upto(most))
