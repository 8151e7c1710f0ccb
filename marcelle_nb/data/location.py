"""Where a store is: in memory, in a file, on a server."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from sqlalchemy import URL, make_url

from marcelle_nb.errors import BadRequest

Backend: TypeAlias = Literal["memory", "sqlite", "postgresql"]

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_NO_PATH = re.compile(r"(file|sqlite|postgres|postgresql):(?!//)", re.IGNORECASE)
"""Begins addresses in which something is missing, and SQLite's own, which we do not read."""

_HALF = re.compile("[\ud800-\udfff]")
"""Half of a surrogate pair, at which the driver would fail and show the whole address."""

_WINDOWS = re.compile(r"[A-Za-z]:[\\/]|\\\\")
_SQLITE = ("sqlite", "sqlite+pysqlite")
_POSTGRESQL = ("postgresql", "postgresql+psycopg", "postgres")
_LOOKS_SECRET = re.compile(
    r"postgres(ql)?[+\w]*(:/|//)|:[^/]*@|^[^/]+:.*@|(password|passwd|pwd)\s*=", re.IGNORECASE
)
"""Is found in mistyped addresses and in what other programs take for one: never a file's name."""

_RULE = "expected 'memory', a path, sqlite:///path or postgresql://user:password@host:port/database"


@dataclass(frozen=True)
class Location:
    """Where a store is.

    Attributes
    ----------
    backend : "memory", "sqlite" or "postgresql"
        What keeps the documents.
    path : Path or None
        The file, absolute, of SQLite's.
    url : sqlalchemy.URL or None
        The address of PostgreSQL's, with its password; never shown.
    """

    backend: Backend
    path: Path | None = None
    url: URL | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, given: str | os.PathLike[str]) -> Location:
        """Read what a user gives; `BadRequest`, which repeats no address, if it is none."""
        if isinstance(given, os.PathLike):
            return cls._of_file(os.fspath(given))
        if not isinstance(given, str):
            raise BadRequest(f"location: {_RULE}, got a {type(given).__name__}")
        given = given.strip()
        if given in ("memory", ":memory:", "sqlite://", "sqlite:///:memory:"):
            return cls("memory")
        scheme = _SCHEME.match(given)
        if not scheme:
            _check_no_secret(given)
            return cls._of_file(given)
        if scheme[1].lower() in _POSTGRESQL:
            return cls("postgresql", url=_postgresql_url(given))
        if scheme[1].lower() in _SQLITE and given[scheme.end() :].startswith("/"):
            path = given[scheme.end() + 1 :]
            if "?" in path:
                raise BadRequest(
                    "location: expected sqlite:///path without parameters, got some after a"
                    " question mark; give the path alone where it is part of a name"
                )
            _check_no_secret(path)
            return cls._of_file(path)
        raise BadRequest(f"location: {_RULE}, got one that begins with {scheme[1]:.40}://")

    @classmethod
    def _of_file(cls, given: object) -> Location:
        if not isinstance(given, str) or not given.strip() or "\0" in given:
            raise BadRequest(f"location: {_RULE}, got {given!r:.80}")
        if (scheme := _NO_PATH.match(given)) is not None:
            raise BadRequest(
                f"location: {_RULE}, got one that begins with {scheme[0]};"
                f" a file of such a name is ./{scheme[0]}..."
            )
        if os.name != "nt" and _WINDOWS.match(given):
            raise BadRequest(f"location: expected a path of this system, got {given!r:.80}")
        if given.endswith(("/", os.sep)):
            raise BadRequest(f"location: expected a file, got the folder {given!r:.80}; add a name")
        try:
            path = Path(given).expanduser()
            os.fsencode(path)
        except (RuntimeError, UnicodeEncodeError):  # no such user; half of a surrogate pair
            raise BadRequest(f"location: expected a path, got {given!a:.80}") from None
        return cls("sqlite", path=Path(os.path.realpath(path)))

    @property
    def shown(self) -> str:
        """The place as everybody may see it: no password, and no parameters, which may hold one."""
        if self.path is not None:
            return str(self.path)
        if self.url is None:
            return "memory"
        password = "***" if self.url.password is not None else None
        return self.url.set(drivername="postgresql", password=password, query={}).render_as_string(
            hide_password=True
        )

    @property
    def brief(self) -> str:
        """The place for notebooks, which are published: of a file no more than the working folder.

        Its path from there, or, where it is elsewhere, its name.
        """
        if self.path is None:
            return self.shown
        try:
            return str(self.path.relative_to(Path.cwd().resolve()))
        except (ValueError, OSError):
            return self.path.name

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not be shown: password and parameters' values."""
        if self.url is None:
            return ()
        values = [self.url.password, *self.url.query.values()]
        texts = (
            text for value in values for text in (value if isinstance(value, tuple) else [value])
        )
        return tuple(str(text) for text in texts if text)


def _check_no_secret(path: str) -> None:
    if _LOOKS_SECRET.search(path) and not (os.name == "nt" and _WINDOWS.match(path)):
        raise BadRequest(
            f"location: {_RULE}, got what looks like an address in another form (not shown, as it"
            " may hold a password); a file of such a name can be given as a Path"
        )


def _postgresql_url(given: str) -> URL:
    url = None
    if not _has_stray_at(given) and not _HALF.search(given):
        with suppress(Exception):  # the parser's own message may repeat the password
            url = make_url(given)
    if url is None:
        raise BadRequest(
            "location: expected postgresql://user:password@host:port/database, got another form;"
            " write the characters @ : / ? # % of a password as %40 %3A %2F %3F %23 %25"
        )
    return url.set(drivername="postgresql+psycopg")


def _has_stray_at(given: str) -> bool:
    """Say whether an "@" is where it belongs to a password: what follows would be shown."""
    _, _, rest = given.partition("://")
    place, _, parameters = rest.partition("?")
    authority = re.split("[/?#]", rest, maxsplit=1)[0]
    return (
        rest.count("@") > 1
        or ("@" in place and "@" not in authority)
        or any("@" in part and "=" not in part for part in parameters.split("&"))
    )
