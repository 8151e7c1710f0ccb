"""A copy of a store's file, made while it is open."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

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
    target = Path(os.path.realpath(Path(given).expanduser()))
    _check(target, own)
    handle, beside = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:50]}.")
    os.close(handle)
    try:
        with closing(sqlite3.connect(beside, isolation_level=None)) as copy:
            source.backup(copy)  # all in one step: one state of the data
            copy.execute("PRAGMA journal_mode = DELETE").fetchone()  # one file, without a log
            found = copy.execute("PRAGMA quick_check(1)").fetchone()
            if found != ("ok",):
                raise GeneralError(f"{target}: expected a whole copy, {found[0]}")
        _sync(Path(beside))
        os.chmod(beside, 0o644)  # noqa: PTH101 as a file that `open` makes
        Path(beside).replace(target)
        _sync(target.parent)
    finally:
        for suffix in ("", "-journal", "-wal", "-shm"):
            Path(beside + suffix).unlink(missing_ok=True)


def _check(target: Path, own: Path | None) -> None:
    if not target.parent.is_dir():
        raise NotFound(f"{target}: expected a folder that is there, got none: make it first")
    if target.is_dir():
        raise BadRequest(f"{target}: expected the name of a file, got a folder")
    if target == own or (own is not None and target.exists() and target.samefile(own)):
        raise BadRequest(f"{target}: expected another file than the store's own")
    logs = [target.with_name(target.name + suffix) for suffix in ("-wal", "-journal")]
    if any(log.exists() for log in logs):  # it would be applied to the copy
        raise Conflict(f"{target}: expected a file that nobody has open, got a store in use")


def _sync(path: Path) -> None:
    if os.name == "nt" and path.is_dir():  # folders cannot be synchronised there
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
