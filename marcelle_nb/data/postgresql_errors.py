"""What PostgreSQL's errors mean for a user; never with a password in it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from marcelle_nb.errors import (
    Conflict,
    Forbidden,
    GeneralError,
    NotAuthenticated,
    NotFound,
    StoreError,
    Unavailable,
)

if TYPE_CHECKING:
    from marcelle_nb.data.location import Location

_LOST = (Unavailable, "the server does not answer: look whether it runs, and try again")
_LOGIN = (NotAuthenticated, "the server does not take this user and password")
_NO_CONNECT = (Forbidden, "this user may not open this database: ask for CONNECT")
_FULL_OF_CLIENTS = (Unavailable, "the server has no connection left: try again later")

_CODES: dict[str, tuple[type[StoreError], str]] = {
    "28": _LOGIN,
    "3D": (NotFound, "the server has no such database: createdb makes one"),
    "53100": (GeneralError, "the server's disk is full: nothing was changed"),
    "53200": (GeneralError, "the server is out of memory: nothing was changed"),
    "53300": _FULL_OF_CLIENTS,
    "42501": (Forbidden, "this user may not do that: ask for CREATE and write permissions"),
    "25006": (Forbidden, "the server is read-only at this moment"),
    "23505": (Conflict, "the id is taken, by another process just now"),
    "40": (Unavailable, "other processes were in the way: try again"),
    "54": (GeneralError, "a document or array is larger than PostgreSQL takes"),
    "08": _LOST,
    "57": _LOST,
}
"""By SQLSTATE, or its class."""

_TEXTS = (
    ("too many clients", _FULL_OF_CLIENTS),
    ("connection slots are reserved", _FULL_OF_CLIENTS),
    ("authentication failed", _LOGIN),
    ("no password supplied", _LOGIN),
    ("no pg_hba.conf entry", _LOGIN),
    ('role "" does not exist', (NotAuthenticated, "the server does not know this user")),
    ('database "" does not exist', _CODES["3D"]),
    ("permission denied for database", _NO_CONNECT),
    ("translate host name", (Unavailable, "there is no machine of this name")),
    ("resolve host", (Unavailable, "there is no machine of this name")),
)
"""Failed connections have no SQLSTATE; of servers in another language only that is said."""

_NAMES = re.compile(r"""(["']).*\1""")
"""In a line: what users named may read like any of the texts."""


def translated(error: BaseException, location: Location) -> StoreError:
    """Say what failed, and what to do about it."""
    code = getattr(error, "sqlstate", None) or ""
    known = _CODES.get(code) or _CODES.get(code[:2])
    if known is None and not code:
        known = _said(error) or _LOST
    if known is not None:
        kind, meaning = known
        return kind(f"{location.shown}: {meaning}")
    text = " ".join(str(error).split())
    for secret in location.secrets:
        text = text.replace(secret, "***")
    return GeneralError(f"{location.shown}: {code} {text:.300}")


def is_connection_limit(error: BaseException | None) -> bool:
    """Say whether the server had no connection left."""
    if getattr(error, "sqlstate", None):
        return getattr(error, "sqlstate", None) == "53300"
    return _said(error) is _FULL_OF_CLIENTS


def is_turned_away(error: BaseException | None) -> bool:
    """Say whether the transaction lost against another one, and changed nothing."""
    return getattr(error, "sqlstate", None) in ("40001", "40P01")


def _said(error: BaseException | None) -> tuple[type[StoreError], str] | None:
    """Find what a text says beside the names in it, of which the address comes first."""
    lines = [
        _NAMES.sub('""', line.split("failed: FATAL:", 1)[-1]) for line in str(error).splitlines()
    ]
    return next((meaning for part, meaning in _TEXTS for line in lines if part in line), None)
