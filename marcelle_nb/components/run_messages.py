"""What the page of a history of trainings asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marcelle_nb.components.identifiers import Identifiers
from marcelle_nb.components.run_details import run_details
from marcelle_nb.errors import MessageRejected
from marcelle_nb.kinds import Boolean, Integer, Text
from marcelle_nb.models.refusal import refusing

if TYPE_CHECKING:
    from collections.abc import Callable

    from marcelle_nb.components.run_table import RunTable
    from marcelle_nb.components.training_history import TrainingHistory
    from marcelle_nb.message import Message
    from marcelle_nb.models.training_runs import TrainingRuns

MAX_PAGE = 200

MAX_DRAWN = 12
"""So many of the selected runs are drawn: about as many colours can be told apart."""


class RunMessages:
    """The handlers of a history's messages.

    - `rows` with `offset`, `limit`, `sort`, `descending` is answered with `rows`: a page of them.
    - `runs` with `ids`, and in `known` pairs of id and version, is answered with `runs`: all that
      is drawn of these, but of one that is known only its id and version.
    - `action` with `name`, `ids`, `multiple`; `restore` with `id`; `remove` with `ids`; `undo`.
    """

    def __init__(self, history: TrainingHistory, runs: TrainingRuns, table: RunTable) -> None:
        self._history = history
        self._runs = runs
        self._table = table

    def handlers(self) -> dict[str, Callable[[Message], object]]:
        """Give the handler of each kind of message."""
        handlers: dict[str, Callable[[Message], object]] = {
            "rows": self._on_rows,
            "runs": self._on_runs,
            "action": self._on_action,
            "restore": lambda it: self._history.restore(it.take("id", Text(max_length=200))),
            "remove": lambda it: self._history.remove(*it.take("ids", Identifiers())),
            "undo": lambda _: self._history.undo(),
        }
        return {kind: refusing(work) for kind, work in handlers.items()}

    def _on_rows(self, message: Message) -> None:
        offset = message.take("offset", Integer(min=0))
        limit = message.take("limit", Integer(min=1, max=MAX_PAGE))
        sort = message.take("sort", Text(max_length=1_000))
        descending = message.take("descending", Boolean())
        if sort and sort not in self._table.columns:
            raise MessageRejected(f"sort: expected one of the columns, got {sort!r:.80}")
        answer = {"request": message.take("request", Integer(min=0)), "offset": offset}
        page = self._table.page(offset, limit, sort, descending=descending)
        self._history.send({"kind": "rows", **answer, **page})

    def _on_runs(self, message: Message) -> None:
        request = message.take("request", Integer(min=0))
        ids = message.take("ids", Identifiers())[:MAX_DRAWN]
        versions = _pairs(message.content.get("known"))
        runs = []
        for run in self._runs.items(ids):
            status = self._table.status(run)
            version = f"{run.get('updatedAt')} {status}"
            is_known = versions.get(run["id"]) == version
            details = {"id": run["id"]} if is_known else run_details(run, status)
            runs.append({**details, "version": version})
        runs.sort(key=lambda run: ids.index(run["id"]))
        self._history.send({"kind": "runs", "request": request, "runs": runs})

    def _on_action(self, message: Message) -> None:
        name = message.take("name", Text(max_length=200))
        multiple = message.take("multiple", Boolean())
        self._history._act(name, message.take("ids", Identifiers()), multiple=multiple)


def _pairs(value: Any) -> dict[str, Any]:
    given = value if isinstance(value, list) else []
    return {it[0]: it[1] for it in given if isinstance(it, list) and [*map(type, it)] == [str, str]}
