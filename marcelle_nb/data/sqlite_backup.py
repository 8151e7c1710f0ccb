"""A copy of a store's file, made while it is open."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from marcelle_nb.data.replaced_file import replaced_file
from marcelle_nb.data.sqlite_count import count_anew
from marcelle_nb.errors import BadRequest, Conflict, GeneralError, NotFound


def copy_to(source: sqlite3.Connection, given: os.PathLike[str] | str, own: Path | None) -> None:
    """Write a whole copy beside, check it, and put it in place at once.

    Parameters
    ----------
    source : sqlite3.Connection
        To the store, outside of a transaction.
    given : path
        Where the copy goes; a file there is replaced.
    own : Path or None
        The store's own file, which is never replaced.
    """
    target = _target(given)
    _check(target, own)
    with replaced_file(target) as beside:
        with closing(sqlite3.connect(beside, isolation_level=None)) as copy:
            source.backup(copy)  # all in one step: one state of the data
            copy.execute("PRAGMA journal_mode = DELETE").fetchone()  # one file, without a log
            count_anew(copy)  # a log of the store is not one of its backup
            found = copy.execute("PRAGMA quick_check(1)").fetchone()
        if found != ("ok",):
            raise GeneralError(f"{target}: expected a whole copy, {found[0]}")


def _target(given: object) -> Path:
    path = os.fspath(given) if isinstance(given, str | os.PathLike) else None
    if not isinstance(path, str) or not path or "\0" in path:
        raise BadRequest(f"path: expected that of a file, got {given!r:.80}")
    try:
        found = os.path.realpath(Path(path).expanduser())
        os.fsencode(found)
    except (RuntimeError, UnicodeEncodeError):  # no such user; half of a surrogate pair
        raise BadRequest(f"path: expected that of a file, got {path!a:.80}") from None
    return Path(found)


def _check(target: Path, own: Path | None) -> None:
    if not target.parent.is_dir():
        raise NotFound(f"{target}: expected a folder that is there, got none: make it first")
    if target.is_dir():
        raise BadRequest(f"{target}: expected the name of a file, got a folder")
    if target.exists() and not target.is_file():  # a pipe or a device would be replaced
        raise BadRequest(f"{target}: expected a file, got something else")
    if target == own or (own is not None and target.exists() and target.samefile(own)):
        raise BadRequest(f"{target}: expected another file than the store's own")
    logs = [target.with_name(target.name + suffix) for suffix in ("-wal", "-journal")]
    if any(log.exists() for log in logs):  # it would be applied to the copy
        raise Conflict(f"{target}: expected a file that nobody has open, got a store in use")
