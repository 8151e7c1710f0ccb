"""Whether the log beside a file is its own: SQLite itself applies any that lies there."""

from __future__ import annotations

import sqlite3
import struct
import time
from contextlib import closing
from typing import TYPE_CHECKING

from marcelle_nb.data.sqlite_connections import patiently, raw_connection, read_only
from marcelle_nb.data.sqlite_count import COUNT_AT, count_anew, count_of
from marcelle_nb.errors import Conflict

if TYPE_CHECKING:
    from pathlib import Path

_HEADER, _FRAME = 32, 24
"""The bytes at the beginning of a log, and before each page in it; see sqlite.org/fileformat2."""

_LOOKS_S = (0.0, 0.05, 0.2, 0.5)
"""Pauses before each look: between those at log and file, another process may begin a new log."""


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
        found = _first_count(log)  # before the file's own, which goes on from there
        if found is None or _follows(*found, path):
            return
    raise Conflict(
        f"{path}: expected its own log beside it, got {log.name} of another file, which was moved,"
        " replaced or deleted here and whose newest changes are in it; close that store and put its"
        f" file back, or move {log.name} away, and open what is here"
    )


def _follows(first: int | None, most: int, path: Path) -> bool:
    """Say whether a log with the count `first`, and no more than `most` later ones, is a file's."""
    try:
        own = _own_count(path)
    except sqlite3.OperationalError:  # it cannot be read, which is said where it is opened
        return True
    except (sqlite3.DatabaseError, FileNotFoundError):
        return False
    if own == 0:  # an earlier release made it
        return True
    # copied back from the log may be nothing yet, all of it, or a part
    return first is not None and (own - first + 1) % 2**32 <= most + 1


def _own_count(path: Path) -> int:
    """Read a file without its log; through SQLite: closing it otherwise would give up its locks."""
    if not path.stat().st_size:
        raise FileNotFoundError
    with closing(raw_connection(read_only(path, fixed=True))) as connection:
        # else it is malformed where only a part of the log was copied back
        connection.execute("PRAGMA writable_schema = ON")
        return count_of(connection)


def _first_count(log: Path) -> tuple[int | None, int] | None:
    """Give the first count in a log, if one is in it, and how many pages it has room for.

    None where no whole change is in it.
    """
    try:
        with log.open("rb") as file:
            header = file.read(_HEADER)
            if len(header) < _HEADER:
                return None
            size = _FRAME + (int.from_bytes(header[8:12], "big") or 2**16)
            n_pages = (log.stat().st_size - _HEADER) // size
            count, is_whole = None, False
            for number in range(n_pages):
                file.seek(_HEADER + number * size)
                page, n_after, salt = struct.unpack(">II8s", file.read(16))
                if salt != header[16:24]:  # left over from before the log began anew
                    break
                if page == 1 and count is None:
                    file.seek(_FRAME - 16 + COUNT_AT, 1)
                    count = int.from_bytes(file.read(4), "big")
                is_whole = is_whole or n_after > 0
                if is_whole and count is not None:
                    break
    except (OSError, struct.error):  # none is there, or SQLite cannot read it either
        return None
    return (count, n_pages) if is_whole else None
