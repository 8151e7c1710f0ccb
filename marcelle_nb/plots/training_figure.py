"""The curves of a training, on paper."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.components.chart_keys import (
    VALIDATION,
    charts_of,
    own_charts,
    own_names,
    told_keys,
)
from marcelle_nb.components.explained_variance import SHARES
from marcelle_nb.models.run_document import own_logs
from marcelle_nb.models.training_status import TrainingStatus
from marcelle_nb.plots.plain_text import plain
from marcelle_nb.stream import Stream

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from marcelle_nb.plots.report_figure import ReportFigure

MAX_CHARTS = 12
IN_A_ROW = 3


def training_figure(source: Any, logs: Any = None) -> ReportFigure:
    """Draw the curves of a training, with the epochs below.

    Parameters
    ----------
    source : Run, model, or dict
        A run that `train` gave; a model, for its last training; a run of a `training_history`, as
        its `get` gives it; or a list of numbers, one an epoch, for each metric. Metrics may have
        the names of any Marcelle.
    logs : str, list of str, or dict, optional
        The keys of the metrics: one, a chart for each of several, or charts by name, as `{"loss":
        ["loss", "val_loss"]}`. By default a chart for each metric that there is, together with its
        validation: of more than 12 the first 12, which a line above says.

    Returns
    -------
    matplotlib.figure.Figure
        Not known to `pyplot`; as the last line of a cell it shows itself, `savefig` writes it. A
        chart none of whose metrics was measured says so.

    Raises
    ------
    TypeError, ValueError
        If `source` is none of these, or `logs` no names of metrics.
    """
    from marcelle_nb.plots.report_figure import ReportFigure

    history = own_names(_history(source))
    charts = own_charts(history) if logs is None else charts_of(logs)
    n_charts = len(charts)
    if logs is None:
        charts = dict(islice(charts.items(), MAX_CHARTS))
    if len(charts) > MAX_CHARTS:
        raise ValueError(f"logs: expected at most {MAX_CHARTS} charts, got {len(charts)}")
    columns = min(IN_A_ROW, len(charts))
    rows = -(-len(charts) // columns)
    figure = ReportFigure(figsize=(4.2 * columns, 3.1 * rows), layout="constrained")
    if n_charts > MAX_CHARTS:
        text = f"the first {MAX_CHARTS} of {n_charts:,} metrics: `logs` chooses others"
        figure.suptitle(text, x=0.01, ha="left", fontsize=10)
    for place, (name, keys) in enumerate(charts.items(), 1):
        axes = figure.add_subplot(rows, columns, place)
        _draw(axes, name, told_keys(keys, history), history)
    return figure


def _draw(axes: Axes, name: str, keys: list[str], history: dict[str, NDArray[np.float64]]) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.set_title(plain(name.replace("_", " "), 40), fontsize=10)
    axes.set_xlabel("component" if keys[0] == SHARES else "epoch", fontsize=9)
    axes.spines[["top", "right"]].set_visible(False)
    drawn = [key for key in keys if key in history and len(history[key])]
    for key in drawn:
        values = history[key]
        style = "--" if key.startswith(VALIDATION) else "-"
        marker = "o" if len(values) == 1 or key == SHARES else None
        epochs = np.arange(1, len(values) + 1)
        label = plain(key.replace("_", " "), 40)
        axes.plot(epochs, values, style, marker=marker, linewidth=1.5, label=label)
    if not drawn:
        axes.text(
            0.5,
            0.5,
            "not measured",
            ha="center",
            va="center",
            color="0.4",
            transform=axes.transAxes,
        )
        axes.set_xticks([])
        axes.set_yticks([])
        return
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(frameon=False, fontsize=8)


def _history(source: Any) -> dict[str, NDArray[np.float64]]:
    if isinstance(source, Mapping):
        logs = source.get("logs")
        if isinstance(logs, Mapping):  # of a run in a store
            source = own_logs(logs)
        return {str(key): _curve(key, values) for key, values in source.items()}
    given = getattr(source, "history", None)
    if not isinstance(given, Mapping):
        status = source.training.value if _is_model(source) else source
        if not isinstance(status, TrainingStatus):
            raise TypeError(
                "source: expected a run, a model, or a dict with a list for each metric, got "
                f"{source!r:.80}"
            )
        active = getattr(source, "_active", None)
        given = (status.data or {}) if active is None else active.history
    # what else a training tells, as that it was stopped, is no curve
    found = {key: _measured(values) for key, values in given.items()}
    return {str(key): values for key, values in found.items() if values is not None}


def _is_model(source: Any) -> bool:
    return isinstance(getattr(source, "training", None), Stream)


def _measured(values: Any) -> NDArray[np.float64] | None:
    is_list = isinstance(values, list | tuple)
    return _curve("", values) if is_list and all(map(_is_number, values)) else None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)


def _curve(key: Any, values: Any) -> NDArray[np.float64]:
    try:
        curve = np.asarray(values, np.float64)
    except (TypeError, ValueError, OverflowError):
        curve = np.empty((0, 0))
    if curve.ndim != 1:
        raise TypeError(
            f"source[{key!r:.80}]: expected a list of numbers, one an epoch, got {values!r:.80}"
        )
    return np.where(np.abs(curve) < 1e300, curve, np.nan)  # a scale needs room above the largest
