"""Changes that other processes make in a file."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from marcelle_nb.data.change_source import ChangeSource
from marcelle_nb.data.fork_gate import gate
from marcelle_nb.data.sqlite_errors import translated

if TYPE_CHECKING:
    import threading

    from marcelle_nb.data.sql_storage import SqlStorage

POLL_S = 0.15
LONGEST_S = 2.0


class SQLiteChangeSource(ChangeSource):
    """Asks SQLite several times a second whether another connection changed the file."""

    def __init__(self) -> None:
        self._connection: Any = None
        self._version: Any = None

    def open(self, storage: SqlStorage) -> None:
        """Connect, and note the file's version before anything is read."""
        if self._connection is None:
            self._connection = storage.raw_connection()
            self._version = self._data_version()

    def wait(self, stop: threading.Event) -> None:
        """Return when the file's version is another."""
        end = time.monotonic() + LONGEST_S
        while not stop.wait(POLL_S) and time.monotonic() < end:
            version = self._data_version()
            if version != self._version:
                self._version = version
                return

    def close(self) -> None:
        """Let go of the file."""
        if self._connection is not None:
            with gate:
                self._connection.close()
        self._connection = None

    def _data_version(self) -> Any:
        try:
            with gate:
                return self._connection.execute("PRAGMA data_version").fetchone()
        except Exception as error:  # noqa: BLE001 whatever it is, the listener connects anew
            failure = translated(error, "the file")
        raise failure
