"""A row of features that remembers what made it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


class FeatureVector(np.ndarray[Any, np.dtype[np.float32]]):
    """A float32 array with the version of the features that made it.

    It is used like any array. The version belongs to exactly these numbers: slices, views and
    copies have `version=None`, results of arithmetic are plain arrays, and assigning to its items
    clears the version. What writes otherwise, as `fill` or a view, is not noticed.

    Parameters
    ----------
    values : float, shape (n_features,)
        The features; copied.
    version : str
        Which features these are, such as `"handmade-2"`.
    """

    version: str | None
    """Which features these numbers are; None where that is not known."""

    def __new__(cls, values: ArrayLike, version: str) -> Self:
        """Copy the values; NumPy makes arrays here, not in `__init__`."""
        vector = np.array(values, dtype=np.float32).view(cls)
        vector.version = version
        return vector

    def __array_finalize__(self, source: object) -> None:
        self.version = None

    def __array_wrap__(
        self,
        array: NDArray[Any],
        context: Any = None,
        return_scalar: bool = False,  # noqa: FBT001, FBT002  NumPy passes it by position
    ) -> Any:
        if array is self:  # the result of `vector *= 2`
            self.version = None
        plain = np.asarray(array)
        return plain[()] if return_scalar else plain

    def __setitem__(self, index: Any, value: Any) -> None:
        super().__setitem__(index, value)
        self.version = None
