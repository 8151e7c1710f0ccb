"""Colours and shapes of labels, and a scale of colours for numbers; as in js/src/lib/palette.ts."""

from __future__ import annotations

NONE = "#858b94"
"""Without a label, or one of too many."""

# A colour differs from each other, and from that of no label, by 16 at least (CIEDE2000).
_COLORS = (
    *("#3b7dd8", "#e0702f", "#2f9e62", "#c8455f", "#8d62c9", "#a8820a"),
    *("#1f9aa8", "#d564a8", "#7a8a2b", "#8a6a55", "#f0b0b0", "#78d800"),
    *("#c8c098", "#006858", "#c8b8f0", "#705068", "#b02000", "#00d8c0"),
    *("#78c0f8", "#186800", "#f8b050", "#186880", "#b00090", "#705800"),
)
SHAPES = ("circle", "square", "triangle", "diamond", "down")

# from blue over green to yellow, none too dark or too light for a page of either kind
_SCALE = ((0x4A, 0x5B, 0xD0), (0x1F, 0x93, 0xB0), (0x3F, 0xAE, 0x6A), (0xC9, 0xAE, 0x1D))
_STEPS = 64


def color(code: int) -> str:
    """Give the colour of a label by its code."""
    return _COLORS[code % len(_COLORS)]


def shape(code: int) -> str:
    """Give the shape of a label's points: where all colours are in use, they begin anew in it."""
    return SHAPES[code // len(_COLORS) % len(SHAPES)]


def scale_color(value: float, low: float, high: float) -> str:
    """Give the colour of a number between the lowest and the highest."""
    # halves: the difference of two numbers may be larger than numbers can be
    span = high / 2 - low / 2
    share = (value / 2 - low / 2) / span if span > 0 else 0.5
    at = round(min(1.0, max(0.0, share)) * _STEPS) / _STEPS * (len(_SCALE) - 1)
    first = min(int(at), len(_SCALE) - 2)
    pairs = zip(_SCALE[first], _SCALE[first + 1], strict=True)
    mixed = [round(a + (b - a) * (at - first)) for a, b in pairs]
    return "#{:02x}{:02x}{:02x}".format(*mixed)
