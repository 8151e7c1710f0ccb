"""What a listener needs of a database: to wait for changes, and to read them in commit order."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from marcelle_nb.data.change_log import PRUNED
from marcelle_nb.data.foreign_change import ForeignChange
from marcelle_nb.data.news import News
from marcelle_nb.data.tables import changes, meta

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Collection

    from marcelle_nb.data.sql_storage import SqlStorage

ROWS_AT_ONCE = 200
"""So many changes are read at a time."""


class ChangeSource(ABC):
    """Waits for changes that other processes make, with a connection of its own.

    Notes
    -----
    Thread: `mark` and `read` on any; all others on that of the listener. It does not hold the
    storage, which would then never be collected.
    """

    @abstractmethod
    def open(self, storage: SqlStorage) -> None:
        """Connect, where it is not connected."""

    @abstractmethod
    def wait(self, stop: threading.Event) -> None:
        """Return when something may have changed, or `stop` is set, or for no reason."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the connection; `open` makes a new one."""

    @staticmethod
    def mark(connection: sa.Connection) -> int:
        """Give the number of the newest change there was."""
        newest = connection.scalar(sa.select(sa.func.max(changes.c.number)))
        return _pruned(connection) if newest is None else int(newest)

    def read(
        self, storage: SqlStorage, after: int, services: Callable[[], Collection[str]]
    ) -> News:
        """Read what other processes did after a mark.

        Parameters
        ----------
        storage : SqlStorage
            Where.
        after : int
            The mark.
        services : callable
            Gives the names of those that somebody listens to. It is asked when it is settled which
            changes are read: who begins to listen later is to hear only of later ones.
        """

        def work(connection: sa.Connection) -> News:
            until = self.mark(connection)
            names = list(services())
            if until < after or _pruned(connection) > after:
                return News(until, [], is_lost=True)
            columns = (getattr(changes.c, name) for name in ForeignChange._fields)
            statement = (
                sa.select(*columns)
                .where(changes.c.number > after, changes.c.number <= until)
                .where(changes.c.origin != storage.origin, changes.c.service.in_(names))
                .order_by(changes.c.number)
                .limit(ROWS_AT_ONCE)
            )
            found = [_decoded(row) for row in connection.execute(statement)]
            is_all = len(found) < ROWS_AT_ONCE
            return News(until if is_all else found[-1].number, found, is_all=is_all)

        return storage.read(work)


def _pruned(connection: sa.Connection) -> int:
    found = connection.scalar(sa.select(meta.c.value).where(meta.c.key == PRUNED))
    return int(found or 0)


def _decoded(row: Any) -> ForeignChange:
    removed = json.loads(row.removed) if row.removed else []
    return ForeignChange(row.number, row.service, row.kind, json.loads(row.ids), removed)
