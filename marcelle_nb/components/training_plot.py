"""Draws what a training measures as it goes."""

from __future__ import annotations

import html
import math
import threading
from numbers import Real
from typing import TYPE_CHECKING, Any, TypeVar

from marcelle_nb.component import Component
from marcelle_nb.components.chart_keys import charts_of, own_charts, own_names, told_keys
from marcelle_nb.components.curve_picture import curves_html
from marcelle_nb.components.explained_variance import SHARES
from marcelle_nb.components.progress_bar import statuses_of
from marcelle_nb.message_log import MessageLog
from marcelle_nb.models.model import Model
from marcelle_nb.models.training_status import TrainingStatus

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from marcelle_nb.stream import Stream

    Row = dict[str, float | None]

Told = TypeVar("Told")


class TrainingPlot(Component):
    """Curves of a training: loss, accuracy, and whatever else the model tells after each epoch.

    Parameters
    ----------
    model : Model, or an object with a stream `training` of TrainingStatus
        Of a model, all epochs of the training under way are drawn, also those before the plot was
        made. It is listened to until a page has shown the plot and gone.
    logs : str, list of str, or dict, optional
        What to draw: the key of a metric; a chart for each of several; or charts by name, each with
        a key or a list of keys, as `{"loss": ["loss", "val_loss"]}`. Without, loss and accuracy,
        each with its validation, or what else this model tells. Metrics may have the names of any
        Marcelle: `val_loss` and `lossVal` are one.

    Attributes
    ----------
    logs : dict of str to list of str
        The charts, each with the keys that it draws, by our names. None where nobody said which,
        and the model has no curves: then a sentence says so.

    Raises
    ------
    TypeError, ValueError
        If the model has no such stream, or `logs` is none of this.

    Notes
    -----
    Thread: any. A `start` clears the curves, an epoch adds a point to each, and a list (the history
    at `success`) replaces a curve. A model that was loaded has none.
    """

    view = "training_plot"
    messages_per_second = 10

    def __init__(self, model: Any, logs: Any = None) -> None:
        super().__init__()
        self._training = statuses_of(model, "training", "model")
        history = getattr(model, "log", None)
        self._history = history if isinstance(history, MessageLog) else None
        self._asked = None if logs is None else charts_of(logs)
        self._lock = threading.RLock()
        self.log: MessageLog = MessageLog()
        self._status = "idle"
        self._last = 0
        self._told: dict[str, None] = {}
        self._without = _without_curves(model)
        self._charts: Stream[list[dict[str, Any]]] = self._stream([])
        self._sentence: Stream[str] = self._stream("")
        self._tell_charts()
        self._while_shown(self._training, self._take)
        # after the subscription: what comes in between is taken twice, which changes nothing
        self._ends.append(self.shown.subscribe(self._catch_up))

    @property
    def logs(self) -> dict[str, list[str]]:
        """The charts, each with the keys that it draws."""
        with self._lock:
            if self._asked is not None:
                return {name: told_keys(keys, self._told) for name, keys in self._asked.items()}
            return {} if self._why_none() else own_charts(self._told)

    def _why_none(self) -> str:
        """Say why there are no charts, where nobody asked for one."""
        if self._asked is not None or self._told:
            return ""
        if self._without:
            return f"{self._without} has no curves: its training tells no numbers."
        return "The training told no numbers." if self._status in {"success", "error"} else ""

    def _catch_up(self, shown: bool) -> None:  # noqa: FBT001 - a stream's value
        """Take the training so far from the model's own record."""
        if not shown or self._history is None:
            return
        with self._lock:
            for entry in _entries(self._history):
                keys = ("status", "epoch", "epochs", "data")
                self._take(TrainingStatus(**{key: entry[key] for key in keys}))
            self._take(self._training.value)

    def _take(self, status: TrainingStatus) -> None:
        if not isinstance(status, TrainingStatus):
            raise TypeError(f"training: expected a TrainingStatus, got {status!r:.80}")
        with self._lock:
            if status.status in {"start", "idle", "loaded"}:  # of which it knows no training
                self._begin(status)
            elif status.status == "epoch":
                self._add(status)
            elif status.status in {"success", "error"}:
                self._finish(status)
            self._tell_charts()

    def _begin(self, status: TrainingStatus) -> None:
        self._last = 0
        self._told.clear()
        self._append(status.status, None, status.epochs, {}, restart=True)

    def _add(self, status: TrainingStatus) -> None:
        epoch = self._last + 1 if status.epoch is None else status.epoch
        if epoch == 1 < self._last:  # of a model that tells no start
            self._begin(TrainingStatus("start", epochs=status.epochs))
        data = own_names(status.data or {})
        if epoch > self._last:  # else it was in the model's record
            row = {key: _number(it) for key, it in data.items() if _is_number(it)}
            self._last = epoch
            self._told.update(dict.fromkeys(row))
            self._append("epoch", epoch, status.epochs, row)
        self._replace(data, status.epochs)

    def _finish(self, status: TrainingStatus) -> None:
        self._replace(own_names(status.data or {}), status.epochs)
        if status.status != self._status:
            self._append(status.status, None, status.epochs, {})

    def _append(
        self, status: str, epoch: int | None, epochs: int | None, row: Row, *, restart: bool = False
    ) -> None:
        self._status = status
        drawn = self._asked_of(row)
        entry = {"status": status, "epoch": epoch, "epochs": epochs, "run": 0, "data": drawn}
        self.log.append(entry, restart=restart)

    def _asked_of(self, told: dict[str, Told]) -> dict[str, Told]:
        """Leave out what is not drawn."""
        if self._asked is None:
            return told
        keys = {key for keys in self.logs.values() for key in keys}
        return {key: it for key, it in told.items() if key in keys}

    def _replace(self, data: Mapping[str, Any], epochs: int | None) -> None:
        """Take whole curves, unless they are those that are there already."""
        curves = {
            key: values for key, it in data.items() if key != SHARES and (values := _list(it))
        }
        self._told.update(dict.fromkeys(curves))
        curves = self._asked_of(curves)
        if not curves:
            return
        rows = self._rows()
        replaced = {epoch: dict(row) for epoch, row in rows.items()}
        for key, values in curves.items():
            _put(replaced, [*rows], key, values)
        if replaced == rows:
            return
        self._append("start", None, epochs, {}, restart=True)
        for epoch in sorted(replaced):
            self._append("epoch", epoch, epochs, replaced[epoch])
        self._last = max(replaced)

    def _rows(self) -> dict[int, Row]:
        """Give the numbers of each epoch that is drawn."""
        return {it["epoch"]: it["data"] for it in _entries(self.log) if it["status"] == "epoch"}

    # The page's side

    def _tell_charts(self) -> None:
        charts = [
            {"name": name, "keys": keys, "note": self._note(keys)}
            for name, keys in self.logs.items()
        ]
        sentence = self._why_none()
        if sentence != self._sentence.value:
            self._sentence.set(sentence)
        if charts != self._charts.value:
            self._charts.set(charts)

    def _note(self, keys: list[str]) -> str:
        """Say why a chart is empty, or a curve of it missing."""
        if not self._told:
            return {
                "success": "The training told no numbers.",
                "error": "The training told no numbers.",
                "loaded": "A model that was loaded has no curves.",
            }.get(self._status, "No epochs yet.")
        missing = [key for key in keys if key not in self._told]
        if self._asked is None or not missing:
            return ""
        return f"Not told: {', '.join(missing)}. The training tells {', '.join(self._told)}."

    def _synced(self) -> Mapping[str, Stream[Any]]:
        return {"charts": self._charts, "sentence": self._sentence}

    def _summary(self) -> list[tuple[str, object]]:
        with self._lock:
            rows = self._rows()
            status = self._status
        newest: Row = {key: it for row in rows.values() for key, it in row.items()}
        numbers = [(key, "–" if it is None else f"{it:.3f}") for key, it in newest.items()]
        return [("status", status), ("epochs", len(rows)), *numbers]

    def _picture_html(self) -> str:
        with self._lock:
            rows = self._rows()
            charts = self._charts.value
        if sentence := self._sentence.value:
            return f"<p><em>{html.escape(sentence)}</em></p>"
        return "".join(
            curves_html(
                chart["name"],
                [*rows],
                {key: [row.get(key) for row in rows.values()] for key in chart["keys"]},
                chart["note"],
            )
            for chart in charts
        )


def _without_curves(model: Any) -> str:
    """Give the name of a model whose training has no epochs, or measures nothing; else ""."""
    if not isinstance(model, Model):
        return ""
    measures = "epochs" in model.parameters and model._learned != "nothing"
    return "" if measures else str(model.title)


def _entries(log: MessageLog) -> Iterator[dict[str, Any]]:
    known, newest = 0, 1
    while known < newest:
        entries, newest = log.since(known)
        for number, entry in entries:
            known = number
            yield entry
        if not entries:
            return


def _put(rows: dict[int, Row], epochs: list[int], key: str, values: list[float | None]) -> None:
    """Replace one curve: over the epochs that there are, where it has as many values."""
    for row in rows.values():
        row.pop(key, None)
    places = epochs if len(epochs) == len(values) else range(1, len(values) + 1)
    for epoch, value in zip(places, values, strict=True):
        rows.setdefault(epoch, {})[key] = value


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, Real) and not isinstance(value, bool))


def _number(value: Any) -> float | None:
    """Give a number that JSON can say; a loss that blew up leaves a gap."""
    return None if value is None or not math.isfinite(value) else float(value)


def _list(value: Any) -> list[float | None]:
    """Give the numbers of a list; empty where it is none, or holds something else."""
    if getattr(value, "ndim", None) == 1:
        value = value.tolist()
    if not isinstance(value, list | tuple) or not all(map(_is_number, value)):
        return []
    return [_number(it) for it in value]
