"""Bilinear resizing as TensorFlow.js and TensorFlow 1 do it, unlike Pillow and TensorFlow 2."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]


def resize_bilinear(
    image: NDArray[Any], height: int, width: int, *, align_corners: bool = False
) -> Floats:
    """Resize with `half_pixel_centers=False`.

    Parameters
    ----------
    image : shape (h, w, channels)
    height, width : int
        Of the result.
    align_corners : bool
        Whether the last pixel lies on the last one, as the first does on the first.

    Returns
    -------
    float32, shape (height, width, channels)
        The numbers of TensorFlow, or with `align_corners` those of TensorFlow.js, which computes
        places in double precision. Four pixels are read for each, and no more are averaged where an
        image shrinks.
    """
    channels = image.shape[2]
    lines = image.reshape(image.shape[0], -1)
    top, bottom, down = _neighbours(image.shape[0], height, align_corners=align_corners)
    left, right, across = _neighbours(image.shape[1], width, align_corners=align_corners)
    # whole rows of numbers are quicker to pick from than pixels
    left, right = _numbers(left, channels), _numbers(right, channels)
    across = np.repeat(across, channels)

    def between(first: Floats, last: Floats, share: Floats) -> Floats:
        last -= first
        last *= share
        last += first
        return last

    def row(rows: NDArray[np.intp]) -> Floats:
        picked = lines[rows]
        first, last = (np.take(picked, at, axis=1, mode="clip") for at in (left, right))
        return between(first.astype(np.float32), last.astype(np.float32), across)

    result = between(row(top), row(bottom), down[:, None])
    return result.reshape(height, width, channels)


def _numbers(pixels: NDArray[np.intp], channels: int) -> NDArray[np.intp]:
    """Give where the numbers of pixels are in a row."""
    return (pixels[:, None] * channels + np.arange(channels)).ravel()


def _neighbours(
    given: int, wanted: int, *, align_corners: bool
) -> tuple[NDArray[np.intp], NDArray[np.intp], Floats]:
    """Give the pixels before and after each place, and how far it is from the first."""
    places: NDArray[Any]
    if align_corners:
        places = np.arange(wanted) * ((given - 1) / (wanted - 1) if wanted > 1 else 0.0)
    else:
        places = np.arange(wanted, dtype=np.float32) * (np.float32(given) / np.float32(wanted))
    before = np.floor(places).astype(np.intp)
    after = np.minimum(before + 1, given - 1)
    return before, after, (places - before).astype(np.float32)
