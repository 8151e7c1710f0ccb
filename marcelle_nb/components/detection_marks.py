"""Detections as they are drawn: numbers that a page can take, texts, and colours."""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from numbers import Real
from typing import Any

import numpy as np

from marcelle_nb.components.whole_text import whole_text
from marcelle_nb.models.coco_classes import COCO_CLASSES
from marcelle_nb.models.detection import Detection
from marcelle_nb.models.object_detector_results import ObjectDetectorResults

MAX_MARKS = 200
"""More boxes on one picture cannot be told apart."""

MAX_LABEL = 200
"""Characters of a label that are shown."""

_PLACES = {name: place for place, name in enumerate(COCO_CLASSES.values())}


def checked_results(results: Any) -> ObjectDetectorResults:
    """Give results as they are.

    Raises
    ------
    TypeError
        If they are none, or something in them is of another kind; it says which.
    ValueError
        If a box has not four numbers.
    """
    if not isinstance(results, ObjectDetectorResults):
        raise TypeError(f"results: expected ObjectDetectorResults, got {results!r:.80}")
    if not isinstance(results.outputs, list | tuple):
        raise TypeError(f"results.outputs: expected a list, got {results.outputs!r:.80}")
    for place, detection in enumerate(results.outputs):
        _check(detection, f"results.outputs[{place}]")
    return results


def _check(detection: Any, what: str) -> None:
    if not isinstance(detection, Detection):
        raise TypeError(f"{what}: expected a Detection, got {detection!r:.80}")
    # declared, but nobody holds who makes a Detection to it
    box: Any = detection.bbox
    confidence: Any = detection.confidence
    is_row = isinstance(box, Sequence) or (isinstance(box, np.ndarray) and box.ndim == 1)
    if not is_row or isinstance(box, str | bytes):
        raise TypeError(f"{what}.bbox: expected four numbers, got {box!r:.80}")
    if len(box) != 4:
        raise ValueError(f"{what}.bbox: expected four numbers, got {box!r:.80}")
    for number in box:
        if not isinstance(number, Real):
            raise TypeError(f"{what}.bbox: expected four numbers, got {number!r:.80} in it")
    if not isinstance(confidence, Real):
        raise TypeError(f"{what}.confidence: expected a number, got {confidence!r:.80}")


def color_code(label: str) -> int:
    """Give the number of a class's colour: the same in every picture, page and figure."""
    place = _PLACES.get(label)
    return zlib.crc32(label.encode("utf-8", "replace")) % 65_521 if place is None else place


def ink_on(hue: str) -> str:
    """Give black or white, whichever is read better on a colour `#rrggbb`; as in js/src/lib/marks.

    References
    ----------
    Relative luminance: Web Content Accessibility Guidelines 2.2, W3C.
    """
    shares = [int(hue[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares
    )
    # from here on the contrast with black is the higher one
    return "#000000" if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 else "#ffffff"


def percent(confidence: float) -> int:
    """Give a confidence in percent; what is no number is none."""
    return round(100 * min(1.0, max(0.0, confidence))) if math.isfinite(confidence) else 0


def marks(results: ObjectDetectorResults) -> list[dict[str, Any]]:
    """Say for a page what to draw; of `checked_results`.

    Returns
    -------
    list of dict
        `box`: left, top, width and height in pixels, or None where that is no finite box; `label`;
        `percent`; `color`, the number of a colour of the palette.
    """
    return [_mark(detection) for detection in results.outputs[:MAX_MARKS]]


def _mark(detection: Detection) -> dict[str, Any]:
    box = [float(number) for number in detection.bbox]
    label = whole_text(str(detection.class_)[:MAX_LABEL])
    return {
        "box": box if all(map(math.isfinite, box)) else None,
        "label": label,
        "percent": percent(float(detection.confidence)),
        "color": color_code(label),
    }
