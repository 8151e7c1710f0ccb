"""The file of a store: whether it is one, and whether it is still there."""

from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import closing, suppress
from typing import TYPE_CHECKING

from marcelle_nb.data.file_systems import is_on_network
from marcelle_nb.data.fork_gate import gate
from marcelle_nb.data.sql_storage import check_version
from marcelle_nb.data.sqlite_connections import patiently, raw_connection, read_only
from marcelle_nb.data.sqlite_log import check_log, start_count
from marcelle_nb.data.tables import meta
from marcelle_nb.errors import BadRequest, Forbidden, NotFound, Unprocessable

if TYPE_CHECKING:
    from pathlib import Path


class SQLiteFile:
    """One file, as it is when this object is made.

    Parameters
    ----------
    path : Path
        Of the file; where there is none, an empty one is made.

    Attributes
    ----------
    uses_log : bool
        Whether it has a write-ahead log; a rollback journal, where the file system takes no log.
    address : str
        What SQLite opens it by: that of a store on a read-only disk says that it is only read.

    Raises
    ------
    StoreError
        If it is no file of ours; it is left as it is.
    sqlite3.Error, OSError
        If it cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        _check_path(path)
        check_log(path)
        self._path = path
        is_shared = is_on_network(path.parent)
        self.address, self.uses_log = str(path), False
        try:
            with gate, closing(raw_connection(self.address)) as connection:
                _check_owner(connection, path)
                start_count(connection)  # before there is a log
                self.uses_log = not is_shared and patiently(lambda: _uses_log(connection))
                if not self.uses_log:
                    patiently(lambda: connection.execute("PRAGMA journal_mode = DELETE").fetchone())
        except sqlite3.OperationalError as error:
            address = _readable(path, error)
            if address is None:
                raise
            self.address = address
        # numbers of files on a network may be others tomorrow
        self._identity = None if is_shared else _identity(path)

    @property
    def is_there(self) -> bool:
        """Whether the file at the path is this one: what is written to another one is lost."""
        try:
            now = _identity(self._path)
        except FileNotFoundError:
            return False
        except OSError:  # SQLite will say what it is
            return True
        return self._identity is None or now == self._identity


def _readable(path: Path, error: sqlite3.OperationalError) -> str | None:
    """Give the address to read a store by that may not be written; None where that is not so."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code not in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
        return None
    if not os.access(path, os.R_OK):
        return None
    logs = [path.with_name(path.name + suffix) for suffix in ("-wal", "-journal")]
    has_log = any(log.exists() and log.stat().st_size for log in logs)
    for fixed in (False, True)[: 1 if has_log else 2]:
        address = read_only(path, fixed=fixed)
        with (
            suppress(sqlite3.OperationalError),
            gate,
            closing(raw_connection(address)) as connection,
        ):
            _check_owner(connection, path)
            return address
    if not has_log:
        return None
    raise Forbidden(
        f"{path}: it may not be written, and its newest changes are in a file beside it that only a"
        " writer can read: open it once where it may be written"
    )


def _uses_log(connection: sqlite3.Connection) -> bool:
    return bool(connection.execute("PRAGMA journal_mode = WAL").fetchone() == ("wal",))


def _check_path(path: Path) -> None:
    if not path.parent.is_dir():
        raise NotFound(
            f"{path}: expected a file in a folder that is there, got none: make it first"
        )
    try:
        status = path.stat()
    except FileNotFoundError:
        return
    if stat.S_ISDIR(status.st_mode):
        raise BadRequest(f"{path}: expected a file, got a folder; add a name, as in class.db")
    if not stat.S_ISREG(status.st_mode):
        raise BadRequest(f"{path}: expected a file, got something else")
    if status.st_nlink > 1:  # the log lies beside one name, and who opens another misses it
        raise BadRequest(
            f"{path}: expected a file of one name, got one of {status.st_nlink} (hard links), under"
            " each of which its newest changes would be lost to the others: remove the others, or"
            " replace them by symbolic links"
        )


def _check_owner(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse a database of another program."""
    names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master")]
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    columns = [row[1] for row in connection.execute(f"PRAGMA table_info({meta.name})")]
    is_ours = {"key", "value"} <= set(columns)
    if (names or application) and not is_ours:
        raise Unprocessable(f"{path}: expected a store, got a database of another program")
    if is_ours:
        statement = f"SELECT value FROM {meta.name} WHERE key = 'version'"  # noqa: S608 own names
        row = connection.execute(statement).fetchone()
        check_version(row and row[0], str(path))


def _identity(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_dev, status.st_ino
