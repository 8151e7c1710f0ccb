"""Which addresses models are fetched from; asked again for every redirection."""

from __future__ import annotations

import ipaddress
import re
import socket
from urllib.parse import SplitResult, urlsplit

from marcelle_nb.errors import DownloadRefused

_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]+:(//|$)|file:")

_AMBIGUOUS = re.compile(r"[\x00-\x1f\x7f\\]|^[^/]*//[^/?#]* ")
"""What ends a host's name for one reader of addresses and not for another."""


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
        If it is not https, nor http as far as that is taken; if it can be read in two ways; or if
        a redirection leads from another machine to this one, as far as the address tells, or to a
        file.
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
    if unclear := _AMBIGUOUS.search(url):
        raise DownloadRefused(
            f"{said}: expected no {unclear[0][-1]!r} in an address, which readers take differently"
        )
    is_redirected = came_from is not None and not is_loopback(urlsplit(came_from).hostname or "")
    if is_redirected and is_this_machine(host):
        raise DownloadRefused(f"{said}: another machine may not redirect to this one")
    if parts.scheme == "http" and not is_loopback(host) and not plain:
        if came_from is not None:
            raise DownloadRefused(
                f"{said}: expected https://, got a redirection to http://, by which anybody on the "
                "way can change what comes; if the network has a sign-in page, sign in with a "
                "browser first"
            )
        raise DownloadRefused(
            f"{said}: expected https://, got http://, by which anybody on the way can change what "
            "comes; give sha256=, or allow_http=True if you trust the network"
        )
    return parts


def check_one_host(url: str, parts: SplitResult) -> None:
    """Compare the host that was checked with the one that the network library reads.

    Raises
    ------
    DownloadRefused
        If they are two.
    """
    from urllib3.util import parse_url

    read = parse_url(url).host or ""
    if _bare(read) != _bare(parts.hostname or ""):
        raise DownloadRefused(
            f"address: {display(url)}: expected one host, got {parts.hostname!r:.80} and "
            f"{read!r:.80}"
        )


def _bare(host: str) -> str:
    return host.strip("[]").replace("%25", "%").lower()


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine, by its name alone: nobody is asked for its address."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


def is_this_machine(host: str) -> bool:
    """Tell whether a host is this machine in any way of writing; nobody is asked for its address.

    More than what `is_loopback` takes: those ways are for getting past a check.
    """
    name = host.lower().rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    address: ipaddress.IPv4Address | ipaddress.IPv6Address
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        try:  # 127.1, 0x7f000001 and the like
            address = ipaddress.IPv4Address(socket.inet_aton(name))
        except (OSError, ValueError):
            return False
    if address.version == 6 and address.packed[:10] == bytes(10):  # ::127.0.0.1, ::ffff:127.0.0.1
        within = ipaddress.IPv4Address(address.packed[12:])
        if within.is_loopback or within.is_unspecified:
            return True
    return address.is_loopback or address.is_unspecified


def display(url: str) -> str:
    """Shorten an address for a message, without a password or what is asked for in it."""
    head, mark, rest = url.partition("://")
    place = rest.partition("?")[0].partition("#")[0]
    authority, slash, path = place.partition("/")
    shown = f"{head}{mark}{authority.rpartition('@')[2]}{slash}{path}"
    return shown if len(shown) <= 120 else f"{shown[:60]}…{shown[-59:]}"
