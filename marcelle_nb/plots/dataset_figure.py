"""A dataset on paper: how many instances there are of each label, and what they look like."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.errors import ImageRejected
from marcelle_nb.image import as_rgb, decode, is_image
from marcelle_nb.plots.label_examples import LabelExamples
from marcelle_nb.plots.plain_text import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from marcelle_nb.data.dataset import Dataset
    from marcelle_nb.plots.report_figure import ReportFigure

MAX_LABELS = 40
NO_LABEL = "(no label)"

_FILLED = 0.9
"""Of the side of a cell, the rest is room between."""

_LONGEST_CURVE = 2_000
"""Numbers of a vector that are drawn; a curve is a few hundred pixels wide."""


def dataset_figure(data: Dataset | Iterable[Mapping[str, Any]], examples: int = 8) -> ReportFigure:
    """Draw the number of instances of each label, with examples beside.

    Parameters
    ----------
    data : Dataset or iterable of instances
        Of a dataset, only the examples are read.
    examples : int, default 8
        How many of each label, the first ones; 0 for the counts alone. An instance is shown by its
        thumbnail, an image by itself, a vector as a curve, with one scale for all of them; what is
        none of these leaves an empty cell.

    Returns
    -------
    matplotlib.figure.Figure
        Not known to `pyplot`; as the last line of a cell it shows itself, `savefig` writes it. With
        more than 40 labels, the most frequent 40 are drawn, and the title says so.

    Raises
    ------
    TypeError, ValueError
        If `data` holds no instances, or `examples` is no whole number >= 0.
    """
    from marcelle_nb.plots.report_figure import ReportFigure

    given: object = examples
    if not isinstance(given, int) or isinstance(given, bool) or given < 0:
        raise ValueError(f"examples: expected a whole number >= 0, got {examples!r:.80}")
    found = LabelExamples(data, examples, MAX_LABELS)
    height = 0.6 + 0.7 * max(1, len(found.shown))
    figure = ReportFigure(figsize=(2.5 + 0.7 * examples, height), layout="constrained")
    figure.suptitle(_title(getattr(data, "name", ""), found), x=0.01, ha="left", fontsize=10)
    if found.shown:
        _draw(figure, found, examples)
    return figure


def _title(name: object, found: LabelExamples) -> str:
    total, n_labels, drawn = found.counts.total(), len(found.counts), len(found.shown)
    title = f"{name}: " if isinstance(name, str) and name else ""
    title += f"{total:,} instance{'s' * (total != 1)}"
    title += f" of {n_labels:,} label{'s' * (n_labels != 1)}"
    return plain(title) + (f" (the {drawn} most frequent)" if drawn < n_labels else "")


def _draw(figure: ReportFigure, found: LabelExamples, examples: int) -> None:
    n_labels = len(found.shown)
    grid = figure.add_gridspec(
        1, 2 if examples else 1, width_ratios=[2.4, examples][: 1 + bool(examples)]
    )
    bars = figure.add_subplot(grid[:, 0])
    numbers = [found.counts[label] for label in found.shown]
    bars.barh(range(n_labels), numbers, height=0.5, color="tab:blue")
    names = [NO_LABEL if label is None else _short(label) for label in found.shown]
    bars.set_yticks(range(n_labels), [f"{n}  {c:,}" for n, c in zip(names, numbers, strict=True)])
    bars.set_ylim(n_labels - 0.5, -0.5)
    bars.set_xticks([])
    bars.tick_params(length=0)
    bars.spines[["top", "right", "bottom"]].set_visible(False)
    if examples:
        _draw_examples(figure.add_subplot(grid[:, 1]), found, examples)


def _draw_examples(cells: Axes, found: LabelExamples, examples: int) -> None:
    """Draw all examples in one plot with a cell for each: a plot for each would take seconds."""
    curves: dict[tuple[int, int], NDArray[np.float64]] = {}
    for row, instances in enumerate(found.shown.values()):
        for column, instance in enumerate(instances):
            picture = _picture(instance)
            values = _numbers(instance.get("x"))
            if picture is not None:
                cells.imshow(picture, extent=_extent(picture, row, column), aspect="auto")
            elif values.size == 1:
                text = f"{values[0]:.3g}"
                cells.text(column, row, text, ha="center", va="center", fontsize=8)
            elif values.size:
                curves[row, column] = values
    _draw_curves(cells, curves)
    cells.set_xlim(-0.5, examples - 0.5)
    cells.set_ylim(len(found.shown) - 0.5, -0.5)
    cells.axis("off")


def _extent(picture: NDArray[np.uint8], row: int, column: int) -> tuple[float, float, float, float]:
    """Fit a picture into its cell, as left, right, bottom and top."""
    height, width = picture.shape[:2]
    across = _FILLED / 2 * min(1, width / height)
    down = _FILLED / 2 * min(1, height / width)
    return column - across, column + across, row + down, row - down


def _draw_curves(cells: Axes, curves: Mapping[tuple[int, int], NDArray[np.float64]]) -> None:
    """Draw curves on one scale for all: else noise looks like what is large."""
    low = min((float(np.nanmin(values)) for values in curves.values()), default=0.0)
    high = max((float(np.nanmax(values)) for values in curves.values()), default=1.0)
    span = high - low or 1.0
    for (row, column), values in curves.items():
        x = column + _FILLED * (np.linspace(0, 1, values.size) - 0.5)
        heights = (values - low) / span if high > low else np.full(values.size, 0.5)
        cells.plot(x, row - _FILLED * (heights - 0.5), linewidth=0.7, color="tab:blue")


def _numbers(x: Any) -> NDArray[np.float64]:
    """Make a curve of x; nothing of what is no array of numbers."""
    try:
        values = np.ravel(np.asarray(() if x is None else x, dtype=np.float64))
    except (TypeError, ValueError, OverflowError):
        return np.empty(0)
    # infinite numbers have no place on a scale, nor have those that it could not hold the room of
    values = np.where(np.abs(values) < 1e300, values, np.nan)
    every = -(-values.size // _LONGEST_CURVE) or 1
    return values[::every] if np.isfinite(values).any() else np.empty(0)


def _picture(instance: Mapping[str, Any]) -> NDArray[np.uint8] | None:
    x = instance.get("x")
    for url in (instance.get("thumbnail"), x):
        if isinstance(url, str) and url.startswith("data:image/"):
            try:
                return decode(base64.b64decode(url.partition(",")[2]))
            except (ValueError, ImageRejected):  # a picture that browsers alone can draw
                pass
    try:
        return as_rgb(x) if is_image(x) else None
    except ImageRejected:
        return None


def _short(label: str) -> str:
    return plain(label, 20)
