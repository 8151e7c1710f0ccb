"""What a table of runs shows, and which buttons it has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marcelle_nb.components.run_actions import run_actions
from marcelle_nb.models.metric_names import own_metric

OPTIONS = ("metrics", "actions")


def history_options(metrics: Any, actions: Any) -> tuple[list[str] | None, list[dict[str, Any]]]:
    """Check the options of a training history, given one by one or, as in Marcelle, in one object.

    Parameters
    ----------
    metrics : list of str, dict, or None
        Names of metrics, or a dictionary with `metrics`, `actions`, or both.
    actions : iterable of str or of dict
        As `run_actions` takes them; none where they are in the dictionary.

    Returns
    -------
    metrics : list of str, or None
        Our names of them; None for those that the runs have.
    actions : list of dict
        `name` and `multiple`.

    Raises
    ------
    TypeError, ValueError
        If one is none of this.
    """
    if isinstance(metrics, Mapping):
        unknown = [key for key in metrics if key not in OPTIONS]
        if unknown:
            raise TypeError(f"options: expected `metrics` and `actions`, got {unknown[0]!r:.80}")
        if "actions" in metrics and actions != ():
            raise TypeError(f"actions: expected them once, got {actions!r:.80} beside the options")
        actions = metrics.get("actions", actions)
        metrics = metrics.get("metrics")
    return _metrics(metrics), run_actions(() if actions is None else actions)


def _metrics(metrics: Any) -> list[str] | None:
    if metrics is None:
        return None
    if not isinstance(metrics, list | tuple) or not all(isinstance(it, str) for it in metrics):
        raise TypeError(f"metrics: expected a list of names, got {metrics!r:.80}")
    return [*dict.fromkeys(own_metric(name) for name in metrics)]
