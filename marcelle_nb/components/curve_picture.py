"""A picture of curves, where there is no page to draw them."""

from __future__ import annotations

import base64
import html
import io
from itertools import pairwise
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw

from marcelle_nb.components.palette import color

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WIDTH, HEIGHT = 360, 160
_SCALE = 2
"""Drawn larger and shrunk, for smooth edges."""

_MARGIN = 8


def curve_picture(epochs: Sequence[int], curves: Sequence[Sequence[float | None]]) -> str:
    """Draw curves over the epochs.

    Parameters
    ----------
    epochs : sequence of int, length n
        In rising order.
    curves : sequence of sequences of length n
        The values of each curve; None leaves a gap.

    Returns
    -------
    str
        The address of a PNG, `data:image/png;base64,…`, to be shown `WIDTH` by `HEIGHT` large.
    """
    width, height, margin = WIDTH * _SCALE, HEIGHT * _SCALE, _MARGIN * _SCALE
    picture = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(picture)
    values = [value for curve in curves for value in curve if value is not None]
    low = min(0.0, *values) if values else 0.0
    span = (max(values, default=1.0) - low) or 1.0
    first, last = epochs[0], epochs[-1]
    x_of = {
        it: margin + (it - first) / ((last - first) or 1) * (width - 2 * margin) for it in epochs
    }
    for code, curve in enumerate(curves):
        points = [
            None
            if y is None
            else (x_of[x], height - margin - (y - low) / span * (height - 2 * margin))
            for x, y in zip(epochs, curve, strict=True)
        ]
        _draw_line(draw, points, color(code))
    draw.rectangle((0, 0, width - 1, height - 1), outline="#b5bac1", width=_SCALE)
    file = io.BytesIO()
    small = picture.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    small.quantize(64).save(file, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode("ascii")


def _draw_line(
    draw: ImageDraw.ImageDraw, points: Sequence[tuple[float, float] | None], fill: str
) -> None:
    for before, after in pairwise(points):
        if before is not None and after is not None:
            draw.line((before, after), fill=fill, width=2 * _SCALE)
    if len(points) < 2:  # one epoch is a dot
        for point in points:
            if point is not None:
                x, y = point
                draw.ellipse((x - 6, y - 6, x + 6, y + 6), fill=fill)


def curves_html(
    name: str, epochs: Sequence[int], curves: Mapping[str, Sequence[float | None]], note: str
) -> str:
    """Write a chart as a picture with a legend; all texts are escaped."""
    title, told = html.escape(name), f"<p><em>{html.escape(note)}</em></p>" if note else ""
    there = {key: it for key, it in curves.items() if any(value is not None for value in it)}
    if not there:
        return f"<p><strong>{title}</strong></p>{told}"
    legend = "".join(
        f"<span style='color:{color(code)}'>●</span> {html.escape(key)} "
        f"{next(value for value in reversed(curve) if value is not None):.3g}&emsp;"
        for code, (key, curve) in enumerate(there.items())
    )
    url = curve_picture(epochs, [*there.values()])
    return (
        f"<p><strong>{title}</strong> {legend}</p>{told}"
        f"<img alt='{title}' width='{WIDTH}' height='{HEIGHT}' src='{url}'>"
    )
