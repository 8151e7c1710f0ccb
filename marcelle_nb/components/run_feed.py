"""Follows the runs of a store, for a table of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marcelle_nb.components.identifiers import Identifiers
from marcelle_nb.data.service_change import ServiceChange
from marcelle_nb.models.run_document import read_run
from marcelle_nb.parameter import Parameter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from marcelle_nb.component import Component
    from marcelle_nb.components.run_table import RunTable
    from marcelle_nb.models.training_runs import TrainingRuns
    from marcelle_nb.stream import Stream

_EVERYTHING = ServiceChange("reset", [])


class RunFeed:
    """Keeps a table, and what is selected in it, as the store is, while its component is shown.

    Parameters
    ----------
    component : Component
        Whose.
    runs : TrainingRuns
        What it follows.
    table : RunTable
        Kept up to date.

    Attributes
    ----------
    selected : Parameter of list of str
        The ids of the selected runs; those that are gone leave it.
    selection : Stream of list of dict
        Held. These runs, as they are now.
    columns : Stream of list of str
        Held. Those of the table.
    revision : Stream of int
        Held. Another number whenever the table has changed.

    Notes
    -----
    Thread: any; changes are taken in one after another.
    """

    def __init__(self, component: Component, runs: TrainingRuns, table: RunTable) -> None:
        self._component = component
        self._runs = runs
        self._table = table
        self.selection: Stream[list[dict[str, Any]]] = component._stream([])
        selected: Parameter[list[str]] = Parameter("selected", Identifiers(), [])
        self.selected = component._own(selected)
        self.columns: Stream[list[str]] = component._stream(table.columns)
        self.revision: Stream[int] = component._stream(0)
        # through one stream, so that a change during the first reading is taken after it
        changes: Stream[ServiceChange] = component._stream()
        component._ends.append(changes.subscribe(self._on_change))
        component._while_shown(runs.service.changes, changes.set)
        component._ends += [
            component.shown.subscribe(lambda shown: changes.set(_EVERYTHING) if shown else None),
            self.selected.subscribe(lambda _: self._tell_selection()),
        ]

    def runs(self, ids: Sequence[str]) -> list[dict[str, Any]]:
        """Give the runs with these ids that there are, in this order."""
        found = {run["id"]: self._table.shown(run) for run in self._runs.items(ids)} if ids else {}
        return [found[identifier] for identifier in ids if identifier in found]

    def look(self) -> None:
        """Look for runs that have fallen silent."""
        if self._table.has_new_status():
            self._component._inbox.put(self._tell_table)
            self._component._inbox.put(self._tell_selection)

    def _on_change(self, change: ServiceChange) -> None:
        ids = {document["id"] for document in change.documents}
        if change.kind == "reset":
            self._read()
        elif change.kind == "removed":
            self._table.drop(ids)
        else:
            for document in change.documents:
                self._table.put(read_run(document))
        selected = self.selected.value
        left = [identifier for identifier in selected if identifier in self._table.ids]
        if left != selected:
            self.selected.set(left)
        elif change.kind == "reset" or not ids.isdisjoint(selected):
            self._tell_selection()
        self._tell_table()

    def _read(self) -> None:
        before = self._table.ids
        for run in self._runs.items():
            self._table.put(run)
            before.discard(run["id"])
        self._table.drop(before)

    def _tell_table(self) -> None:
        columns = self._table.columns
        if columns != self.columns.value:
            self.columns.set(columns)
        self.revision.set(self.revision.value + 1)

    def _tell_selection(self) -> None:
        runs = self.runs(self.selected.value)
        if runs or self.selection.value:
            self.selection.set(runs)
