"""Bilinear resizing as TensorFlow.js and TensorFlow 1 do it, unlike Pillow and TensorFlow 2."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]


def resize_bilinear(image: NDArray[Any], height: int, width: int) -> Floats:
    """Resize with `align_corners=False` and `half_pixel_centers=False`.

    Parameters
    ----------
    image : shape (h, w, channels)
    height, width : int
        Of the result.

    Returns
    -------
    float32, shape (height, width, channels)
        The same numbers as TensorFlow's, which reads four pixels for each and averages no more
        where an image shrinks.
    """
    top, bottom, down = _neighbours(image.shape[0], height)
    left, right, across = _neighbours(image.shape[1], width)
    down, across = down[:, None, None], across[None, :, None]

    def row(rows: NDArray[np.intp]) -> Floats:
        first = image[rows[:, None], left].astype(np.float32)
        last = image[rows[:, None], right].astype(np.float32)
        return first + (last - first) * across

    above, below = row(top), row(bottom)
    result: Floats = above + (below - above) * down
    return result


def _neighbours(given: int, wanted: int) -> tuple[NDArray[np.intp], NDArray[np.intp], Floats]:
    """Give the pixels before and after each place, and how far it is from the first."""
    places = np.arange(wanted, dtype=np.float32) * (np.float32(given) / np.float32(wanted))
    before = np.floor(places).astype(np.intp)
    after = np.minimum(before + 1, given - 1)
    return before, after, (places - before).astype(np.float32)
