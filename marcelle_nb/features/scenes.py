"""Pictures of nothing: colours, textures and shapes, to stand behind cut-out parts of photos."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw

if TYPE_CHECKING:
    from numpy.random import Generator

COARSEST, FINEST = 2, 40
"""Cells a side of the random colours that a background is stretched from."""

MOST_SHAPES = 8
"""Most shapes on a background; there may be none."""


def scene(rng: Generator, side: int) -> Image.Image:
    """Draw a random scene: a background that varies slowly or quickly, and shapes on it.

    Parameters
    ----------
    rng : numpy.random.Generator
        The same state gives the same scene.
    side : int
        Its width and height in pixels.
    """
    picture = _background(rng, side)
    draw = ImageDraw.Draw(picture)
    for _ in range(int(rng.integers(0, MOST_SHAPES + 1))):
        _draw_shape(draw, rng, side)
    return picture


def _background(rng: Generator, side: int) -> Image.Image:
    """Stretch random colours around one colour: a wall, a table, cloth or leaves."""
    cells = round(np.exp(rng.uniform(np.log(COARSEST), np.log(FINEST))))
    colours = rng.uniform(0, 255, 3) + rng.uniform(2, 60) * rng.standard_normal((cells, cells, 3))
    small = Image.fromarray(np.clip(colours, 0, 255).astype(np.uint8))
    return small.resize((side, side), Image.Resampling.BICUBIC)


def _draw_shape(draw: ImageDraw.ImageDraw, rng: Generator, side: int) -> None:
    colour = tuple(int(value) for value in rng.integers(0, 256, 3))
    x, y = rng.uniform(0, side, 2)
    width, height = rng.uniform(0.05, 0.6, 2) * side
    box = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
    kind = rng.integers(4)
    if kind == 0:
        draw.rectangle(box, fill=colour)
    elif kind == 1:
        draw.ellipse(box, fill=colour)
    elif kind == 2:
        corners = rng.uniform(-0.5, 0.5, (int(rng.integers(3, 7)), 2)) * (width, height) + (x, y)
        draw.polygon([(float(a), float(b)) for a, b in corners], fill=colour)
    else:
        draw.line(box, fill=colour, width=int(rng.integers(1, 12)))
