"""Changes that other processes make on a PostgreSQL server."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from marcelle_nb.data.change_source import ChangeSource
from marcelle_nb.data.fork_gate import gate
from marcelle_nb.data.postgresql_errors import translated
from marcelle_nb.data.postgresql_storage import CHANNEL
from marcelle_nb.errors import StoreError, Unavailable

if TYPE_CHECKING:
    import threading

    from marcelle_nb.data.location import Location
    from marcelle_nb.data.sql_storage import SqlStorage

POLL_S = 2.0
_GATHER_S = 0.05
_STEP_S = 0.25


class PostgreSQLChangeSource(ChangeSource):
    """Is woken by the server, and looks every two seconds besides."""

    def __init__(self) -> None:
        self._connection: Any = None
        self._location: Location | None = None

    def open(self, storage: SqlStorage) -> None:
        """Connect and listen, before anything is read."""
        if self._connection is None:
            self._location = storage.location
            connection = storage.raw_connection()
            try:
                with gate:
                    connection.execute(f"LISTEN {CHANNEL}")
            except BaseException:
                connection.close()
                raise
            self._connection = connection

    def wait(self, stop: threading.Event) -> None:
        """Return when the server wakes us, a little later, so that several wake us once."""
        end = time.monotonic() + POLL_S
        while not stop.is_set() and time.monotonic() < end:
            if self._is_woken():
                stop.wait(_GATHER_S)
                return

    def close(self) -> None:
        """Let go of the connection."""
        if self._connection is not None:
            with gate:
                self._connection.close()
        self._connection = None

    def _is_woken(self) -> bool:
        failure: StoreError | None = None
        try:
            return any(True for _ in self._connection.notifies(timeout=_STEP_S, stop_after=1))
        except Exception as error:  # noqa: BLE001 whatever it is, the listener connects anew
            failure = translated(error, self._location) if self._location else Unavailable("")
        raise failure
