"""A picture of points, where there is no page to draw them."""

from __future__ import annotations

import base64
import html
import io
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw

from marcelle_nb.components.palette import NONE, color, scale_color, shape
from marcelle_nb.components.point_cloud import GONE, NUMBER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from marcelle_nb.components.point_cloud import PointCloud

WIDTH, HEIGHT = 560, 360
_SCALE = 2
"""Drawn larger and shrunk, for smooth edges."""

_MARGIN = 12
LEGEND = 30
"""Labels that are named below the picture."""

MAX_LABEL = 200

_SIGNS = {"circle": "●", "square": "■", "triangle": "▲", "diamond": "◆", "down": "▼"}

# the corners of shapes, in radii
_CORNERS = {
    "square": ((-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)),
    "triangle": ((0, -1.2), (1.15, 0.9), (-1.15, 0.9)),
    "diamond": ((0, -1.25), (1.25, 0), (0, 1.25), (-1.25, 0)),
    "down": ((0, 1.2), (1.15, -0.9), (-1.15, -0.9)),
}


def point_picture(
    places: NDArray[np.float64], codes: Sequence[int], values: Sequence[float] = ()
) -> str:
    """Draw points.

    Parameters
    ----------
    places : float64, shape (n, 2)
        None of them NaN.
    codes : sequence of int, length n
        Which label each has.
    values : sequence of float, length n, optional
        By which those with the code `NUMBER` are coloured.

    Returns
    -------
    str
        The address of a PNG, `data:image/png;base64,…`, to be shown `WIDTH` by `HEIGHT` large.
    """
    size = (WIDTH * _SCALE, HEIGHT * _SCALE)
    picture = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(picture)
    radius = _SCALE * (4 if len(places) < 500 else 2)
    half = places / 2  # the distance of two numbers may be larger than numbers can be
    low = half.min(axis=0, initial=np.inf)
    span = half.max(axis=0, initial=-np.inf) - low
    span[~(span > 0)] = 1.0
    margin = _MARGIN * _SCALE
    pixels = margin + (half - low) / span * (np.array(size) - 2 * margin)
    ends = _ends(values)
    if not len(values):
        values = [0.0] * len(codes)
    for (x, y), code, value in zip(pixels.tolist(), codes, values, strict=True):
        fill = scale_color(value, *ends) if code == NUMBER else _color(int(code))
        kind = shape(int(code)) if code < NUMBER else "circle"
        _draw_point(draw, (x, size[1] - y), radius, kind, fill)
    draw.rectangle((0, 0, size[0] - 1, size[1] - 1), outline="#b5bac1", width=_SCALE)
    file = io.BytesIO()
    small = picture.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    small.quantize(128).save(file, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode("ascii")


def cloud_html(cloud: PointCloud, total: int) -> str:
    """Write points as a picture with a legend; labels are escaped. `total`: of all instances."""
    places, codes = cloud.places(), np.array(cloud.codes(), np.uint16)
    is_there = np.isfinite(places).all(axis=1)
    places, codes, values = places[is_there], codes[is_there], cloud.values()[is_there]
    if total == 0:
        return "<p>No instances yet</p>"
    present = set(codes.tolist())
    shown = [(label, code) for label, code in cloud.labels.items() if code in present]
    legend = _scale_html(values) + "".join(
        f"<span style='color:{_color(code, label)}'>{_SIGNS[shape(code)]}</span>"
        f" {_escaped(label)}&emsp;"
        for label, code in sorted(shown, key=lambda it: it[1])[:LEGEND]
    )
    more = len(shown) - LEGEND
    legend += f"and {more:,} more" if more > 0 else ""
    rest = f" of {total:,} instances" if len(codes) < total else ""
    url = point_picture(places, codes.tolist(), values.tolist())
    return (
        f"<p>{len(codes):,} points{rest}</p>"
        f"<img alt='points' width='{WIDTH}' height='{HEIGHT}' src='{url}'><p>{legend}</p>"
    )


def _draw_point(
    draw: ImageDraw.ImageDraw, at: tuple[float, float], radius: float, kind: str, fill: str
) -> None:
    x, y = at
    if kind == "circle":
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=fill)
    else:
        draw.polygon([(x + radius * dx, y + radius * dy) for dx, dy in _CORNERS[kind]], fill=fill)


def _color(code: int, label: str = "-") -> str:
    return NONE if code >= GONE or not label else color(code)


def _ends(values: Sequence[float] | NDArray[np.float64]) -> tuple[float, float]:
    known = np.asarray(values, np.float64)
    known = known[np.isfinite(known)]
    return (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)


def _scale_html(values: NDArray[np.float64]) -> str:
    """Write the range of the numbers that colours stand for; nothing where there are none."""
    if not np.isfinite(values).any():
        return ""
    low, high = _ends(values)
    steps = (low * (1 - step / 12) + high * (step / 12) for step in range(13))
    boxes = "".join(
        f"<span style='color:{scale_color(value, low, high)}'>■</span>" for value in steps
    )
    return f"{low:.6g} {boxes} {high:.6g}&emsp;"


def _escaped(label: str) -> str:
    return html.escape(label[:MAX_LABEL]) or "<em>no label</em>"
