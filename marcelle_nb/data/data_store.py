"""A place where documents live: in memory, in a file, on a server."""

from __future__ import annotations

import os
import threading
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import sqlalchemy as sa

from marcelle_nb.data.change_feed import ChangeFeed
from marcelle_nb.data.json_values import checked_text
from marcelle_nb.data.location import Backend, Location
from marcelle_nb.data.service import Service
from marcelle_nb.data.sqlite_change_source import SQLiteChangeSource
from marcelle_nb.data.sqlite_storage import SQLiteStorage
from marcelle_nb.data.tables import documents
from marcelle_nb.data.taken_rows import is_service
from marcelle_nb.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from marcelle_nb.data.change_source import ChangeSource
    from marcelle_nb.data.change_stream import ChangeStream
    from marcelle_nb.data.sql_storage import SqlStorage

MAX_NAME = 200

_open: weakref.WeakValueDictionary[Location, DataStore] = weakref.WeakValueDictionary()
_memory: list[DataStore] = []
"""Holds on to the store in memory: its data is there for as long as the kernel."""

_lock = threading.RLock()
"""For the dictionaries alone: nobody waits for a server while holding it."""

_turns: weakref.WeakValueDictionary[Location, threading.Lock] = weakref.WeakValueDictionary()
"""Of those that open a store, one at a time for each location."""


def _after_fork() -> None:
    """Begin anew in a forked process, where nobody would let go of the locks."""
    global _lock, _turns  # noqa: PLW0603 one for each process
    _lock = threading.RLock()
    _turns = weakref.WeakValueDictionary()


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_after_fork)


class DataStore:
    """A place where documents live.

    Parameters
    ----------
    location : str or path
        "memory", the default: gone with the kernel. A path, as "class.db", or `sqlite:///class.db`:
        one file, made where there is none. `postgresql://user:password@host:port/database`: a
        server that a class shares (needs the extra `postgresql`).

    Raises
    ------
    StoreError
        If it cannot be opened. The message says what to do, and never holds a password.

    Notes
    -----
    Thread: any. The same location gives the same store for as long as it is open.

    Examples
    --------
    >>> notes = DataStore().service("notes")
    >>> note = notes.create({"text": "hello", "stars": 3})
    >>> notes.find({"stars": {"$gte": 2}})["data"][0]["text"]
    'hello'
    """

    _storage: SqlStorage

    def __new__(cls, location: str | os.PathLike[str] = "memory") -> Self:
        """Give the store that is open at the location, or open it."""
        place = Location.parse(location)
        with _lock:
            turn = _turns.setdefault(place, threading.Lock())
        with turn:
            with _lock:
                store = _open.get(place)
            if not isinstance(store, cls) or store._is_stale():
                store = super().__new__(cls)
                store._begin(place)
                with _lock:
                    _open[place] = store
                    if place.backend == "memory":
                        _memory[:] = [store]
            return store

    def _begin(self, place: Location) -> None:
        self._location = place
        self._storage, new_source = _opened(place)
        self._services: dict[str, Service] = {}
        self._feed: ChangeFeed | None = None
        if new_source is not None:
            self._feed = ChangeFeed(self._storage, self._services, new_source)

    @property
    def location(self) -> str:
        """Where it is, without passwords."""
        return self._location.shown

    @property
    def backend(self) -> Backend:
        """What keeps the documents: "memory", "sqlite" or "postgresql"."""
        return self._location.backend

    @property
    def where(self) -> str:
        """A sentence for the page that says where the data lives."""
        if self.backend == "memory":
            return "Kept in this kernel's memory: gone when the kernel stops or restarts."
        if self.backend == "sqlite":
            return f"Kept in the file {self._location.brief}."
        return f"Kept on the server {self.location}."

    @property
    def services(self) -> list[str]:
        """The names of the services that hold documents, sorted."""
        statement = sa.select(documents.c.service).where(is_service(documents.c.service)).distinct()
        return sorted(self._storage.read(lambda it: it.scalars(statement).all()))

    def service(self, name: str) -> Service:
        """Give the service of a name, the same for the same name; it need not exist before.

        Parameters
        ----------
        name : str
            Any text of 1 to 200 characters without NUL and lone surrogates.
        """
        if not isinstance(name, str) or not 1 <= len(name) <= MAX_NAME:  # type: ignore[redundant-expr]
            raise BadRequest(
                f"service: expected a name of 1 to {MAX_NAME} characters, got {name!a:.100}"
            )
        checked_text(name, "service")
        with _lock:
            if name not in self._services:
                self._services[name] = Service(self._storage, name, self._listen)
            return self._services[name]

    def backup(self, path: str | os.PathLike[str]) -> Path:
        """Copy the whole store to a file, also while it is written to.

        Parameters
        ----------
        path : path
            Where to; a file there is replaced. The copy is a store itself.

        Raises
        ------
        MethodNotAllowed
            On PostgreSQL, whose own programs do that.
        """
        self._storage.backup(path)
        return Path(path)

    def check(self) -> None:
        """Look for damage; `GeneralError` says what was found."""
        self._storage.check()

    def close(self) -> None:
        """Let go of the file or the server; the store and its services answer no more."""
        with _lock:
            if _open.get(self._location) is self:
                del _open[self._location]
            if self in _memory:
                _memory.clear()
        if self._feed is not None:
            self._feed.close()
        self._storage.close()

    def _is_stale(self) -> bool:
        """Say whether the location needs to be opened anew."""
        return self._storage.closed or not self._storage.is_current()

    def _listen(self, name: str, stream: ChangeStream[Any]) -> None:
        """Note whether somebody listens to a service; nobody else writes to this memory."""
        if self._feed is not None:
            self._feed.listen(name, stream)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, _: object) -> Self:
        return self

    def __reduce__(self) -> tuple[type[DataStore], tuple[Path]]:
        path = self._location.path
        if path is None:  # another process has another memory; and no password travels
            raise TypeError(
                f"store: expected one in a file, got {self.location}, which cannot be pickled;"
                " open it where it is needed"
            )
        return type(self), (path,)  # not its text, which may look like another kind of location

    def __repr__(self) -> str:
        return f"<DataStore {self._location.brief}>"


def _opened(place: Location) -> tuple[SqlStorage, Callable[[], ChangeSource] | None]:
    """Open what is at a place, and give what makes listeners to its changes."""
    if place.backend == "memory":
        return SQLiteStorage(place), None
    if place.backend == "sqlite":
        return SQLiteStorage(place), SQLiteChangeSource
    from marcelle_nb.data.postgresql_change_source import PostgreSQLChangeSource
    from marcelle_nb.data.postgresql_storage import PostgreSQLStorage

    return PostgreSQLStorage(place), PostgreSQLChangeSource
