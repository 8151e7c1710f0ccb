"""A confusion matrix on paper."""

from __future__ import annotations

import warnings
from itertools import pairwise
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from marcelle_nb.models.confusion_counts import ConfusionCounts
from marcelle_nb.plots.given_outcomes import name_of, outcomes_of
from marcelle_nb.plots.plain_text import plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from marcelle_nb.plots.report_figure import ReportFigure

MAX_LABELS = 50
MAX_NUMBERS = 25
"""Labels up to which each cell has its number."""

GAP_IN = 0.06
"""Inches between two names that stand beside each other."""

DARK = 0.55
"""The share from which a number is written in white."""


def confusion_figure(batch: Any, y_pred: Any = None) -> ReportFigure:
    """Draw a row for each true label, a column for each predicted one, and how often they meet.

    Parameters
    ----------
    batch : BatchPrediction, or iterable of labels
        The batch; or what is true, in front of `y_pred`.
    y_pred : iterable of labels or ClassifierResults, optional
        What was predicted, where no batch is given.

    Returns
    -------
    matplotlib.figure.Figure
        Not known to `pyplot`; as the last line of a cell it shows itself, `savefig` writes it. The
        shade is the share of the row. Predictions of which one of the two is not known are left
        out. With more than 50 labels, the most frequent 50 are drawn, and the title says so.

    Raises
    ------
    TypeError, ValueError
        If it is given neither a batch nor two lists that are equally long.
    """
    from marcelle_nb.plots.report_figure import ReportFigure

    counts = ConfusionCounts(outcomes_of(batch, y_pred, "label"))
    places = counts.most_frequent(MAX_LABELS)
    side = min(12.0, 2.4 + 0.42 * max(1, len(places)))
    figure = ReportFigure(figsize=(max(4.0, side), side), layout="constrained")
    figure.suptitle(_title(name_of(batch), counts, len(places)), x=0.01, ha="left", fontsize=10)
    if places:
        axes = figure.add_subplot()
        _draw(axes, counts.table[places][:, places], _shares(counts, places))
        names = [plain(counts.labels[place], 20) for place in places]
        size = 9 if len(names) <= MAX_NUMBERS else 6
        axes.set_yticks(range(len(names)), names, fontsize=size)
        axes.set_xticks(range(len(names)), names, fontsize=size)
        if _overlap(axes):
            axes.tick_params(axis="x", rotation=90)
    return figure


def _title(name: str, counts: ConfusionCounts, n_drawn: int) -> str:
    n, left_out = counts.total, counts.n_without_truth + counts.n_without_label
    title = f"{name}{n:,} prediction{'s' * (n != 1)}"
    if counts.accuracy is not None:
        title += f", accuracy {counts.accuracy:.1%}"
    if left_out:
        title += f", {left_out:,} left out"
    hidden = len(counts.labels) - n_drawn
    return plain(title) + (f" (the {n_drawn} most frequent labels)" if hidden else "")


def _shares(counts: ConfusionCounts, places: list[int]) -> NDArray[np.float64]:
    support = counts.table.sum(1, keepdims=True)
    shares: NDArray[np.float64] = counts.table / np.maximum(1, support)
    return shares[places][:, places]


def _draw(axes: Axes, table: NDArray[np.int64], shares: NDArray[np.float64]) -> None:
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="equal")
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    edges = np.arange(len(table) + 1) - 0.5
    axes.set_xticks(edges, minor=True)
    axes.set_yticks(edges, minor=True)
    axes.grid(which="minor", color="white", linewidth=1)
    axes.tick_params(which="minor", length=0)
    if len(table) > MAX_NUMBERS:
        return
    for row, column in np.argwhere(table):
        color = "white" if shares[row, column] > DARK else "black"
        text = f"{table[row, column]:,}"
        axes.text(column, row, text, ha="center", va="center", color=color, fontsize=8)


def _overlap(axes: Axes) -> bool:
    """Say whether names beside each other touch, as they are drawn."""
    figure = cast("ReportFigure", axes.figure)
    with warnings.catch_warnings():  # of signs that the font lacks: who saves it is told
        warnings.simplefilter("ignore", UserWarning)
        figure.draw_without_rendering()
        boxes = [label.get_window_extent() for label in axes.get_xticklabels()]
    gap = figure.dpi * GAP_IN
    return any(after.x0 - before.x1 < gap for before, after in pairwise(boxes))
