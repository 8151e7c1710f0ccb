"""Shows how well a batch of predictions does, label by label."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

from marcelle_nb.component import Component
from marcelle_nb.components.prediction_feed import PredictionFeed
from marcelle_nb.models.confusion_counts import ConfusionCounts
from marcelle_nb.models.label_scores import label_scores
from marcelle_nb.models.number_scores import number_scores, pairs_of_numbers
from marcelle_nb.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from marcelle_nb.models.batch_prediction import BatchPrediction
    from marcelle_nb.models.prediction_outcome import PredictionOutcome

MAX_SHOWN = 1_000
"""Rows that a page draws."""

COLUMNS = {
    "precision": "precision",
    "recall": "recall",
    "f1": "F1",
    "mae": "MAE",
    "rmse": "RMSE",
    "r2": "R²",
    "support": "support",
}
"""What the columns of a row are called."""


class ClassificationReport(Component):
    """Precision, recall and F1 of each label, the accuracy and the averages.

    Of a regression, MAE, RMSE and R². It is live while the batch runs, and follows what other
    kernels do to the predictions.

    Parameters
    ----------
    batch : BatchPrediction
        Predictions without `yTrue`, or without a label or numbers, are left out, and counted.

    Raises
    ------
    TypeError
        If it is no batch.

    Attributes
    ----------
    rows : Stream of list of dict
        Held. A row for each label, with `kind` ("label"), `label`, `precision`, `recall`, `f1` and
        `support`, the number of instances that truly have the label; then three rows of the kinds
        "accuracy" (which stands as `f1`), "macro average" and "weighted average". The definitions
        are those of scikit-learn; what would be a division by zero is None, and counts as zero in
        the averages. Of a regression, rows of the kinds "output" and, of several outputs,
        "average", with `mae`, `rmse`, `r2` and `support`.
    progress : Stream
        Held. The share of the instances that is done, None where that is not known, and False
        while nothing runs.

    Notes
    -----
    While no page shows it any more it does not follow; where it is shown again, it reads anew.

    Examples
    --------
    >>> from marcelle_nb.models.batch_prediction import BatchPrediction
    >>> from marcelle_nb.models.knn import KNN
    >>> rows = [{"x": [0, 1], "y": "up"}, {"x": [1, 0], "y": "right"}]
    >>> model, batch = KNN(k=1), BatchPrediction("of a report")
    >>> run = model.train(rows).wait()
    >>> run = batch.predict(model, [*rows, {"x": [0.9, 0.2], "y": "up"}]).wait()
    >>> report = ClassificationReport(batch)
    >>> [(row["label"] or row["kind"], row["recall"]) for row in report.rows.value]
    [('right', 1.0), ('up', 0.5), ('accuracy', None), ('macro average', 0.75), \
('weighted average', 0.6666666666666666)]
    >>> batch.clear()
    """

    view = "classification_report"

    def __init__(self, batch: BatchPrediction) -> None:
        super().__init__()
        self._batch = batch
        self.rows: Stream[list[dict[str, Any]]] = self._stream([])
        self._table: Stream[dict[str, Any]] = self._stream(_table([], 0, 0))
        self._feed = PredictionFeed(self, batch, self._show)
        self.progress = self._feed.progress

    def _show(self, outcomes: Collection[PredictionOutcome]) -> list[tuple[Stream[Any], Any]]:
        rows, scored = _rows(outcomes)
        without_truth = sum(it.truth is None for it in outcomes)
        without_answer = len(outcomes) - scored - without_truth
        table = _table(rows, without_truth, without_answer)
        return [(self.rows, rows), (self._table, table)]

    # The page's side

    def _synced(self) -> Mapping[str, Stream[Any]]:
        return {
            "name": Stream(self._batch.name),
            "table": self._table,
            "progress": self.progress,
        }

    def _summary(self) -> list[tuple[str, object]]:
        table = self._table.value
        rows: list[tuple[str, object]] = [("batch", self._batch.name)]
        rows += [
            ("accuracy", f"{row['f1']:.1%}") for row in self.rows.value if row["kind"] == "accuracy"
        ]
        rows += [
            (f"without {what}", table[f"without_{key}"])
            for key, what in (("truth", "what is true"), ("answer", "an answer"))
            if table[f"without_{key}"]
        ]
        return rows if self.rows.value else [*rows, ("predictions", "none to score yet")]

    def _picture_html(self) -> str:
        table = self._table.value
        if not table["rows"]:
            return ""
        head = "".join(f"<th>{html.escape(name)}</th>" for name in ("", *table["columns"]))
        body = "".join(
            f"<tr><th style='text-align:left'>{html.escape(row[0] or row[1])}</th>"
            + "".join(f"<td>{_shown(value)}</td>" for value in row[2:])
            + "</tr>"
            for row in table["rows"]
        )
        return f"<table><tr>{head}</tr>{body}</table>"


def _rows(outcomes: Collection[PredictionOutcome]) -> tuple[list[dict[str, Any]], int]:
    """Give the rows, and of how many outcomes they are."""
    counts = ConfusionCounts(outcomes)
    if counts.total:
        return label_scores(counts), counts.total
    truth, answers = pairs_of_numbers(outcomes)
    return number_scores(truth, answers), len(truth)


def _table(rows: list[dict[str, Any]], without_truth: int, without_answer: int) -> dict[str, Any]:
    """Give what a page draws: label, kind, then a value for each column."""
    keys = [key for key in COLUMNS if rows and key in rows[0]]
    n_hidden = max(0, len(rows) - MAX_SHOWN)
    shown = rows if not n_hidden else [*rows[: MAX_SHOWN - 3], *rows[-3:]]
    return {
        "columns": [COLUMNS[key] for key in keys],
        "rows": [[row["label"], row["kind"], *(row[key] for key in keys)] for row in shown],
        "hidden": n_hidden,
        "without_truth": without_truth,
        "without_answer": without_answer,
    }


def _shown(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,}" if isinstance(value, int) else f"{value:.3f}"
