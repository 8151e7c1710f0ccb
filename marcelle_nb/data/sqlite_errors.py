"""What SQLite's errors mean for a user."""

from __future__ import annotations

import errno
import sqlite3

from marcelle_nb.data.sql_storage import DAMAGED, GONE
from marcelle_nb.errors import (
    Forbidden,
    GeneralError,
    NotFound,
    StoreError,
    Unavailable,
    Unprocessable,
)

_MEANINGS: dict[int, tuple[type[StoreError], str]] = {
    sqlite3.SQLITE_FULL: (GeneralError, "the disk is full: nothing was changed; make room"),
    sqlite3.SQLITE_READONLY: (Forbidden, "it may not be written: look at its permissions"),
    sqlite3.SQLITE_PERM: (Forbidden, "it may not be opened: look at its permissions"),
    sqlite3.SQLITE_AUTH: (Forbidden, "it may not be opened: look at its permissions"),
    sqlite3.SQLITE_BUSY: (Unavailable, "another process keeps it locked: try again"),
    sqlite3.SQLITE_LOCKED: (Unavailable, "another process keeps it locked: try again"),
    sqlite3.SQLITE_CANTOPEN: (
        NotFound,
        "it cannot be opened: look whether its folder is there and may be written",
    ),
    sqlite3.SQLITE_NOTADB: (Unprocessable, "it is no store, but a file of another kind"),
    sqlite3.SQLITE_CORRUPT: (GeneralError, "the file is damaged: go back to a backup"),
    sqlite3.SQLITE_TOOBIG: (GeneralError, "a document or array is larger than SQLite takes"),
    sqlite3.SQLITE_IOERR: (
        GeneralError,
        "the disk could not be read or written (it may be full): nothing was changed",
    ),
}

_SPECIAL_MEANINGS: dict[int, tuple[type[StoreError], str]] = {
    sqlite3.SQLITE_READONLY_DBMOVED: (Unavailable, GONE),
}

_SYSTEM_MEANINGS: dict[int | None, tuple[type[StoreError], str]] = {
    errno.ENOSPC: _MEANINGS[sqlite3.SQLITE_FULL],
    errno.EDQUOT: (GeneralError, "the quota is used up: nothing was changed; make room"),
    errno.EFBIG: (GeneralError, "the file would be too large: nothing was changed; make room"),
    errno.EACCES: _MEANINGS[sqlite3.SQLITE_PERM],
    errno.EPERM: _MEANINGS[sqlite3.SQLITE_PERM],
    errno.EROFS: _MEANINGS[sqlite3.SQLITE_READONLY],
    errno.ENOENT: (NotFound, "the folder is not there: make it first"),
    errno.ENAMETOOLONG: (NotFound, "the name is too long"),
}


def translated(error: BaseException, shown: str) -> StoreError:
    """Say what failed at a place, and what to do about it."""
    if isinstance(error, UnicodeDecodeError):  # in the text of an error, which it hides
        return GeneralError(f"{shown}: {DAMAGED}")
    if isinstance(error, OSError):
        known = _SYSTEM_MEANINGS.get(error.errno)
    else:
        code = getattr(error, "sqlite_errorcode", 0)
        known = _SPECIAL_MEANINGS.get(code) or _MEANINGS.get(code & 0xFF)
    if known is None:
        return GeneralError(f"{shown}: {type(error).__name__}: {error}")
    kind, meaning = known
    return kind(f"{shown}: {meaning}")
