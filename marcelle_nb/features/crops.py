"""Squares cut from photos: other places, distances, angles and neighbours of the same things."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageFilter

from marcelle_nb.features.scenes import scene

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.random import Generator

SMALLEST = 0.35
"""Least part of a photo's short side that a crop shows."""

WHOLE_SHARE = 0.3
"""How often nearly all of the photo is shown, squeezed to a square as a camera's picture is."""

TURNED_SHARE = 0.6
"""How often a crop is turned."""

TURN = 15.0
"""Most degrees that a crop is turned by; corners outside the photo are black."""

STRETCH = 0.3
"""Natural logarithm of the most that a crop is wider or higher than a square."""

PASTED_SHARE = 0.2
"""How often a part of a crop is laid on another picture."""

SCENE_SHARE = 0.04
"""How often there is no photo, but a drawn scene alone."""


def draw_crop(
    rng: Generator, photo: Image.Image, other: Callable[[], Image.Image], side: int
) -> Image.Image:
    """Make one picture to learn from.

    Parameters
    ----------
    rng : numpy.random.Generator
        The same state gives the same picture.
    photo : PIL.Image.Image
        RGB.
    other : callable
        Gives another photo, to stand behind a part of this one.
    side : int
        Width and height of the result in pixels.

    Notes
    -----
    To lay parts of one picture on others is cut-and-paste, here without knowing what the part is.

    References
    ----------
    Dwibedi, D., Misra, I. & Hebert, M. (2017). Cut, paste and learn: Surprisingly easy synthesis
    for instance detection. ICCV, 1301–1310.
    """
    kind = rng.random()
    if kind < SCENE_SHARE:
        return scene(rng, side)
    front = _cut(rng, photo, side)
    if kind > SCENE_SHARE + PASTED_SHARE:
        return front
    behind = scene(rng, side) if rng.random() < 0.5 else _cut(rng, other(), side)
    return _paste(rng, front, behind)


def _cut(rng: Generator, photo: Image.Image, side: int) -> Image.Image:
    """Cut a rectangle out of a photo, turn it, and squeeze it to a square."""
    if rng.random() < WHOLE_SHARE:
        width, height = (size * rng.uniform(0.85, 1) for size in photo.size)
    else:
        size = min(photo.size) * rng.uniform(SMALLEST, 1)
        stretch = math.exp(rng.uniform(-STRETCH, STRETCH) / 2)
        width, height = min(size * stretch, photo.width), min(size / stretch, photo.height)
    x = rng.uniform(0, photo.width - width) + width / 2
    y = rng.uniform(0, photo.height - height) + height / 2
    turn = math.radians(rng.uniform(-TURN, TURN)) if rng.random() < TURNED_SHARE else 0.0
    right = (width * math.cos(turn) / side, -height * math.sin(turn) / side)
    down = (width * math.sin(turn) / side, height * math.cos(turn) / side)
    half = side / 2  # Pillow itself takes the middle of each pixel
    return photo.transform(
        (side, side),
        Image.Transform.AFFINE,
        (*right, x - half * sum(right), *down, y - half * sum(down)),
        Image.Resampling.BICUBIC,
    )


def _paste(rng: Generator, front: Image.Image, behind: Image.Image) -> Image.Image:
    """Lay a part of one picture on another, with a soft edge."""
    side = front.width
    size = round(side * rng.uniform(0.45, 0.8))
    x, y = (int(value) for value in rng.integers(0, side - size + 1, 2))
    mask = Image.new("L", (size, size), 0)
    draw = ImageDraw.Draw(mask)
    edge = size // 16
    shape = draw.ellipse if rng.random() < 0.5 else draw.rectangle
    shape((edge, edge, size - 1 - edge, size - 1 - edge), fill=255)
    mask = mask.filter(ImageFilter.GaussianBlur(edge / 2))
    result = behind.copy()
    result.paste(front.resize((size, size), Image.Resampling.BILINEAR), (x, y), mask)
    return result
