"""What the page is told of a run that is selected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marcelle_nb.components.explained_variance import SHARES, explained_variance
from marcelle_nb.components.instance_fields import cell
from marcelle_nb.components.run_table import reached, status_words

if TYPE_CHECKING:
    from collections.abc import Mapping

POINTS = 400
"""At most about twice so many points of a curve: more than a chart has pixels."""

MAX_SUMMARY = 20_000
MAX_PARAMETERS = 100
MAX_METRICS = 30


def run_details(run: Mapping[str, Any], status: str) -> dict[str, Any]:
    """Give a run in a form that JSON knows, of bounded size.

    Parameters
    ----------
    run : dict
        As `read_run` gives it.
    status : str
        As it is shown.

    Returns
    -------
    dict
        `id`, `name`, `facts` and `params` (lists of a name and a short value), `epochs` (those of
        the points), `curves` (by metric, a number or None for each of these), `summary`.
    """
    logs = {key: values for key, values in run["logs"].items() if key != SHARES}
    epochs, curves = _thinned(logs)
    summary = run["model"].get("summary")
    return {
        "id": run["id"],
        "name": run["name"][:200],
        "facts": [[name, value] for name, value in _facts(run, status) if value not in ("", None)],
        "params": [[k[:200], cell(v)] for k, v in [*run["params"].items()][:MAX_PARAMETERS]],
        "epochs": epochs,
        "curves": curves,
        "summary": summary[:MAX_SUMMARY] if isinstance(summary, str) else "",
    }


def _facts(run: Mapping[str, Any], status: str) -> list[tuple[str, Any]]:
    explained = explained_variance(run)
    checkpoints = ", ".join(one["name"] for one in run["checkpoints"] if one.get("name"))
    return [
        ("status", status_words(status, was_cancelled=run.get("stopped") is True)),
        ("message", cell(str(run.get("message") or ""))),
        ("start", run["start"][:100]),
        ("epochs reached", reached(run)),
        ("explained variance", None if explained is None else float(f"{explained:.6g}")),
        ("source", run["source"][:100]),
        ("checkpoints", cell(checkpoints)),
    ]


def _thinned(
    logs: Mapping[str, list[float | None]],
) -> tuple[list[int], dict[str, list[float | None]]]:
    """Leave out epochs of long runs, of all runs the same, but neither the first nor the last."""
    n = max(map(len, logs.values()), default=0)
    step = 1
    while n // step > 2 * POINTS:
        step *= 2
    places = [i for i in range(n) if (i + 1) % step == 0 or i in (0, n - 1)]
    usual = ("loss", "val_loss", "accuracy", "val_accuracy")
    keys = [*dict.fromkeys([*(key for key in usual if key in logs), *logs])][:MAX_METRICS]
    curves = {
        key: [float(f"{v:.6g}") if (v := _at(logs[key], i)) is not None else None for i in places]
        for key in keys
    }
    return [i + 1 for i in places], curves


def _at(values: list[float | None], place: int) -> float | None:
    return values[place] if place < len(values) else None
