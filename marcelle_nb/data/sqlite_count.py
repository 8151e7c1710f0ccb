"""The number of changes of a file, in its header, as SQLite's `user_version`.

It begins anywhere, also in a backup, so that no two files count alike. As every change sets it, the
first page is in the log of each, and tells to which file the log belongs.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

COUNT_AT = 60
"""Where it stands in the file's first page, in four bytes."""


def count_of(connection: sqlite3.Connection) -> int:
    """Give the number; 0 where there is none yet."""
    (count,) = connection.execute("PRAGMA user_version").fetchone()
    return int(count) % 2**32


def count_anew(connection: sqlite3.Connection) -> None:
    """Begin anywhere: no other file's log follows on this one any more."""
    _set(connection, secrets.randbits(32))


def count_on(connection: sqlite3.Connection) -> None:
    """Count a change, in its transaction."""
    _set(connection, count_of(connection) + 1)


def _set(connection: sqlite3.Connection, count: int) -> None:
    signed = (count + 2**31) % 2**32 - 2**31
    connection.execute(f"PRAGMA user_version = {signed or 1}")
