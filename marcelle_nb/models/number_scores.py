"""The errors of a regression: MAE, RMSE and R²."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from marcelle_nb.models.prediction_outcome import PredictionOutcome


def number_scores(truth: NDArray[np.float64], answers: NDArray[np.float64]) -> list[dict[str, Any]]:
    """Score each output of a regression, and all of them together.

    Parameters
    ----------
    truth, answers : float64, shape (n_rows, n_outputs)
        What is true, and what was predicted.

    Returns
    -------
    list of dict
        A row for each output, whose `kind` is "output"; of several outputs, then one of kind
        "average" with their means. Each has `kind`, `label` (the number of the output, from 1),
        `mae`, `rmse`, `r2` and `support`. R² is None of fewer than two rows, and where all that is
        true is equal; the average is of those that there are. None of no rows.
    """
    if not len(truth):
        return []
    with np.errstate(over="ignore", invalid="ignore"):  # of numbers like 1e200, it is infinite
        errors = answers - truth
        mae, mse = np.abs(errors).mean(0), np.square(errors).mean(0)
        variance = np.square(truth - truth.mean(0)).mean(0)
        # looked at itself: the mean of equal numbers may be another one, by rounding
        differs = (truth != truth[0]).any(0) & (variance > 0)
        r2 = 1 - np.divide(mse, variance, out=np.full(len(mse), np.nan), where=differs)
    scores = np.stack([mae, np.sqrt(mse), r2], 1)
    n_rows, n_outputs = truth.shape
    rows = [
        _row("output", str(place) if n_outputs > 1 else None, row, n_rows)
        for place, row in enumerate(scores.tolist(), 1)
    ]
    if n_outputs > 1:
        known = np.where(np.isfinite(scores), scores, 0).sum(0) / np.maximum(
            1, np.isfinite(scores).sum(0)
        )
        known[~np.isfinite(scores).any(0)] = np.nan
        rows.append(_row("average", None, known.tolist(), n_rows))
    return rows


def pairs_of_numbers(
    outcomes: Iterable[PredictionOutcome],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give what is true and what was predicted, each of shape (n_rows, n_outputs).

    Predictions of another number of outputs than the first are left out.
    """
    pairs = [(it.truth, it.answer) for it in outcomes if it.is_number]
    width = len(pairs[0][0] or ()) if pairs else 1
    alike = [pair for pair in pairs if len(pair[0] or ()) == width]
    both = np.array(alike, np.float64).reshape(len(alike), 2, width)
    return both[:, 0], both[:, 1]


def _row(kind: str, label: str | None, scores: list[float], support: int) -> dict[str, Any]:
    mae, rmse, r2 = (score if np.isfinite(score) else None for score in scores)
    return {
        "kind": kind,
        "label": label,
        "mae": mae,
        "rmse": rmse,
        "r2": r2,
        "support": support,
    }
