"""A thread that says, for as long as the process lives, that it holds what it took out."""

from __future__ import annotations

import threading
import weakref
from functools import partial
from typing import TYPE_CHECKING

from marcelle_nb.data import taken_rows
from marcelle_nb.errors import StoreError

if TYPE_CHECKING:
    from marcelle_nb.data.sql_storage import SqlStorage

RENEWED_S = 3600.0
"""How often; long before the rows are thrown away."""


class TakenKeeper:
    """Renews the notes of what a storage has taken out.

    Parameters
    ----------
    storage : SqlStorage
        Which; it can be collected.

    Notes
    -----
    Thread: any. There is a thread from the first `start` on, until the storage is closed or gone.
    """

    def __init__(self, storage: SqlStorage) -> None:
        self._storage = weakref.ref(storage)
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        weakref.finalize(storage, self._stop.set).atexit = False

    def start(self) -> None:
        """Begin, unless it has begun; called within the storage's `write`, by one thread at a time.

        Raises
        ------
        RuntimeError
            If the system gives no thread; the next call asks again.
        """
        if self._thread is None:
            arguments = self._storage, self._stop
            thread = threading.Thread(
                target=_run, args=arguments, name="marcelle-taken", daemon=True
            )
            thread.start()
            self._thread = thread

    def close(self) -> None:
        """Let the thread end, without waiting for it."""
        self._stop.set()


def _run(storage_of: weakref.ref[SqlStorage], stop: threading.Event) -> None:
    while not stop.wait(RENEWED_S):
        _renew(storage_of)


def _renew(storage_of: weakref.ref[SqlStorage]) -> None:
    storage = storage_of()
    if storage is None or not (keys := storage.taken.kept):
        return
    try:
        storage.write(partial(taken_rows.renew, storage=storage, keys=keys))
    except StoreError:  # the next time, then
        return
