"""A picture with boxes in it, for where no page draws them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageDraw

from marcelle_nb import image
from marcelle_nb.components.palette import color

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from marcelle_nb.image import RGB

LONGEST = 480
"""As large as it is kept, so that lines and numbers have their size."""


def marked_picture(pixels: RGB, marks: Iterable[Mapping[str, Any]]) -> RGB:
    """Draw a numbered box for each mark of `detection_marks.marks` on a small copy of a picture."""
    small = image.shrink(pixels, LONGEST)
    scale = small.shape[1] / pixels.shape[1]
    picture = Image.fromarray(np.ascontiguousarray(small))
    draw = ImageDraw.Draw(picture)
    for number, mark in enumerate(marks, start=1):
        if mark["box"] is not None:
            corners = _corners(mark["box"], scale, picture.size)
            draw.rectangle(corners, outline=color(mark["color"]), width=2)
            place = corners[0] + 4, corners[1] + 2
            draw.text(place, str(number), fill="white", stroke_width=1, stroke_fill="black")
    return np.asarray(picture)


def _corners(
    box: list[float], scale: float, size: tuple[int, int]
) -> tuple[float, float, float, float]:
    """Give two corners, the upper left first, not far beyond the picture."""
    left, top, width, height = (number * scale for number in box)
    across, down = sorted((left, left + width)), sorted((top, top + height))
    first = [
        min(max(-9.0, pair[0]), side + 9.0) for pair, side in zip((across, down), size, strict=True)
    ]
    last = [
        min(max(-9.0, pair[1]), side + 9.0) for pair, side in zip((across, down), size, strict=True)
    ]
    return first[0], first[1], last[0], last[1]
