"""The rows of a table of runs, sorted and in pages."""

from __future__ import annotations

import html
import re
import threading
from typing import TYPE_CHECKING, Any, TypeAlias

from marcelle_nb.components.explained_variance import SHARES, explained_variance
from marcelle_nb.components.instance_fields import cell
from marcelle_nb.models.run_document import RUNNING, last_checkpoint, last_number
from marcelle_nb.models.run_pulse import RunPulse

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Cell: TypeAlias = str | float | bool | None

FIRST, EPOCHS = ("name", "status", "start"), "epochs"
"""The columns beside those of the metrics."""

N_WANTED = 2
"""So many metrics stand before the epochs: of all columns, a page may have room for the first."""

USUAL = ("accuracy", "loss", "val_accuracy", "val_loss")

MAX_METRICS = 12
"""Columns of metrics, where nobody said which."""


class RunTable:
    """Keeps of every run what a row shows.

    Parameters
    ----------
    metrics : sequence of str, or None
        Those that have a column; None for those that the runs have.

    Notes
    -----
    Thread: any. The numbers of the epochs are not kept.
    """

    def __init__(self, metrics: Sequence[str] | None) -> None:
        self._metrics = None if metrics is None else list(metrics)
        self._rows: dict[str, dict[str, Any]] = {}
        self._shown: dict[str, str] = {}
        self._arrived = 0
        self._pulse = RunPulse()
        self._lock = threading.RLock()

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def ids(self) -> set[str]:
        """The ids of all runs."""
        with self._lock:
            return {*self._rows}

    def put(self, run: Mapping[str, Any]) -> None:
        """Take a run, as `read_run` gives it, in the place of an earlier state."""
        with self._lock:
            known = self._rows.get(run["id"])
            if known is not None and _written(run) < _written(known):
                return
            self._arrived += known is None
            order = known["order"] if known else (run.get("createdAt") or "", self._arrived)
            checkpoint = last_checkpoint(run)
            self._rows[run["id"]] = {
                "id": run["id"],
                "order": order,
                "updatedAt": run.get("updatedAt") or "",
                "beat": run.get("beat"),
                "status": run["status"],
                "name": run["name"],
                "start": run["start"],
                "epoch": run["epoch"],
                "epochs": run["epochs"],
                "metrics": _numbers(run),
                "was_cancelled": run.get("stopped") is True,
                "message": str(run.get("message") or ""),
                "service": "" if checkpoint is None else checkpoint.get("service", ""),
            }

    def drop(self, ids: Iterable[str]) -> None:
        """Forget runs that are gone."""
        with self._lock:
            for identifier in ids:
                self._rows.pop(identifier, None)

    @property
    def columns(self) -> list[str]:
        """The names of the columns."""
        with self._lock:
            metrics = self._metrics
            if metrics is None:
                found = dict.fromkeys(key for row in self._rows.values() for key in row["metrics"])
                usual = [key for key in USUAL if key in found]
                metrics = [*dict.fromkeys([*usual, *sorted(found)])][:MAX_METRICS]
        told = [key for key in metrics if key not in (*FIRST, EPOCHS)]
        return [*FIRST, *told[:N_WANTED], EPOCHS, *told[N_WANTED:]]

    def page(self, offset: int, limit: int, sort: str, *, descending: bool) -> dict[str, Any]:
        """Give a page of rows; the newest run first where no column is named.

        Rows without a value in the column come last, whichever way it is sorted.
        """
        with self._lock:
            columns = self.columns
            rows = sorted(self._rows.values(), key=lambda row: row["order"], reverse=True)
            if sort:
                there = [(key, row) for row in rows if (key := self._sort_key(row, sort))]
                there.sort(key=lambda pair: pair[0], reverse=descending)
                rows = [row for _, row in there] + [r for r in rows if not self._sort_key(r, sort)]
            shown = [self._row(row, columns) for row in rows[offset : offset + limit]]
            return {"total": len(rows), "columns": columns, "rows": shown}

    def to_html(self, n_rows: int) -> str:
        """Draw the newest runs, where there is no page; all texts are escaped."""
        found = self.page(0, n_rows, "", descending=False)
        if not found["total"]:
            return ""
        head = "".join(f"<th>{html.escape(column)}</th>" for column in found["columns"])
        body = "".join(
            f"<tr>{''.join(f'<td>{_static_cell(value)}</td>' for value in row['cells'])}</tr>"
            for row in found["rows"]
        )
        more = found["total"] - len(found["rows"])
        rest = f"<p>and {more:,} more</p>" if more > 0 else ""
        return f"<table><tr>{head}</tr>{body}</table>{rest}"

    def has_new_status(self) -> bool:
        """Say whether a run has fallen silent, or was heard of again, since the last call."""
        with self._lock:
            now = {id_: self.status(r) for id_, r in self._rows.items() if r["status"] in RUNNING}
            before, self._shown = self._shown, now
            return now != before

    def shown(self, run: Mapping[str, Any]) -> dict[str, Any]:
        """Give a run with the status as it is shown."""
        return {**run, "status": self.status(run)}

    def status(self, run: Mapping[str, Any]) -> str:
        """Give the status of a run as it is shown."""
        with self._lock:
            return self._pulse.status(run)

    def _row(self, row: Mapping[str, Any], columns: Sequence[str]) -> dict[str, Any]:
        status = self.status(row)
        return {
            "id": row["id"],
            "version": f"{row['updatedAt']} {status}",
            "cells": [cell(self._cell(row, column)) for column in columns],
            "status": status,
            "message": row["message"][:500],
            "service": row["service"],
        }

    def _cell(self, row: Mapping[str, Any], column: str) -> Cell:
        if column == EPOCHS:
            return reached(row)
        if column == "status":
            return status_words(self.status(row), was_cancelled=row["was_cancelled"])
        value: Cell = row[column] if column in ("name", "start") else row["metrics"].get(column)
        return value

    def _sort_key(self, row: Mapping[str, Any], column: str) -> tuple[Any, ...] | None:
        """Give what a row is sorted by; None where it has nothing there."""
        if column == EPOCHS:
            return None if reached(row) is None else (row["epoch"],)
        value = self._cell(row, column)
        if value is None or value == "":
            return None
        return _natural(value) if isinstance(value, str) else (value,)


def _written(run: Mapping[str, Any]) -> tuple[str, int]:
    """Give what grows with every change of a run's document."""
    beat = run.get("beat")
    return str(run.get("updatedAt") or ""), beat if isinstance(beat, int) else 0


def _numbers(run: Mapping[str, Any]) -> dict[str, float | None]:
    """Give the number of each metric that a row shows."""
    numbers = {key: last_number(values) for key, values in run["logs"].items()}
    return numbers | {key: explained_variance(run) for key in numbers if key == SHARES}


def reached(row: Mapping[str, Any]) -> str | None:
    """Say how many epochs a run has reached, and of how many where it has not reached all.

    A model without epochs, such as a `knn`, tells of one at its start, and ends none.
    """
    epoch, epochs = row["epoch"], row["epochs"]
    if epoch == 0 and (epochs or 0) <= 1:
        return None
    if epoch is None or epochs is None or epoch >= epochs:
        return None if epoch is None else f"{epoch:,}"
    return f"{epoch:,} of {epochs:,}"


def status_words(status: str, *, was_cancelled: bool) -> str:
    """Say how a run is; one that was cancelled has learned something, one that stopped has not."""
    if status == "success":
        return "cancelled" if was_cancelled else "success"
    return "running" if status in RUNNING else status


def _static_cell(value: Cell | None) -> str:
    if value is None:
        return ""
    return html.escape(f"{value:.4g}" if isinstance(value, float) else str(value))


def _natural(text: str) -> tuple[Any, ...]:
    """Give what puts `run-10` after `run-9`."""
    parts = re.split(r"(\d+)", text[:500].casefold())
    return tuple((len(it.lstrip("0")), it) if i % 2 else it for i, it in enumerate(parts))
