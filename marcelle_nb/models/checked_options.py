"""Checks of what a user says of a model: its seed, how pictures go into it, its outputs' names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from marcelle_nb.kinds import Boolean, Choice, Float, Integer, Text


def checked_seed(given: Any, largest: int | None = None) -> int | None:
    """Check a seed: a whole number from 0 on, or None.

    Raises
    ------
    ValueError, TypeError
        If it is something else.
    """
    return None if given is None else Integer(min=0, max=largest).check("seed", given)


def checked_range(given: Any) -> tuple[float, float]:
    """Check an input range: two different numbers.

    Raises
    ------
    ValueError, TypeError
        If it is something else.
    """
    if not isinstance(given, Iterable) or isinstance(given, str) or len(pair := [*given]) != 2:
        raise ValueError(f"input_range: expected two numbers (low, high), got {given!r:.80}")
    low, high = (Float().check("input_range", one) for one in pair)
    if low == high:
        raise ValueError(f"input_range: expected two different numbers, got {low:g} twice")
    return low, high


def checked_shape(given: Any) -> tuple[int, ...]:
    """Check the shape of one input: whole numbers from 1 on.

    Raises
    ------
    ValueError, TypeError
        If it is something else.
    """
    if isinstance(given, str | Mapping) or not isinstance(given, Iterable):
        raise TypeError(f"input_shape: expected whole numbers, as (4,), got {given!r:.80}")
    sizes = [int(size) if hasattr(size, "__index__") else size for size in given]
    return tuple(Integer(min=1).check("input_shape", size) for size in sizes)


def checked_labels(given: Any) -> list[str]:
    """Check names of classes, and copy them.

    Raises
    ------
    ValueError, TypeError
        If they are no list of texts.
    """
    if isinstance(given, str | Mapping) or not isinstance(given, Iterable):
        raise TypeError(f"labels: expected a list of texts, got {given!r:.80}")
    return [Text(max_length=1_000).check(f"labels[{i}]", one) for i, one in enumerate(given)]


def checked_segmentation(given: Mapping[str, Any] | None) -> dict[str, Any]:
    """Check how a segmentation answers, and fill in what is not said.

    Raises
    ------
    ValueError, TypeError
        If there is another option than `output` and `apply_argmax`, or another value.
    """
    if given is not None and not isinstance(given, Mapping):
        raise TypeError(f"segmentation_options: expected a dictionary, got {given!r:.80}")
    known = {"output": "image", "apply_argmax": False}
    if unknown := sorted(map(str, set(given or {}) - set(known))):
        raise ValueError(f"segmentation_options: expected {list(known)}, got {unknown}")
    options = {**known, **(given or {})}
    Choice(("image", "tensor")).check("segmentation_options: output", options["output"])
    Boolean().check("segmentation_options: apply_argmax", options["apply_argmax"])
    return options
