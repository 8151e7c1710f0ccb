"""A picture of points, where there is no page to draw them."""

from __future__ import annotations

import base64
import colorsys
import html
import io
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw

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

# as in the page, js/src/lib/palette.ts
_COLORS = (
    *("#3b7dd8", "#e0702f", "#2f9e62", "#c8455f", "#8d62c9"),
    *("#a8820a", "#1f9aa8", "#d564a8", "#7a8a2b", "#8a6a55"),
)


def color(code: int) -> str:
    """Give the colour of a label by its place among the labels."""
    if code < len(_COLORS):
        return _COLORS[code]
    red, green, blue = colorsys.hls_to_rgb(code * 137.508 % 360 / 360, 0.52, 0.5)
    return f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"


def point_picture(places: NDArray[np.float64], codes: Sequence[int]) -> str:
    """Draw points.

    Parameters
    ----------
    places : float64, shape (n, 2)
        None of them NaN.
    codes : sequence of int, length n
        Which label each has.

    Returns
    -------
    str
        The address of a PNG, `data:image/png;base64,…`, to be shown `WIDTH` by `HEIGHT` large.
    """
    size = (WIDTH * _SCALE, HEIGHT * _SCALE)
    picture = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(picture)
    radius = _SCALE * (4 if len(places) < 500 else 2)
    low = places.min(axis=0, initial=np.inf)
    span = places.max(axis=0, initial=-np.inf) - low
    span[~(span > 0)] = 1.0
    margin = _MARGIN * _SCALE
    pixels = margin + (places - low) / span * (np.array(size) - 2 * margin)
    for (x, y), code in zip(pixels.tolist(), codes, strict=True):
        up = size[1] - y
        draw.ellipse((x - radius, up - radius, x + radius, up + radius), fill=color(code))
    draw.rectangle((0, 0, size[0] - 1, size[1] - 1), outline="#b5bac1", width=_SCALE)
    file = io.BytesIO()
    small = picture.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    small.quantize(128).save(file, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode("ascii")


def cloud_html(cloud: PointCloud, total: int) -> str:
    """Write points as a picture with a legend; labels are escaped. `total`: of all instances."""
    places, codes = cloud.places(), np.array(cloud.codes(), np.uint16)
    is_there = np.isfinite(places).all(axis=1)
    places, codes = places[is_there], codes[is_there]
    present = set(codes.tolist())
    shown = [(label, code) for label, code in cloud.labels.items() if code in present]
    legend = "".join(
        f"<span style='color:{color(code)}'>●</span> {_escaped(label)}&emsp;"
        for label, code in shown[:LEGEND]
    )
    rest = f" of {total:,} instances" if len(codes) < total else ""
    url = point_picture(places, codes.tolist())
    return (
        f"<p>{len(codes):,} points{rest}</p>"
        f"<img alt='points' width='{WIDTH}' height='{HEIGHT}' src='{url}'><p>{legend}</p>"
    )


def _escaped(label: str) -> str:
    return html.escape(label[:MAX_LABEL]) or "<em>no label</em>"
