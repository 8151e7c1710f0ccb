"""Transactions on the tables of a store, whatever the database."""

from __future__ import annotations

import os
import secrets
import threading
import time
import weakref
from abc import ABC, abstractmethod
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa

from marcelle_nb.data import taken_rows
from marcelle_nb.data.fork_gate import gate
from marcelle_nb.data.tables import VERSION, meta, metadata
from marcelle_nb.data.taken_keeper import TakenKeeper
from marcelle_nb.data.taken_keys import TakenKeys
from marcelle_nb.errors import GeneralError, StoreError, Unavailable, Unprocessable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from marcelle_nb.data.location import Location
    from marcelle_nb.data.sql_conditions import JSONValues

T = TypeVar("T")

GONE = (
    "the file was moved, replaced or deleted since it was opened: nothing was changed; put it back,"
    " or close this store to open the one that is there now"
)

DAMAGED = "the data is damaged: go back to a backup"

_open: weakref.WeakSet[SqlStorage] = weakref.WeakSet()
_abandoned: list[sa.Engine] = []
"""Of the process that this one was forked from: closing them here would disturb it there."""


class SqlStorage(ABC):
    """Runs transactions, each whole or not at all, and on disk when it returns.

    Attributes
    ----------
    location : Location
        Where the data is.
    origin : str
        What this process calls itself in the table of changes.
    values : JSONValues
        How the database reads values in documents.
    taken : TakenKeys
        What was taken out here, and can be put back.

    Notes
    -----
    Thread: any. Writers of one process take turns. After a fork, both processes can go on.
    """

    values: JSONValues

    def __init__(self, location: Location) -> None:
        self.location = location
        self.origin = secrets.token_hex(8)
        self.lock = threading.RLock()
        self.taken = TakenKeys()
        self._keeper = TakenKeeper(self)
        self._closed = False
        self._engine = self._connected()
        _open.add(self)

    def read(self, work: Callable[[sa.Connection], T]) -> T:
        """Give what `work` reads: one state of the data, whatever others write meanwhile."""
        return self._run(work, writes=False)

    def write(
        self, work: Callable[[sa.Connection], T], then: Callable[[T], object] = lambda _: None
    ) -> T:
        """Change data, and call `then` with the result before another thread's next change."""
        with self.lock:
            result = self._run(work, writes=True)
            then(result)
        return result

    def keep(self, key: str) -> None:
        """Note what is taken out here: it is not thrown away while this process lives.

        Called in the transaction that takes it out: where there can be no thread that says so, it
        is not taken out.
        """
        if self.location.backend != "memory":
            self._keeper.start()
        self.taken.keep(key)

    def throw_away(self, keys: Iterable[str]) -> None:
        """Delete what was taken out and cannot be put back; where that fails, in a week's time."""
        with suppress(StoreError):
            taken_rows.throw_away(self, keys)

    def close(self) -> None:
        """Let go of all connections; a second call does nothing."""
        with self.lock:
            if not self._closed:
                self.throw_away(self.taken.all())
            self._closed = True
            self._keeper.close()
            self._finalizer()

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        return self._closed

    @abstractmethod
    def new_positions(self, connection: sa.Connection, count: int) -> list[int]:
        """Take the next numbers for documents, in a transaction that writes."""

    @abstractmethod
    def backup(self, path: os.PathLike[str] | str) -> None:
        """Write a whole copy, as of one moment, to a file."""

    @abstractmethod
    def raw_connection(self) -> Any:
        """Open a connection of the caller's own, to be closed by it on the same thread."""

    @abstractmethod
    def check(self) -> None:
        """Look for damage; `GeneralError` says what was found."""

    @abstractmethod
    def _new_engine(self) -> sa.Engine:
        """Make what gives connections; connect to nothing yet."""

    @abstractmethod
    def _look(self, connection: sa.Connection) -> None:
        """Look at the database before anything else is asked of it."""

    @abstractmethod
    def _prepare(self, connection: sa.Connection) -> None:
        """Make sure, in a transaction that writes, that nobody else makes the tables now."""

    @abstractmethod
    def _translated(self, error: sa.exc.SQLAlchemyError) -> StoreError:
        """Say what a driver's error means, and what to do."""

    def insert(
        self, connection: sa.Connection, table: sa.Table, rows: list[dict[str, Any]]
    ) -> None:
        """Add rows that all have the same keys; none at all is fine."""
        if rows:
            connection.execute(sa.insert(table), rows)

    def clock(self) -> float | sa.ColumnElement[float]:
        """Give the seconds since 1970 by the clock that all who open this data share."""
        return time.time()

    def first_number(self) -> dict[str, int]:
        """Give the number of a new change until its commit; nothing where it is final at once."""
        return {}

    def announce(self, connection: sa.Connection) -> None:  # noqa: B027 not every database can
        """Wake the listeners of other processes when this transaction ends; SQLite's look."""

    def stay_alone(self, connection: sa.Connection) -> None:  # noqa: B027 as SQLite's writers do
        """Let nobody else commit a change before this transaction ends."""

    def _options(self, *, writes: bool) -> dict[str, Any]:
        """Give the execution options of a transaction."""
        return {"marcelle_writes": writes}

    def is_current(self) -> bool:
        """Say whether what is at the location is still what was opened."""
        return True

    def _may_repeat(
        self,
        error: sa.exc.SQLAlchemyError,  # noqa: ARG002
        attempt: int,  # noqa: ARG002
        *,
        writes: bool,  # noqa: ARG002
    ) -> bool:
        """Say whether a transaction that failed so changed nothing and may succeed next time."""
        return False

    def _connected(self) -> sa.Engine:
        with gate:
            engine = self._new_engine()
        # not the storage itself, which would never be collected then
        self._finalizer = weakref.finalize(self, _dispose, engine, os.getpid())
        return engine

    def _open(self) -> None:
        """Check the tables, or make them where there are none; only that writes."""
        if not self._run(self._is_store, writes=False):
            self._run(self._make_tables, writes=True)
        taken_rows.throw_away_old(self)

    def _is_store(self, connection: sa.Connection) -> bool:
        self._look(connection)
        there = sa.inspect(connection)
        if not there.has_table(meta.name):
            return False
        version = connection.scalar(sa.select(meta.c.value).where(meta.c.key == "version"))
        check_version(version, self.location.shown)
        if missing := [table for table in metadata.tables if not there.has_table(table)]:
            raise GeneralError(
                f"{self.location.shown}: expected a whole store, the table {missing[0]} is missing:"
                " go back to a backup"
            )
        return True

    def _make_tables(self, connection: sa.Connection) -> None:
        self._prepare(connection)
        if not self._is_store(connection):  # another process may just have made them
            metadata.create_all(connection, checkfirst=False)
            connection.execute(sa.insert(meta).values(key="version", value=str(VERSION)))

    def _run(self, work: Callable[[sa.Connection], T], *, writes: bool) -> T:
        attempt = 0
        while True:
            # raised below, outside of `except`: the driver's own text may hold a password, and a
            # chained exception would show it
            try:
                self._check_open()
                with gate, self._engine.connect() as bare:
                    connection = bare.execution_options(**self._options(writes=writes))
                    with connection.begin():
                        result = work(connection)
                        if not self.is_current():
                            raise Unavailable(f"{self.location.shown}: {GONE}")
                        return result
            except sa.exc.SQLAlchemyError as error:
                attempt += 1
                repeat = self._may_repeat(error, attempt, writes=writes)
                failure = None if repeat else self._translated(error)
            except UnicodeDecodeError:  # a driver says so of damaged text, also in its own errors
                failure = GeneralError(f"{self.location.shown}: {DAMAGED}")
            except OverflowError:  # of what is bound to a statement
                failure = GeneralError(
                    f"{self.location.shown}: a document or array is larger than a database takes"
                )
            if failure is not None:
                raise failure

    def _check_open(self) -> None:
        if self._closed:
            raise Unavailable(f"{self.location.shown}: expected an open store, it is closed")

    def _after_fork(self) -> None:
        """Begin anew in a forked process, which shares nothing with its parent but the data."""
        self.lock = threading.RLock()
        self.origin = secrets.token_hex(8)
        self.taken = TakenKeys()
        self._keeper = TakenKeeper(self)
        self._finalizer.detach()
        _abandoned.append(self._engine)
        if not self._closed:
            self._engine = self._connected()


def check_version(version: object, shown: str) -> None:
    """Refuse a store whose tables this version does not know."""
    if version == str(VERSION):
        return
    if isinstance(version, str) and version.isdecimal():
        raise Unprocessable(
            f"{shown}: expected a store of version {VERSION}, got one of version {version:.20};"
            " a newer marcelle-nb wrote it: update this one"
        )
    raise Unprocessable(
        f"{shown}: expected a store of version {VERSION}, got one that says {version!r:.40}"
    )


def _dispose(engine: sa.Engine, process: int) -> None:
    if os.getpid() == process:
        with gate:
            engine.dispose()


def _after_fork() -> None:
    for storage in list(_open):
        storage._after_fork()


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_after_fork)
