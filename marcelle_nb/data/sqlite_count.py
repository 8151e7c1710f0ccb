"""The mark of a file's last change, in its header, as SQLite's `user_version`.

One half comes of the mark before, and tells what a change goes on from; the other is drawn, so that
no two files have the same, not even two copies that were changed equally often. As every change
sets it, the first page is in the log of each, and tells to which file the log belongs.
"""

from __future__ import annotations

import secrets
import zlib
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
    """Mark a change, in its transaction."""
    before = count_of(connection)
    _set(connection, (_half(before) << 16) | secrets.randbits(16))


def goes_on(before: int, after: int) -> bool:
    """Say whether one mark is that of the change after another."""
    return after >> 16 == _half(before)


def _half(count: int) -> int:
    # never 0: such marks are small, as those that programs set by hand
    return zlib.crc32(count.to_bytes(4, "big")) % (2**16 - 1) + 1


def _set(connection: sqlite3.Connection, count: int) -> None:
    signed = (count + 2**31) % 2**32 - 2**31
    connection.execute(f"PRAGMA user_version = {signed or 1}")
