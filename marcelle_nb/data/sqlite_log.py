"""Whether the log beside a file is its own: SQLite itself applies any that lies there.

Each change of a store sets a mark in the file's first page, see `sqlite_count`. So a file's own log
begins with the mark of the change after the file's last; or, where some or all of it was copied
back, the file's mark is in the log, on a first page that says the same of the file. Any other log
is refused: that of another file, of its backup or of a copy, of a state before or after. So is each
that has changes where there is no file, as SQLite would delete it. One in some ten thousand is
taken for the file's own by chance.

What cannot be known is left to SQLite: logs without the first page, which only other programs
write, and those that begin with a mark that another program set.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

from marcelle_nb.data.logged_change import HEADER_SIZE, logged_changes
from marcelle_nb.data.sqlite_connections import patiently, raw_connection, read_only
from marcelle_nb.data.sqlite_count import COUNT_AT, count_anew, count_of, goes_on
from marcelle_nb.errors import Conflict

if TYPE_CHECKING:
    from pathlib import Path

_LOOKS_S = (0.0, 0.05, 0.2, 0.5)
"""Pauses before each look: others may write while file and log are read one after the other."""

_SET_BY_HAND = 2**16
"""Counts below are those of programs that number their tables' versions, from 1."""

_FIRST_PAGE_AT = (COUNT_AT, 28, 36, 40)
"""Where the parts of `_FirstPage` stand in it, in four bytes each."""


class _FirstPage(NamedTuple):
    """What the first page says of the changes, and of the file's pages and tables."""

    n_changes: int
    n_pages: int
    n_free: int
    schema: int

    def is_of(self, logged: _FirstPage) -> bool:
        """Say whether a file has this page from the log, perhaps not yet all pages after it."""
        return self[2:] == logged[2:] and self.n_pages <= logged.n_pages


def start_count(connection: sqlite3.Connection) -> None:
    """Let a new file count its changes; one that does already is left as it is."""
    if count_of(connection):
        return
    patiently(lambda: connection.execute("BEGIN IMMEDIATE"))
    try:
        if not count_of(connection):  # another process may just have done so
            count_anew(connection)
    finally:
        connection.execute("COMMIT")


def check_log(path: Path) -> None:
    """Refuse to open a file beside which there is the log of another one.

    Raises
    ------
    Conflict
        If the changes in the log do not follow those in the file, or there is no file.
    """
    log = path.with_name(path.name + "-wal")
    for pause_s in _LOOKS_S:
        time.sleep(pause_s)
        state = _state(log)
        try:
            own = _own_page(path)
            followed = _followed_instead(log, own)
            # the next look at what was written meanwhile; who writes all the time has them open
            is_still = followed is None or (_state(log) == state and _own_page(path) == own)
        except sqlite3.OperationalError:  # it cannot be read, which is said where it is opened
            return
        if followed is None:
            return
        if is_still:
            raise Conflict(_refusal(path, log, followed))


def _refusal(path: Path, log: Path, followed: str) -> str:
    return (
        f"{path}: expected the log of its own newest changes beside it, got {log.name}, which goes"
        f" on from {followed}; opened together, they would lose changes of both. Close whatever has"
        " them open, and keep a copy of both. Then put the file that the log goes on from here, and"
        f" open it: its newest changes are in {log.name} alone. Or, to open what is here without"
        f" them, move {log.name} into another folder"
    )


def _state(log: Path) -> tuple[int, int, bytes] | None:
    try:
        status = log.stat()
        with log.open("rb") as file:
            return status.st_size, status.st_mtime_ns, file.read(HEADER_SIZE)
    except OSError:
        return None


def _own_page(path: Path) -> _FirstPage | None:
    """Read a file without its log; None where there is no database that could have one.

    It is read through SQLite: closing it otherwise would give up the locks that SQLite holds.
    """
    try:
        if not path.stat().st_size:
            return None
        with closing(raw_connection(read_only(path, fixed=True))) as connection:
            # else it is malformed where only a part of the log was copied back
            connection.execute("PRAGMA writable_schema = ON")
            names = ("page_count", "freelist_count", "schema_version")
            rest = [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in names]
            return _FirstPage(count_of(connection), rest[0], rest[1], rest[2] % 2**32)
    except sqlite3.OperationalError:
        raise
    except (sqlite3.DatabaseError, FileNotFoundError):
        return None


def _followed_instead(log: Path, own: _FirstPage | None) -> str | None:
    """Say what a log goes on from, in words; None where it may be the file's own."""
    first = None
    for change in logged_changes(log):
        if own is None:
            return "a file that is not here"
        if change.first_page is None:
            continue
        last = _logged_page(change.first_page)
        if first is None:
            first = last
            if _may_follow(own, first, is_alone=change.is_alone):
                return None
        elif own.n_changes == last.n_changes and own.is_of(last):
            return None
    return None if first is None else "another file, or another state or copy of this one"


def _may_follow(own: _FirstPage, first: _FirstPage, *, is_alone: bool) -> bool:
    """Say whether the first page of a log may be the next of a file, or already in it."""
    if own.n_changes in (0, first.n_changes):  # or it was made by an earlier release, without count
        return True
    if goes_on(own.n_changes, first.n_changes):
        return True
    if first.n_changes < _SET_BY_HAND <= own.n_changes:
        return True
    return is_alone and own[1:] == first[1:]  # another program set the count, and nothing else


def _logged_page(page: bytes) -> _FirstPage:
    return _FirstPage(*(int.from_bytes(page[at : at + 4], "big") for at in _FIRST_PAGE_AT))
