"""Connections to SQLite that wait for other writers, and are set up for files that last."""

from __future__ import annotations

import random
import sqlite3
import sys
import time
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.pool import QueuePool, StaticPool

from marcelle_nb.data.fork_gate import gate
from marcelle_nb.data.sqlite_count import count_on
from marcelle_nb.data.sqlite_values import add_functions

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

C = TypeVar("C", bound=sqlite3.Connection)

BUSY_S = 120.0
"""How long a writer waits for the writers of other processes."""

LOG_PAGES = 4_000
"""How long the log grows before it is copied back; SQLite's own 1,000 are one large commit."""

CACHE_KB = 16_000
"""How much of a file a connection holds in memory at most; with SQLite's own 2,000, a large commit
and the indexes push each other out."""

_ADDRESS = "file:///"
"""Begins no path: those are absolute."""

_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.0005, 0.02


def new_engine(file: str | None, settings: list[str]) -> sa.Engine:
    """Make what gives connections to a file, or the one to memory; connect to nothing yet.

    Parameters
    ----------
    file : str or None
        Its path or address, see `read_only`; None for memory.
    settings : list of str
        What each new connection is told.
    """

    def set_up(connection: sqlite3.Connection, _: object) -> None:
        add_functions(connection)
        for line in settings:
            connection.execute(line)

    # the functions that the engine holds must not hold the storage, which would never be collected
    if file is None:
        engine = _memory_engine()
    else:
        engine = sa.create_engine(
            "sqlite://",
            creator=lambda: _connected(file, sqlite3.Connection),
            poolclass=QueuePool,
            pool_size=5,
            max_overflow=-1,
        )
    sa.event.listen(engine, "connect", set_up)
    sa.event.listen(engine, "begin", _begin)
    sa.event.listen(engine, "handle_error", _keep_connection)
    return engine


def raw_connection(file: str) -> sqlite3.Connection:
    """Open a connection that is in no transaction unless told, to be closed on the same thread."""
    with gate:
        return sqlite3.connect(
            file, timeout=BUSY_S, isolation_level=None, uri=file.startswith(_ADDRESS)
        )


def read_only(path: Path, *, fixed: bool) -> str:
    """Give the address of a file that is only read.

    Parameters
    ----------
    path : Path
        Of the file, absolute.
    fixed : bool
        Whether nobody else writes to it either: then nothing is made beside it.
    """
    how = "immutable=1" if fixed else "mode=ro"
    return f"{_ADDRESS}{quote(path.as_posix().lstrip('/'))}?{how}"


def memory_settings() -> list[str]:
    """Give what the connection to memory is told."""
    return ["PRAGMA foreign_keys = ON"]


def file_settings(*, uses_log: bool) -> list[str]:
    """Give what each connection to a file is told."""
    settings = memory_settings()
    settings.append(f"PRAGMA synchronous = {'FULL' if uses_log else 'EXTRA'}")
    # in pages of 4 kB: a thousand rows at a time would copy their log back at each commit
    settings.append(f"PRAGMA wal_autocheckpoint = {LOG_PAGES}")
    settings.append(f"PRAGMA cache_size = -{CACHE_KB}")
    if sys.platform == "darwin":  # there, fsync alone leaves data in the disk's own memory
        settings += ["PRAGMA fullfsync = ON", "PRAGMA checkpoint_fullfsync = ON"]
    return settings


def patiently(attempt: Callable[[], Any], sleep: Callable[[float], object] = time.sleep) -> Any:
    """Try again for as long as the file is locked; `sleep` passes the time in between, in s."""
    end, wait_s = time.monotonic() + BUSY_S, _FIRST_WAIT_S
    while True:
        try:
            return attempt()
        except sqlite3.OperationalError as error:
            is_busy = getattr(error, "sqlite_errorcode", 0) & 0xFF in (
                sqlite3.SQLITE_BUSY,
                sqlite3.SQLITE_LOCKED,
            )
            if not is_busy or time.monotonic() > end:
                raise
        sleep(wait_s * random.uniform(0.5, 1))  # noqa: S311 no secret
        wait_s = min(1.2 * wait_s, _LONGEST_WAIT_S)


class _MemoryConnection(sqlite3.Connection):
    """A connection to memory, whose data is gone when it is closed, as a pool may do any time."""

    def close(self) -> None:
        """Let go of what was not committed."""
        if self.in_transaction:
            self.rollback()

    def close_at_last(self) -> None:
        """Let go of everything."""
        super().close()


def _memory_engine() -> sa.Engine:
    connection = _connected(":memory:", _MemoryConnection)
    engine = sa.create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool)
    sa.event.listen(engine, "engine_disposed", lambda _: connection.close_at_last())
    return engine


def _connected(file: str, kind: type[C]) -> C:
    return sqlite3.connect(
        file,
        timeout=BUSY_S,
        isolation_level=None,
        check_same_thread=False,
        factory=kind,
        uri=file.startswith(_ADDRESS),
    )


def _keep_connection(context: sa.engine.ExceptionContext) -> None:
    """Go on with a connection after a KeyboardInterrupt, which came between two calls of SQLite."""
    if not isinstance(context.original_exception, Exception):
        context.is_disconnect = False


def _begin(connection: sa.Connection) -> None:
    if not connection.get_execution_options().get("marcelle_writes"):
        connection.exec_driver_sql("BEGIN")
        return
    driver: Any = connection.connection.driver_connection
    # SQLite's own waiting looks every 100 ms, and so never meets the short pause between two
    # changes of a process that writes without rest
    driver.execute("PRAGMA busy_timeout = 0")
    try:
        # between two tries SQLite holds nothing that a fork could copy
        patiently(lambda: driver.execute("BEGIN IMMEDIATE"), gate.sleep)
        if not isinstance(driver, _MemoryConnection):
            count_on(driver)
    except sqlite3.Error as error:
        driver.rollback()
        raise sa.exc.OperationalError("BEGIN IMMEDIATE", None, error) from None
    finally:
        driver.execute(f"PRAGMA busy_timeout = {int(BUSY_S * 1000)}")
