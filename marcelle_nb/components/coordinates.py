"""Where the points of a scatter plot are, where that is no field of the instances."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

import numpy as np

from marcelle_nb.components.instance_fields import is_number
from marcelle_nb.kinds import Kind

if TYPE_CHECKING:
    from marcelle_nb.data.dataset import Dataset

Place: TypeAlias = tuple[float, float]
Given: TypeAlias = "Callable[[Any], Any] | Mapping[str, Place] | None"


@dataclass(frozen=True)
class Coordinates(Kind):
    """A function of an instance, a place by id, or an array with a row for each instance.

    Parameters
    ----------
    dataset : Dataset
        Whose instances the rows of an array belong to, in their order when it is given.
    """

    type: ClassVar[str] = "coordinates"
    dataset: Dataset

    def check(self, name: str, value: Any) -> Given:
        """Return the function, or the places by id, which an array becomes."""
        if value is None or callable(value):
            return value  # type: ignore[no-any-return]
        if isinstance(value, Mapping):
            return {
                str(identifier): checked_place(f"{name}[{identifier!r:.40}]", it)
                for identifier, it in value.items()
            }
        try:
            rows = np.asarray(value, dtype=np.float64)
        except (TypeError, ValueError):
            raise TypeError(
                f"{name}: expected a function, an array of shape (n, 2) or a dictionary of places"
                f" by id, got {value!r:.80}"
            ) from None
        if rows.ndim != 2 or rows.shape[1] != 2:
            raise ValueError(f"{name}: expected an array of shape (n, 2), got {rows.shape}")
        ids = [instance["id"] for instance in self.dataset.items().select(["id"])]
        if len(ids) != len(rows):
            raise ValueError(
                f"{name}: expected {len(ids):,} rows, one for each instance, got {len(rows):,}"
            )
        return dict(zip(ids, map(tuple, rows.tolist()), strict=True))


def checked_place(what: str, value: Any) -> Place:
    """Make two numbers of what a function of the user's gave."""
    try:
        numbers = np.asarray(value, dtype=np.float64).reshape(-1)
    except (TypeError, ValueError):
        numbers = np.empty(0)
    if len(numbers) != 2:
        raise ValueError(f"{what}: expected two numbers, got {value!r:.80}")
    return float(numbers[0]), float(numbers[1])


def component(x: Any, number: int) -> float:
    """Give one number of an instance's x; NaN where it has no such."""
    if isinstance(x, np.ndarray):
        return float(x.flat[number]) if number < x.size else np.nan
    return float(x) if number == 0 and is_number(x) else np.nan
