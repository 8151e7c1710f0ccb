"""Other light on the same crops: the features are to stay as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

    from marcelle_nb.image import RGB

    Floats = NDArray[np.float32]

GAIN = 0.45
"""Most that a picture is lighter or darker, as a share."""

OFFSET = 24.0
"""Most that is added to all of a picture or taken away, of 255."""

CAST = 0.15
"""Most that one colour is stronger or weaker than the others, as a share."""

SATURATION = (0.4, 1.4)
"""How colourful a picture becomes, from and to: 0 is gray, 1 as it was."""

NOISE = 8.0
"""Highest standard deviation of noise, of 255; half of the pictures get none."""

SHIFT = 8
"""Most pixels that a crop is shifted by; its edge is repeated."""

BLURRED_SHARE = 0.15
"""How often a picture is blurred, by the mean of three by three pixels."""


def relight(rng: Generator, crops: RGB) -> Floats:
    """Mirror, shift, and change the light of each crop by chance.

    Parameters
    ----------
    rng : numpy.random.Generator
        The same state gives the same pictures.
    crops : uint8, shape (n, side, side, 3)

    Returns
    -------
    float32, shape (n, side, side, 3)
        From 0 to 255.
    """
    pixels: Floats = np.stack([_moved(rng, crop) for crop in crops]).astype(np.float32)
    n = len(pixels)
    gray = pixels.mean(axis=3, keepdims=True)
    pixels = gray + _each(rng.uniform(*SATURATION, n)) * (pixels - gray)
    pixels *= 1 + rng.uniform(-CAST, CAST, (n, 1, 1, 3)).astype(np.float32)
    pixels *= _each(rng.uniform(1 - GAIN, 1 + GAIN, n))
    pixels += _each(rng.uniform(-OFFSET, OFFSET, n))
    for i in np.flatnonzero(rng.random(n) < BLURRED_SHARE):
        pixels[i] = _blurred(pixels[i])
    strength = np.maximum(rng.uniform(-NOISE, NOISE, n), 0)
    pixels += _each(strength) * rng.standard_normal(pixels.shape, dtype=np.float32)
    np.clip(pixels, 0, 255, out=pixels)
    return pixels


def _each(values: NDArray[np.float64]) -> Floats:
    return values.astype(np.float32)[:, None, None, None]


def _moved(rng: Generator, crop: RGB) -> RGB:
    if rng.random() < 0.5:
        crop = crop[:, ::-1]
    down, right = rng.integers(0, 2 * SHIFT + 1, 2)
    padded = np.pad(crop, ((SHIFT, SHIFT), (SHIFT, SHIFT), (0, 0)), mode="edge")
    return padded[down : down + crop.shape[0], right : right + crop.shape[1]]


def _blurred(pixels: Floats) -> Floats:
    padded = np.pad(pixels, ((1, 1), (1, 1), (0, 0)), mode="edge")
    rows = padded[:-2] + padded[1:-1] + padded[2:]
    result: Floats = (rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]) / np.float32(9)
    return result
