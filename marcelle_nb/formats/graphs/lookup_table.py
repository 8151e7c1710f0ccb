"""A hash table with what is in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class LookupTable:
    """What a hash table holds.

    Attributes
    ----------
    node : str
        The name of the placeholder, or of the table's node, in the graph.
    keys, values : numpy.ndarray
        One dimension each, equally long; text as bytes.
    types : tuple of int
        TensorFlow's numbers of the types of keys and values.
    """

    node: str
    keys: NDArray[Any]
    values: NDArray[Any]
    types: tuple[int, int]
