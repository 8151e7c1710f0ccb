"""Which addresses models are fetched from; asked again for every redirection."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

from marcelle_nb.errors import DownloadRefused

_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]+:(//|$)|file:")


def is_address(source: object) -> bool:
    """Tell an address from a path; `C:` is a drive, and no scheme has one letter."""
    return isinstance(source, str) and _SCHEME.match(source) is not None


def checked_address(url: str, *, plain: bool, came_from: str | None = None) -> SplitResult:
    """Split an address that may be fetched.

    Parameters
    ----------
    url : str
    plain : bool
        Whether http is taken from other machines than this one: what comes is compared with a
        checksum, or the user said so.
    came_from : str, optional
        The address that redirected to this one.

    Raises
    ------
    DownloadRefused
        If it is not https, nor http as far as that is taken; or if a redirection leads from
        another machine to this one, or to a file.
    """
    said = f"address: {display(url)}" + (f" (from {display(came_from)})" if came_from else "")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise DownloadRefused(f"{said}: expected an address, got {error}") from error
    if parts.scheme == "file" and came_from is None:
        return parts
    if parts.scheme not in ("https", "http") or not host:
        raise DownloadRefused(f"{said}: expected https://, got {parts.scheme or 'no scheme'}")
    local = is_loopback(host)
    if local and came_from is not None and not is_loopback(urlsplit(came_from).hostname or ""):
        raise DownloadRefused(f"{said}: another machine may not redirect to this one")
    if parts.scheme == "http" and not local and not plain:
        raise DownloadRefused(
            f"{said}: expected https://, got http://, by which anybody on the way can change what "
            "comes; give sha256=, or allow_http=True if you trust the network"
        )
    return parts


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine, by its name alone: nobody is asked for its address."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


def display(url: str) -> str:
    """Shorten an address for a message, without a password or what is asked for in it."""
    head, mark, rest = url.partition("://")
    place = rest.partition("?")[0].partition("#")[0]
    authority, slash, path = place.partition("/")
    shown = f"{head}{mark}{authority.rpartition('@')[2]}{slash}{path}"
    return shown if len(shown) <= 120 else f"{shown[:60]}…{shown[-59:]}"
