"""Detections on paper."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marcelle_nb.components.detection_marks import checked_results, ink_on, marks
from marcelle_nb.components.palette import color
from marcelle_nb.image import as_rgb
from marcelle_nb.plots.plain_text import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes

    from marcelle_nb.models.object_detector_results import ObjectDetectorResults
    from marcelle_nb.plots.report_figure import ReportFigure

LONGEST_INCHES = 6.0
FONT = 8
"""Of the labels, in points."""

_CHARACTER = 0.65 * FONT / 72
_LINE = 2 * FONT / 72
"""Of a label, roughly, in inches."""


def detections_figure(image: Any, results: ObjectDetectorResults) -> ReportFigure:
    """Draw a box, a label and a confidence for each object over the picture.

    Parameters
    ----------
    image : what `marcelle_nb.image.as_rgb` takes
        The picture that the results are of.
    results : ObjectDetectorResults
        At most 200 are drawn.

    Returns
    -------
    matplotlib.figure.Figure
        Not known to `pyplot`; as the last line of a cell it shows itself, `savefig` writes it. A
        class has the colour that `detection_boxes` gives it.

    Raises
    ------
    ImageRejected
        If it is no image.
    TypeError
        If they are no results.
    """
    from marcelle_nb.plots.report_figure import ReportFigure

    found = marks(checked_results(results))
    pixels = as_rgb(image)
    height, width = pixels.shape[:2]
    scale = LONGEST_INCHES / max(height, width)
    figure = ReportFigure(
        figsize=(max(2.0, width * scale), max(2.0, height * scale)), layout="constrained"
    )
    axes = figure.add_subplot()
    axes.imshow(pixels, extent=(0, width, height, 0))
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    axes.set_axis_off()
    for mark in reversed(found):  # the surest lies on top
        if mark["box"] is not None:
            _draw(axes, mark, width, height, scale)
    return figure


def _draw(axes: Axes, mark: Mapping[str, Any], width: int, height: int, scale: float) -> None:
    from matplotlib.patches import Rectangle

    left, top, box_width, box_height = mark["box"]
    hue = color(mark["color"])
    axes.add_patch(
        Rectangle((left, top), box_width, box_height, fill=False, edgecolor=hue, linewidth=2)
    )
    told = f"{plain(mark['label'], 40)} {mark['percent']} %"
    # above the box, or, where there is no room, within the picture
    text = axes.text(
        max(0.0, min(left, left + box_width, width - len(told) * _CHARACTER / scale)),
        min(max(min(top, top + box_height), _LINE / scale), float(height)),
        told,
        fontsize=FONT,
        color=ink_on(hue),
        verticalalignment="bottom",
        bbox={"facecolor": hue, "edgecolor": "none", "pad": 1.5},
        clip_on=False,
    )
    text.set_in_layout(False)  # or the picture makes room for it
