"""A model's layers as a table in the page."""

from __future__ import annotations

import html
from typing import Any

from marcelle_nb.component import Component
from marcelle_nb.models.layer_rows import Rows, as_json, rows_of
from marcelle_nb.models.model import Model
from marcelle_nb.stream import Stream


class SummaryTable(Component):
    """Shows a model layer by layer: type, output shape, parameters, connections, trainable or not.

    For a model whose file holds a graph and no layers, it counts the operations. The table of a
    model of this package is renewed when that is trained or loaded.

    Parameters
    ----------
    model : keras.Model, LoadedModel, or a model made by `keras_model` or `tf_generic_model`

    Attributes
    ----------
    rows : Stream of Rows
        Held. What is shown.

    Raises
    ------
    TypeError
        If it is a model without layers, as `knn`, or none.
    """

    view = "summary_table"

    def __init__(self, model: Any) -> None:
        super().__init__()
        self._model = model
        self.rows: Stream[Rows] = self._stream(_rows(model))
        self._name = str(getattr(model, "name", "") or getattr(model, "title", "Model"))
        if isinstance(model, Model):
            self._while_shown(model.training, self._on_training)

    def _on_training(self, status: Any) -> None:
        if status.status in ("start", "success", "loaded", "idle", "error"):
            self.rows.set(_rows(self._model))

    def _synced(self) -> dict[str, Stream[Any]]:
        return {"title": Stream(self._name), "table": self.rows.map(as_json)}

    def _summary(self) -> list[tuple[str, object]]:
        rows = self.rows.value
        return [("model", self._name), ("rows", len(rows.cells)), ("total", rows.foot)]

    def _picture_html(self) -> str:
        rows = self.rows.value
        head = "".join(f"<th>{html.escape(name)}</th>" for name in rows.columns)
        body = "".join(
            "<tr>" + "".join(f"<td>{html.escape(str(cell))}</td>" for cell in row) + "</tr>"
            for row in rows.cells
        )
        return f"<table><tr>{head}</tr>{body}</table>"


def _rows(model: Any) -> Rows:
    """Give the rows of any model that has layers or operations; none where it is not built yet."""
    if not isinstance(model, Model):
        return rows_of(model)
    if not hasattr(model, "keras_model"):
        raise TypeError(f"model: expected one with layers, got {model.title}")
    inner = model.keras_model
    if inner is None:
        inner = getattr(model, "loaded", None)
    return Rows() if inner is None else rows_of(inner)
