"""Shows the instances of a dataset as rows."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from marcelle_nb.component import Component
from marcelle_nb.components.field_name import FieldName
from marcelle_nb.components.identifiers import Identifiers, still_there
from marcelle_nb.components.instance_fields import (
    SAMPLE,
    at,
    cell,
    own_scalars,
    selecting,
)
from marcelle_nb.components.retried import Retried
from marcelle_nb.components.thumbnail_cache import ThumbnailCache
from marcelle_nb.data.dataset import Dataset
from marcelle_nb.errors import MessageRejected
from marcelle_nb.kinds import Boolean, Integer, Kind, Text
from marcelle_nb.parameter import Parameter, parameter
from marcelle_nb.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from marcelle_nb.message import Message

MAX_PAGE = 200
MAX_PICTURES = 50
"""Thumbnails in one message: about a hundred kilobytes."""

MAX_RANGE = 100_000
"""Rows that the page can select at once: their ids are about three megabytes on the wire."""

MAX_COLUMNS = 50
STATIC_ROWS = 10
UNSORTED = ("thumbnail", "x")


@dataclass(frozen=True)
class _Columns(Kind):
    """A list of names of fields, each once."""

    type: ClassVar[str] = "columns"

    def check(self, name: str, value: Any) -> list[str]:
        if not isinstance(value, list | tuple):
            raise TypeError(f"{name}: expected a list of fields, got {value!r:.80}")
        if len(value) > MAX_COLUMNS:
            raise ValueError(f"{name}: expected at most {MAX_COLUMNS} fields, got {len(value)}")
        fields = (FieldName().check(f"{name}[{place}]", it) for place, it in enumerate(value))
        return list(dict.fromkeys(fields))


class DatasetTable(Component):
    """A row for each instance, in pages that are read from the store when they are shown.

    A click on a column's head sorts, in the store. A click on a row selects it, with Shift up to
    there, also over pages, with Ctrl one more; the arrow keys do the same, and Ctrl+A selects all.

    Parameters
    ----------
    dataset : Dataset
        What it shows; changes appear at once, also those that other kernels make.
    columns : list of str, optional
        Which fields; a dot leads into an object. Without, the thumbnail, `y`, a short form of `x`,
        the fields of one's own that hold texts or numbers, and the date of creation.
    **parameters
        `single_selection`: whether the page lets no more than one row be selected.

    Attributes
    ----------
    columns : Stream of list of str
        Held. What is shown; the page can change it, too.
    selection : Stream of list of str
        Held. The ids of the selected instances, also of those on other pages. Set it to select;
        what is removed from the dataset leaves it.
    clicked : Stream of str
        Events: the id of an instance whose row was clicked, or chosen with Enter.

    Examples
    --------
    >>> table = DatasetTable(data, ["thumbnail", "y", "score"])
    >>> table.selection.subscribe(print, key="show")
    """

    view = "dataset_table"
    single_selection = parameter(Boolean(), False)

    def __init__(
        self, dataset: Dataset, columns: Sequence[str] | None = None, **parameters: Any
    ) -> None:
        super().__init__(**parameters)
        if not isinstance(dataset, Dataset):
            raise TypeError(f"dataset: expected a Dataset, got {dataset!r:.80}")
        self._dataset = dataset
        self._thumbnails = ThumbnailCache(dataset)
        self._own_fields: dict[str, None] = {}
        self._default: list[str] | None = [] if columns is None else None
        given: Any = [] if columns is None else columns
        self.columns: Stream[list[str]] = self._own(Parameter("columns", _Columns(), given))
        self.selection: Stream[list[str]] = self._own(Parameter("selection", Identifiers(), []))
        self.clicked: Stream[str] = self._stream()
        self._fields: Stream[list[str]] = self._stream([])
        self._revision: Stream[int] = self._stream(0)
        self._begin = Retried(self, self._look_anew)
        self._while_shown(dataset.changes.start_with([{"level": "dataset"}]), self._on_change)

    # Following the dataset

    def _on_change(self, changes: list[dict[str, Any]]) -> None:
        if any(change["level"] == "dataset" for change in changes):
            self._begin()
            return
        self._find_fields([change["data"] for change in changes])
        gone = {change["data"]["id"] for change in changes if change["type"] == "removed"}
        self._keep_selected(
            lambda ids: [identifier for identifier in ids if identifier not in gone]
        )
        self._revision.set(self._revision.value + 1)

    def _look_anew(self) -> None:
        self._find_fields(self._dataset.find({"$limit": SAMPLE})["data"])
        self._keep_selected(lambda ids: still_there(self._dataset, ids))
        self._revision.set(self._revision.value + 1)

    def _find_fields(self, instances: list[dict[str, Any]]) -> None:
        for instance in instances:
            self._own_fields.update(dict.fromkeys(own_scalars(instance)))
        own = list(self._own_fields)[: MAX_COLUMNS // 2]
        columns = ["thumbnail", "y", "x", *own, "createdAt"]
        if self.columns.value == self._default:  # what somebody has chosen stays
            self._default = columns
            self.columns.set(columns)
        self._fields.set([*columns, "updatedAt", "id"])

    def _keep_selected(self, still: Callable[[list[str]], list[str]]) -> None:
        before = self.selection.value
        left = still(before) if before else before
        if len(left) < len(before):
            self.selection.set(left)

    # The page's side

    def _on_rows(self, message: Message) -> None:
        offset = message.take("offset", Integer(min=0))
        limit = message.take("limit", Integer(min=1, max=MAX_PAGE))
        query = {"$skip": offset, "$limit": limit, **self._order(message)}
        answer = {"request": message.take("request", Integer(min=0)), "offset": offset}
        self.send({"kind": "rows", **answer, **self._rows(query)})

    def _order(self, message: Message) -> dict[str, Any]:
        """Give the part of a query that sorts as the page does."""
        field = message.take("sort", Text(max_length=1_000))
        order = -1 if message.take("descending", Boolean()) else 1
        if field and (field not in self.columns.value or field in UNSORTED):
            raise MessageRejected(f"sort: expected a column that can be sorted, got {field!r:.80}")
        return {"$sort": {field: order}} if field else {}

    def _on_range(self, message: Message) -> None:
        """Select what is between two rows, as the page sorts them; without any, all."""
        ends = [message.take(end, Text(max_length=200)) for end in ("first", "last")]
        adds = message.take("adds", Boolean())
        order = self._order(message)
        if self.single_selection:
            raise MessageRejected("range: expected a table in which several rows can be selected")
        found = self._between(ends, order)
        self.selection.set([*self.selection.value, *found] if adds else found)

    def _between(self, ends: list[str], order: dict[str, Any]) -> list[str]:
        found: list[str] = []
        open_ends = {end for end in ends if end}
        is_within = not open_ends
        for instance in self._dataset.items(order).select([]):
            if is_end := instance["id"] in open_ends:
                open_ends.remove(instance["id"])
                is_within = True
            if is_within:
                found.append(instance["id"])
            if len(found) > MAX_RANGE:
                raise MessageRejected(f"range: expected at most {MAX_RANGE:,} rows, got more")
            if is_end and not open_ends:
                break
        else:
            if open_ends:  # one was removed just now
                return [] if ends[1] in open_ends else [ends[1]]
        return found

    def _rows(self, query: Mapping[str, Any]) -> dict[str, Any]:
        columns = self.columns.value
        read = selecting(column for column in columns if column != "thumbnail")
        found = self._dataset.find({**query, "$select": [*read, "updatedAt"]})
        rows = [
            {
                "id": instance["id"],
                "version": str(instance.get("updatedAt", "")),
                "cells": [
                    None if column == "thumbnail" else cell(at(instance, column))
                    for column in columns
                ],
            }
            for instance in found["data"]
        ]
        return {"total": found["total"], "columns": columns, "rows": rows}

    def _on_pictures(self, message: Message) -> None:
        ids = message.take("ids", Identifiers())
        if len(ids) > MAX_PICTURES:
            raise MessageRejected(f"ids: expected at most {MAX_PICTURES}, got {len(ids)}")
        request = message.take("request", Integer(min=0))
        found = list(self._thumbnails.of(ids).items())
        self.send({"kind": "pictures", "request": request, "pictures": found})

    def _on_clicked(self, message: Message) -> None:
        self.clicked.set(message.take("id", Text(max_length=200)))

    def _synced(self) -> Mapping[str, Stream[Any]]:
        return {
            "name": Stream(self._dataset.name),
            "where": Stream(self._dataset.where),
            "columns": self.columns,
            "fields": self._fields,
            "selection": self.selection,
            "revision": self._revision,
        }

    def _handlers(self) -> dict[str, Callable[[Message], object]]:
        return {
            "rows": self._on_rows,
            "range": self._on_range,
            "pictures": self._on_pictures,
            "clicked": self._on_clicked,
        }

    def _summary(self) -> list[tuple[str, object]]:
        selected = len(self.selection.value)
        return [
            ("dataset", self._dataset),
            *([("selected", selected)] if selected else []),
            ("where", self._dataset.where),
        ]

    def _picture_html(self) -> str:
        found = self._rows({"$limit": STATIC_ROWS})
        columns = found["columns"]
        ids = [row["id"] for row in found["rows"]]
        urls = self._thumbnails.of(ids) if "thumbnail" in columns else {}
        head = "".join(f"<th>{html.escape(column)}</th>" for column in columns)
        body = "".join(_static_row(columns, row, urls) for row in found["rows"])
        more = found["total"] - len(ids)
        rest = f"<p>and {more:,} more</p>" if more > 0 else ""
        return f"<table><tr>{head}</tr>{body}</table>{rest}"


def _static_row(columns: list[str], row: dict[str, Any], urls: Mapping[str, str]) -> str:
    cells = []
    for column, value in zip(columns, row["cells"], strict=True):
        url = html.escape(urls.get(row["id"], "")) if column == "thumbnail" else ""
        text = "" if value is None else html.escape(str(value))
        cells.append(f"<td>{f'''<img alt='' src='{url}'>''' if url else text}</td>")
    return f"<tr>{''.join(cells)}</tr>"
