"""Shows which labels a batch of predictions takes for which others."""

from __future__ import annotations

import html
import threading
from typing import TYPE_CHECKING, Any

from marcelle_nb.component import Component
from marcelle_nb.components.confusion_cell import LABEL, ConfusionCell
from marcelle_nb.components.prediction_feed import PredictionFeed
from marcelle_nb.data.stored_instance import stored_forms
from marcelle_nb.models.confusion_counts import ConfusionCounts
from marcelle_nb.parameter import Parameter
from marcelle_nb.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from marcelle_nb.message import Message
    from marcelle_nb.models.batch_prediction import BatchPrediction
    from marcelle_nb.models.prediction_outcome import PredictionOutcome

MAX_SHOWN = 100
"""Labels that a page draws: ten thousand cells."""

STATIC_LABELS = 20


class ConfusionMatrix(Component):
    """A row for each true label, a column for each predicted one, and how often they meet.

    It is live while the batch runs, and follows what other kernels do to the predictions. The shade
    of a cell is its share of its row. A click on a cell, or Enter, selects it.

    Parameters
    ----------
    batch : BatchPrediction
        Of a classifier. Predictions without `yTrue` or without a label are left out, and counted.

    Raises
    ------
    TypeError
        If it is no batch.

    Attributes
    ----------
    confusion : Stream of list of dict
        Held. All n² cells: `x` is the label that was predicted, `y` the one that is true, `v` how
        often. The same order as Marcelle's, those of one predicted label together.
    accuracy : Stream of float or None
        Held. The share that is right; None of none.
    labels : Stream of list of str
        Held. All labels that are true or predicted somewhere, sorted; "a 2" before "a 10".
    selected : Stream of dict or None
        Held. The selected cell. Set `{"x": predicted, "y": true}` to select, None to select none.
    selected_ids : Stream of list
        Held. The `instanceId` of each prediction of the selected cell, in their order, as for
        `dataset_table(data).selection`.
    progress : Stream
        Held. The share of the instances that is done, None where that is not known, and False
        while nothing runs.

    Notes
    -----
    While no page shows it any more it does not follow; where it is shown again, it reads anew. What
    it keeps is about 250 bytes a prediction.

    Examples
    --------
    >>> from marcelle_nb.models.batch_prediction import BatchPrediction
    >>> from marcelle_nb.models.knn import KNN
    >>> rows = [{"x": [0, 1], "y": "up"}, {"x": [1, 0], "y": "right"}]
    >>> model, batch = KNN(k=1), BatchPrediction("of a matrix")
    >>> run = model.train(rows).wait()
    >>> matrix = ConfusionMatrix(batch)
    >>> run = batch.predict(model, [*rows, {"x": [0.9, 0.2], "y": "up"}]).wait()
    >>> matrix.accuracy.value
    0.6666666666666666
    >>> matrix.selected.set({"x": "right", "y": "up"})
    >>> matrix.selected.value["v"], matrix.selected_ids.value
    (1, [2])
    >>> batch.clear()
    """

    view = "confusion_matrix"

    def __init__(self, batch: BatchPrediction) -> None:
        super().__init__()
        self._batch = batch
        self._counts = ConfusionCounts(())
        self.confusion: Stream[list[dict[str, Any]]] = self._stream([])
        self.accuracy: Stream[float | None] = self._stream(None)
        self.labels: Stream[list[str]] = self._stream([])
        kind = ConfusionCell(self._cell)
        self.selected: Stream[dict[str, Any] | None] = self._own(Parameter("selected", kind, None))
        self.selected_ids: Stream[list[Any]] = self._stream([])
        self._table: Stream[dict[str, Any]] = self._stream(self._drawn())
        self._finding = threading.Lock()
        self._feed = PredictionFeed(self, batch, self._show, self._find)
        self.progress = self._feed.progress
        self.selected.subscribe(lambda _: self._find())

    def _show(self, outcomes: Collection[PredictionOutcome]) -> list[tuple[Stream[Any], Any]]:
        counts = self._counts = ConfusionCounts(outcomes)
        news: list[tuple[Stream[Any], Any]] = [
            (self.confusion, counts.cells()),
            (self.accuracy, counts.accuracy),
        ]
        if counts.labels != self.labels.value:
            news.insert(0, (self.labels, counts.labels))
        before = self.selected.value
        if before is not None and (now := counts.cell(before["x"], before["y"])) != before:
            news.append((self.selected, now))
        return [*news, (self._table, self._drawn())]

    def _cell(self, predicted: str, true: str) -> dict[str, Any]:
        return self._counts.cell(predicted, true)

    def _find(self) -> None:
        """Look up which instances are in the selected cell."""
        with self._finding:  # one after another: the last one finds what is there then
            cell = self.selected.value
            ids = [] if cell is None or not cell["v"] else self._ids_of(cell)
            if ids == self.selected_ids.value:
                return
            self.selected_ids._post(ids)
        self.selected_ids._deliver()

    def _ids_of(self, cell: dict[str, Any]) -> list[Any]:
        label, truth = ({"$in": stored_forms(cell[key])} for key in "xy")
        query = {"label": label, "yTrue": truth}
        found = self._batch.predictions.items(query).select(["instanceId"])
        return [document.get("instanceId") for document in found]

    # The page's side

    def _drawn(self) -> dict[str, Any]:
        """Give what a page draws; of very many labels, the most frequent ones."""
        counts = self._counts
        places = counts.most_frequent(MAX_SHOWN)
        return {
            "labels": [counts.labels[place] for place in places],
            "counts": counts.table[places][:, places].tolist(),
            "support": counts.table.sum(1)[places].tolist(),
            "n_labels": len(counts.labels),
            "total": counts.total,
            "accuracy": counts.accuracy,
            "without_truth": counts.n_without_truth,
            "without_label": counts.n_without_label,
        }

    def _on_select(self, message: Message) -> None:
        self.selected.set({"x": message.take("x", LABEL), "y": message.take("y", LABEL)})

    def _synced(self) -> Mapping[str, Stream[Any]]:
        return {
            "name": Stream(self._batch.name),
            "table": self._table,
            "selected": self.selected.map(lambda it: it),
            "progress": self.progress,
        }

    def _handlers(self) -> dict[str, Callable[[Message], object]]:
        return {"select": self._on_select, "unselect": lambda _: self.selected.set(None)}

    def _summary(self) -> list[tuple[str, object]]:
        counts, cell = self._counts, self.selected.value
        rows: list[tuple[str, object]] = [("batch", self._batch.name)]
        if counts.accuracy is not None:
            rows.append(("accuracy", f"{counts.accuracy:.1%}"))
        rows.append(("predictions", counts.total))
        if counts.n_without_truth:
            rows.append(("without a true label", counts.n_without_truth))
        if counts.n_without_label:
            rows.append(("without a predicted label", counts.n_without_label))
        if cell is not None:
            rows.append(("selected", f"{cell['v']} of {cell['y']!r} as {cell['x']!r}"))
        return rows

    def _picture_html(self) -> str:
        counts = self._counts
        places = counts.most_frequent(STATIC_LABELS)
        names = [html.escape(counts.labels[place]) for place in places]
        if not names:
            return ""
        body = "".join(
            f"<tr><th style='text-align:right'>{name}</th>"
            + "".join(f"<td>{n}</td>" for n in counts.table[place, places].tolist())
            + "</tr>"
            for name, place in zip(names, places, strict=True)
        )
        foot = "".join(f"<th>{name}</th>" for name in names)
        hidden = len(counts.labels) - len(names)
        rest = f"<p>and {hidden:,} more labels</p>" if hidden else ""
        return (
            "<table><caption>True labels on the left, predicted ones below</caption>"
            f"{body}<tr><th></th>{foot}</tr></table>{rest}"
        )
