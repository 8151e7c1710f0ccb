"""Precision, recall and F1 of each label, and their averages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from marcelle_nb.models.confusion_counts import ConfusionCounts

SCORES = ("precision", "recall", "f1")


def label_scores(counts: ConfusionCounts) -> list[dict[str, Any]]:
    """Score each label, and all of them together, as `classification_report` of scikit-learn does.

    Parameters
    ----------
    counts : ConfusionCounts

    Returns
    -------
    list of dict
        A row for each label, then three whose `kind` is "accuracy", "macro average" and "weighted
        average" in place of "label"; none where nothing is counted. Each has `kind`, `label`,
        `precision`, `recall`, `f1` and `support`. A score whose definition divides by zero is None,
        and counts as zero in the averages; the accuracy stands as `f1`, as it does in scikit-learn.
    """
    if not counts.total:
        return []
    right = np.diag(counts.table)
    predicted, support = counts.table.sum(0), counts.table.sum(1)
    columns = [_share(right, predicted), _share(right, support)]
    columns.append(_share(2 * right, predicted + support))
    scores = np.stack(columns, 1)
    rows = [
        _row("label", label, row, n)
        for label, row, n in zip(counts.labels, scores.tolist(), support.tolist(), strict=True)
    ]
    known = np.nan_to_num(scores)
    accuracy = [np.nan, np.nan, counts.accuracy]
    return [
        *rows,
        _row("accuracy", None, accuracy, counts.total),
        _row("macro average", None, known.mean(0).tolist(), counts.total),
        _row("weighted average", None, (support @ known / counts.total).tolist(), counts.total),
    ]


def _share(part: NDArray[np.int64], whole: NDArray[np.int64]) -> NDArray[np.float64]:
    """Divide; NaN by zero."""
    shares: NDArray[np.float64] = np.full(len(part), np.nan)
    np.divide(part, whole, out=shares, where=whole > 0)
    return shares


def _row(kind: str, label: str | None, scores: list[Any], support: int) -> dict[str, Any]:
    shown = [None if np.isnan(score) else float(score) for score in scores]
    return {
        "kind": kind,
        "label": label,
        **dict(zip(SCORES, shown, strict=True)),
        "support": support,
    }
