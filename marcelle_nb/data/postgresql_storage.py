"""Stores on a PostgreSQL server, which a class shares."""

from __future__ import annotations

import logging
import random
import secrets
import time
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.pool import QueuePool

from marcelle_nb.data.fork_gate import gate
from marcelle_nb.data.postgresql_errors import is_connection_limit, is_turned_away, translated
from marcelle_nb.data.postgresql_values import PostgreSQLValues
from marcelle_nb.data.sql_storage import SqlStorage
from marcelle_nb.data.tables import CHANGING, documents
from marcelle_nb.errors import MethodNotAllowed, StoreError, Unavailable, Unprocessable

if TYPE_CHECKING:
    import os

    from marcelle_nb.data.location import Location

CHANNEL = "marcelle_changes"
"""What listeners are woken through; it carries nothing."""

_DEFAULTS = {"connect_timeout": 10, "application_name": "marcelle-nb", "client_encoding": "utf8"}
_QUIET = "marcelle_nb"
logging.getLogger(f"{QueuePool.__module__}.{QueuePool.__name__}.{_QUIET}").setLevel("CRITICAL")
"""The pool would write long traces of a server that is gone; we raise what there is to know."""

_OLDEST = 130_000  # transaction numbers that do not wrap came with PostgreSQL 13
_MAKING_TABLES = 0x4D61726C
_FEW_TRIES, _MANY_TRIES = 10, 100


class PostgreSQLStorage(SqlStorage):
    """Keeps data on a server, through psycopg.

    Parameters
    ----------
    location : Location
        With the server's address.

    Raises
    ------
    StoreError
        If the server cannot be reached, does not let us in, or is too old.

    Notes
    -----
    One or two connections for each process: a server has a hundred by default.
    """

    def __init__(self, location: Location) -> None:
        self.values = PostgreSQLValues()
        try:
            super().__init__(location)
        except ModuleNotFoundError as error:
            raise Unavailable(
                f"{location.shown}: expected the package psycopg, got none:"
                ' pip install "marcelle-nb[postgresql]"'
            ) from error
        try:
            self._open()
        except StoreError:
            self.close()
            raise

    def new_positions(self, connection: sa.Connection, count: int) -> list[int]:
        """Take the next numbers of the table's own sequence."""
        sequence = sa.func.pg_get_serial_sequence(documents.name, documents.c.position.name)
        statement = sa.select(sa.func.nextval(sequence.op("::")(sa.text("regclass"))))
        rows = connection.scalars(
            statement.select_from(sa.func.generate_series(1, count).table_valued("n"))
        )
        return sorted(rows)

    def clock(self) -> sa.ColumnElement[float]:
        """Ask the server's clock."""
        return sa.cast(sa.extract("epoch", sa.func.clock_timestamp()), sa.Double())

    def first_number(self) -> dict[str, int]:
        """Give a number below all that are final: a trigger gives those at the commit."""
        return {"number": -1 - secrets.randbits(62)}

    def announce(self, connection: sa.Connection) -> None:
        """Wake the listeners at the commit; they read the table of changes."""
        connection.execute(sa.select(sa.func.pg_notify(CHANNEL, "")))

    def stay_alone(self, connection: sa.Connection) -> None:
        """Take the lock of those that commit changes."""
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(CHANGING)))

    def backup(self, path: os.PathLike[str] | str) -> None:  # noqa: ARG002
        """Refuse: a copy of a server's data is made there."""
        raise MethodNotAllowed(
            f"{self.location.shown}: backup copies files; use pg_dump for a database on a server"
        )

    def check(self) -> None:
        """Read every document once, in the database."""
        body: Any = sa.cast(documents.c.body, sa.JSON())
        self.read(lambda it: it.scalar(sa.select(sa.func.count(sa.func.json_typeof(body)))))

    def raw_connection(self) -> Any:
        """Open a connection of the caller's own, to be closed by it."""
        self._check_open()
        failure = None
        try:
            with gate:
                pooled = self._engine.raw_connection()
                connection: Any = pooled.driver_connection
                pooled.detach()
            connection.autocommit = True
        except Exception as error:  # noqa: BLE001 psycopg is not imported where it is not there
            failure = translated(error, self.location)
        if failure is not None:
            raise failure
        return connection

    def _new_engine(self) -> sa.Engine:
        url = self.location.url
        if url is None:
            raise ValueError("location: expected an address")
        engine = sa.create_engine(
            "postgresql+psycopg://",  # the address comes later: an engine shows its own
            pool_size=1,
            max_overflow=2,
            pool_timeout=60,
            pool_pre_ping=True,
            pool_logging_name=_QUIET,
            hide_parameters=True,
        )

        def address(dialect: Any, _: object, __: object, parameters: dict[str, Any]) -> None:
            parameters |= _DEFAULTS | dialect.create_connect_args(url)[1]

        sa.event.listen(engine, "do_connect", address)
        return engine

    def _prepare(self, connection: sa.Connection) -> None:
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MAKING_TABLES)))

    def _look(self, connection: sa.Connection) -> None:
        shown = self.location.shown
        version = int(connection.exec_driver_sql("SHOW server_version_num").scalar_one())
        if version < _OLDEST:
            raise Unprocessable(f"{shown}: expected PostgreSQL 13 or newer, got {version // 10000}")
        encoding = connection.exec_driver_sql("SHOW server_encoding").scalar_one()
        if encoding != "UTF8":
            raise Unprocessable(f"{shown}: expected a database in UTF8, got {encoding:.20}")

    def _options(self, *, writes: bool) -> dict[str, Any]:
        if writes:
            return {"isolation_level": "READ COMMITTED", "postgresql_readonly": False}
        # documents and their arrays, read one after the other, must be of one moment
        return {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}

    def _may_repeat(self, error: sa.exc.SQLAlchemyError, attempt: int, *, writes: bool) -> bool:
        cause = getattr(error, "orig", None)
        if is_connection_limit(cause) and attempt < _MANY_TRIES:
            time.sleep(random.uniform(0.05, 0.2))  # noqa: S311 no secret
            return True
        if is_turned_away(cause) and attempt < _FEW_TRIES:
            time.sleep(random.uniform(0, 0.01 * attempt))  # noqa: S311 no secret
            return True
        is_lost = isinstance(error, sa.exc.DBAPIError) and error.connection_invalidated
        return is_lost and not writes and attempt == 1

    def _translated(self, error: sa.exc.SQLAlchemyError) -> StoreError:
        return translated(getattr(error, "orig", None) or error, self.location)
