"""The predictions of a regression on paper."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.models.number_scores import number_scores, pairs_of_numbers
from marcelle_nb.plots.given_outcomes import name_of, outcomes_of
from marcelle_nb.plots.plain_text import plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from marcelle_nb.plots.report_figure import ReportFigure

MAX_OUTPUTS = 12
IN_A_ROW = 3

LARGEST = 1e307
"""Beyond, a number is not drawn: the axes need room."""


def regression_figure(batch: Any, y_pred: Any = None) -> ReportFigure:
    """Draw a point for each prediction: what is true to the right, what was predicted upwards.

    Parameters
    ----------
    batch : BatchPrediction, or iterable of numbers or lists of numbers
        The batch; or what is true, in front of `y_pred`.
    y_pred : iterable of numbers or lists of numbers, optional
        What was predicted, where no batch is given.

    Returns
    -------
    matplotlib.figure.Figure
        Not known to `pyplot`; as the last line of a cell it shows itself, `savefig` writes it. A
        chart for each output, the first 12 of more, with MAE, RMSE and R². On the line, a
        prediction is right. Predictions of which one of the two is no number are left out.

    Raises
    ------
    TypeError, ValueError
        If it is given neither a batch nor two lists that are equally long.
    """
    from marcelle_nb.plots.report_figure import ReportFigure

    outcomes = list(outcomes_of(batch, y_pred, "output"))
    truth, answers = pairs_of_numbers(outcomes)
    n_outputs = min(MAX_OUTPUTS, truth.shape[1])
    columns = min(IN_A_ROW, n_outputs)
    rows = -(-n_outputs // columns)
    figure = ReportFigure(figsize=(4.2 * columns, 4.2 * rows + 0.4), layout="constrained")
    title = f"{name_of(batch)}{len(truth):,} prediction{'s' * (len(truth) != 1)}"
    if len(truth) < len(outcomes):
        title += f", {len(outcomes) - len(truth):,} left out"
    figure.suptitle(plain(title), x=0.01, ha="left", fontsize=10)
    scores = number_scores(truth, answers)
    for place in range(n_outputs if len(truth) else 0):
        axes = figure.add_subplot(rows, columns, place + 1)
        _draw(axes, truth[:, place], answers[:, place])
        output = f"output {place + 1}: " if truth.shape[1] > 1 else ""
        axes.set_title(output + _said(scores[place]), fontsize=9)
    return figure


def _draw(axes: Axes, truth: NDArray[np.float64], answers: NDArray[np.float64]) -> None:
    is_drawn = (np.abs(truth) <= LARGEST) & (np.abs(answers) <= LARGEST)
    truth, answers = truth[is_drawn], answers[is_drawn]
    both = np.concatenate([truth, answers])
    low, high = (float(both.min()), float(both.max())) if len(both) else (0.0, 0.0)
    room = (high - low) * 0.05 or abs(high) * 0.05 or 0.5
    ends = (low - room, high + room)
    axes.plot(ends, ends, color="0.6", linewidth=1, zorder=1)
    # as pixels also in a vector file: a hundred thousand points are no drawing
    size, alpha = (16, 0.6) if len(truth) < 1_000 else (5, 0.3)
    axes.scatter(truth, answers, s=size, alpha=alpha, linewidths=0, rasterized=True, zorder=2)
    axes.set_xlim(ends)
    axes.set_ylim(ends)
    axes.set_aspect("equal")
    axes.set_xlabel("true")
    axes.set_ylabel("predicted")
    axes.spines[["top", "right"]].set_visible(False)


def _said(scores: dict[str, Any]) -> str:
    parts = [("MAE", scores["mae"]), ("RMSE", scores["rmse"]), ("R²", scores["r2"])]
    return ", ".join(f"{name} {'–' if it is None else f'{it:.3g}'}" for name, it in parts)
