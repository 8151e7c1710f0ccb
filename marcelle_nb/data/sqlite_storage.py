"""Stores in a file or in memory, kept by SQLite."""

from __future__ import annotations

import os
import sqlite3
from typing import TYPE_CHECKING, Any

from marcelle_nb.data import sqlite_connections
from marcelle_nb.data.fork_gate import gate
from marcelle_nb.data.sql_storage import SqlStorage
from marcelle_nb.data.sqlite_backup import copy_to
from marcelle_nb.data.sqlite_errors import translated
from marcelle_nb.data.sqlite_file import SQLiteFile
from marcelle_nb.data.sqlite_values import SQLiteValues, reads_doubles_exactly
from marcelle_nb.data.tables import documents
from marcelle_nb.errors import GeneralError, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

    import sqlalchemy as sa

    from marcelle_nb.data.location import Location

APPLICATION = 0x4D61726C
"""Marks a file as ours: "Marl"."""

_DAMAGED = f"""SELECT id FROM {documents.name}
WHERE CASE WHEN json_valid(body) THEN json_extract(body, '$.id') IS NOT id ELSE 1 END LIMIT 20"""  # noqa: S608 own names


class SQLiteStorage(SqlStorage):
    """Keeps data in one file, or in memory.

    Parameters
    ----------
    location : Location
        Of a file, which is made where there is none, or "memory".

    Raises
    ------
    StoreError
        If the file is that of another program, of a newer version, or cannot be opened; it is left
        as it is.

    Notes
    -----
    The file has a write-ahead log, synchronised in full at every commit; on network file systems,
    which cannot have one, a rollback journal. A store that may not be written can be read; then
    what writes raises `Forbidden`. See sqlite.org/wal.html and sqlite.org/pragma.html.
    """

    def __init__(self, location: Location) -> None:
        self._file: SQLiteFile | None = None
        failure = None
        try:
            if location.path is not None:
                self._file = SQLiteFile(location.path)
        except (sqlite3.Error, OSError, UnicodeDecodeError) as error:
            failure = translated(error, location.shown)
        if failure is not None:
            raise failure
        super().__init__(location)
        try:
            self._open()
        except StoreError:
            self.close()
            raise

    def read(self, work: Callable[[sa.Connection], Any]) -> Any:
        """Give what `work` reads; there is one connection to memory, which all threads share."""
        if self.location.path is None:
            with self.lock:
                return super().read(work)
        return super().read(work)

    def new_positions(self, connection: sa.Connection, count: int) -> list[int]:
        """Take the next numbers; nobody else writes at the same time."""
        last = connection.exec_driver_sql(
            "SELECT seq FROM sqlite_sequence WHERE name = ?", (documents.name,)
        ).scalar()
        first = (last or 0) + 1
        return list(range(first, first + count))

    def insert(
        self, connection: sa.Connection, table: sa.Table, rows: list[dict[str, Any]]
    ) -> None:
        """Add rows that all have the same keys, without a look at every value on the way."""
        if rows:
            names = ", ".join(rows[0])
            places = ", ".join("?" * len(rows[0]))
            statement = f"INSERT INTO {table.name} ({names}) VALUES ({places})"  # noqa: S608 own names
            connection.exec_driver_sql(statement, [tuple(row.values()) for row in rows])

    def backup(self, path: os.PathLike[str] | str) -> None:
        """Write a whole copy to a file, also while others write here."""
        with self.lock:
            self._check_open()
            failure = None
            try:
                with gate, self._engine.connect() as connection:
                    driver: Any = connection.connection.driver_connection
                    copy_to(driver, path, self.location.path)
            except (sqlite3.Error, OSError, UnicodeDecodeError) as error:
                failure = translated(error, os.fspath(path))
            if failure is not None:
                raise failure

    def check(self) -> None:
        """Look for damage in the file, and in every document but for its arrays."""
        rows = self.read(lambda it: it.exec_driver_sql("PRAGMA integrity_check(20)").all())
        found = [row[0] for row in rows]
        if found == ["ok"]:
            ids = self.read(lambda it: it.exec_driver_sql(_DAMAGED).all())
            found = [f"the document {row[0]!a:.100} is damaged" for row in ids] or found
        if found != ["ok"]:
            raise GeneralError(f"{self.location.shown}: expected a whole file, {'; '.join(found)}")

    def is_current(self) -> bool:
        """Say whether the file at the path is still the one that was opened."""
        return self._file is None or self._file.is_there

    def raw_connection(self) -> sqlite3.Connection:
        """Open a connection of the caller's own, to be closed by it on the same thread."""
        self._check_open()
        if self._file is None:
            raise ValueError("location: expected a file, got memory, which has one connection")
        return sqlite_connections.raw_connection(self._file.address)

    def _new_engine(self) -> sa.Engine:
        if self._file is None:
            return sqlite_connections.new_engine(None, sqlite_connections.memory_settings())
        settings = sqlite_connections.file_settings(uses_log=self._file.uses_log)
        return sqlite_connections.new_engine(self._file.address, settings)

    def _look(self, connection: sa.Connection) -> None:
        driver: Any = connection.connection.driver_connection
        self.values = SQLiteValues(exact=reads_doubles_exactly(driver))

    def _prepare(self, connection: sa.Connection) -> None:
        if self.location.path is not None:
            connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION}")

    def _translated(self, error: sa.exc.SQLAlchemyError) -> StoreError:
        return translated(getattr(error, "orig", None) or error, self.location.shown)

    def _after_fork(self) -> None:
        if self.location.path is not None:
            super()._after_fork()
            return
        # a copy of the parent's memory, and this process's own from now on
        self.lock = type(self.lock)()
