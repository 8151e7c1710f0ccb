"""One file asked for over HTTP; every redirection is looked at, and a web page is no model."""

from __future__ import annotations

import re
import socket
from contextlib import suppress
from itertools import chain
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

from marcelle_nb.errors import DownloadRefused, HostUnreachable, NoFileThere
from marcelle_nb.formats.addresses import (
    check_one_host,
    checked_address,
    display,
    is_loopback,
    is_this_machine,
)
from marcelle_nb.formats.watched_adapter import watched_adapter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    import requests

MAX_HOPS = 10

SILENCE = 30.0
"""Seconds without a byte after which a server is given up."""

_CHUNK = 2**16
_HEAD = 4096
_PAGE = re.compile(  # no model begins with a comment, so what comes after one need not be known
    rb"(\xef\xbb\xbf)?\s*<(!--|(!doctype\s+html|html|head)\b)", re.IGNORECASE
)
_TITLE = re.compile(rb"<title[^>]*>(.{1,200}?)</title", re.IGNORECASE | re.DOTALL)

T = TypeVar("T")


class WebRequest:
    """One file, asked for in a thread that nobody has to wait for.

    Parameters
    ----------
    url : str
    target : Path
        The file to write.
    limit : int
        Bytes.
    plain : bool
        Whether http is taken from other machines than this one.

    Attributes
    ----------
    answer : mapping of str to str, or None
        The headers with which the file came; None where nothing has changed.
    complete : bool
        Whether the answer came to its end.
    error : DownloadRefused or None
    received : int
        Bytes so far.
    """

    def __init__(self, url: str, target: Path, *, limit: int, plain: bool) -> None:
        self.answer: Mapping[str, str] | None = None
        self.complete = False
        self.error: DownloadRefused | None = None
        self.received = 0
        self._stopped = False
        self._socket: socket.socket | None = None
        self._peer: str | None = None
        self._redirection: tuple[SplitResult, str | None] | None = None
        self._url = url
        self._target = target
        self._limit = limit
        self._plain = plain

    def run(self, headers: Mapping[str, str]) -> None:
        """Do the work; what happened is in the attributes."""
        import requests
        import urllib3

        try:
            with requests.Session() as session:
                for scheme in ("https://", "http://"):
                    session.mount(scheme, watched_adapter(self._look_at))
                self._run(session, headers)
        except DownloadRefused as error:
            self.error = error
        except requests.exceptions.SSLError as error:
            self.error = self._refused(
                "expected a valid certificate, got another; a filter or sign-in page of the "
                f"network may be in between ({error})"
            )
        except (requests.exceptions.Timeout, urllib3.exceptions.TimeoutError):
            self.error = self._unreachable(f"got none for {SILENCE:g} s")
        except requests.exceptions.ConnectionError as error:
            self.error = self._unreachable(f"got none: {_cause(error)}")
        except (
            requests.exceptions.RequestException,
            urllib3.exceptions.HTTPError,
            OSError,
            ValueError,  # what an address or a header cannot be made of
        ) as error:
            self.error = self._refused(
                f"expected the whole file, but the connection gave {_cause(error)}"
            )

    def stop(self) -> None:
        """End the work, whatever it waits for or reads; from any thread."""
        self._stopped = True
        if self._socket is not None:
            # the library may be reading what has no end before it gives anything to this class
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def _run(self, session: requests.Session, headers: Mapping[str, str]) -> None:
        with self._final_response(session, headers) as response:
            if response.status_code == 200:
                self._copy(response)
                self.answer = dict(response.headers)
            elif response.status_code != 304:
                raise NoFileThere(
                    f"{display(self._url)}: expected a file, got the answer "
                    f"{response.status_code} {response.reason or ''}".rstrip()
                )
            self.complete = not self._stopped

    def _final_response(
        self, session: requests.Session, headers: Mapping[str, str]
    ) -> requests.Response:
        url, came_from = self._url, None
        for _ in range(MAX_HOPS + 1):
            response = self._response(session, url, came_from, headers)
            target = response.headers.get("Location")
            if not response.is_redirect or target is None:
                return response
            response.close()
            url, came_from = urljoin(url, target), url
        raise self._refused(f"expected at most {MAX_HOPS} redirections, got more")

    def _response(
        self,
        session: requests.Session,
        url: str,
        came_from: str | None,
        headers: Mapping[str, str],
    ) -> requests.Response:
        import requests

        parts = checked_address(url, plain=self._plain, came_from=came_from)
        request = requests.Request(
            "GET",
            url,
            headers={"Accept-Encoding": "identity", **headers},
            auth=_credentials(parts),
        )
        prepared = session.prepare_request(request)
        # the library writes an address anew, by which it may become another one
        asked = prepared.url or ""
        parts = checked_address(asked, plain=self._plain, came_from=came_from)
        check_one_host(asked, parts)
        session.trust_env = not is_loopback(parts.hostname or "")  # no proxy to this machine
        settings = session.merge_environment_settings(asked, {}, True, None, None)
        is_proxied = requests.utils.select_proxy(asked, settings["proxies"]) is not None
        is_redirected = came_from is not None and not is_loopback(
            urlsplit(came_from).hostname or ""
        )
        self._redirection = None
        if is_redirected and not is_proxied:
            is_same = _origin(urlsplit(came_from or "")) == _origin(parts)
            self._redirection = parts, self._peer if is_same else None
        return session.send(prepared, allow_redirects=False, timeout=SILENCE, **settings)

    def _look_at(self, connected: socket.socket) -> None:
        """Look at whom a name has led to, before anything is sent; and keep what `stop` ends."""
        self._socket = connected
        peer, own = connected.getpeername()[0], connected.getsockname()[0]
        if self._redirection is not None:
            parts, earlier = self._redirection
            if (peer == own or is_this_machine(peer)) and peer != earlier:
                raise DownloadRefused(
                    f"address: {display(parts.geturl())}: another machine may not redirect to "
                    "this one"
                )
        self._peer = peer
        if self._stopped:
            self.stop()

    def _copy(self, response: requests.Response) -> None:
        chunks = self._checked(response)
        with self._target.open("wb") as file:
            for chunk in chunks:
                file.write(chunk)

    def _checked(self, response: requests.Response) -> Iterator[bytes]:
        """Give what comes, after a look at how it begins."""
        packing = response.headers.get("Content-Encoding", "identity").strip().lower()
        if packing not in ("", "identity"):  # nobody could tell whether all of it came
            raise self._refused(f"expected the file as it is, got it packed as {packing!r:.40}")
        declared = response.headers.get("Content-Length", "")
        if declared.isdigit() and int(declared) > self._limit:
            raise self._too_much(f"{int(declared):,}")
        chunks = self._chunks(response)
        head = b""
        while len(head) < _HEAD and (chunk := next(chunks, b"")):
            head += chunk
        if _PAGE.match(head[:_HEAD]):
            said = _page(head[:_HEAD], response.url)
            raise NoFileThere(f"{display(self._url)}: {said}")
        return chain([head], chunks)

    def _chunks(self, response: requests.Response) -> Iterator[bytes]:
        while not self._stopped and (chunk := response.raw.read1(_CHUNK, decode_content=False)):
            self.received += len(chunk)
            if self.received > self._limit:
                raise self._too_much("more")
            yield chunk

    def _unreachable(self, what: str) -> DownloadRefused:
        if self.received:  # it was there
            return self._refused(f"expected the whole file, {what}")
        host = urlsplit(self._url).hostname
        return HostUnreachable(f"{display(self._url)}: expected an answer of {host}, {what}")

    def _too_much(self, got: str) -> DownloadRefused:
        return self._refused(f"expected at most {self._limit:,} bytes, got {got}")

    def _refused(self, what: str) -> DownloadRefused:
        return DownloadRefused(f"{display(self._url)}: {what}")


def _cause(error: BaseException) -> str:
    """Give the system's own words, around which the libraries put theirs."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
        inner = getattr(cause, "reason", None) or next(iter(cause.args), None)
        cause = (
            cause.__cause__
            or (inner if isinstance(inner, BaseException) else None)
            or (cause.__context__)
        )
    return " ".join(str(error).split())[:200]


def _credentials(parts: SplitResult) -> Callable[[T], T] | tuple[str, str]:
    """Give those in an address; others that lie on this machine for a host are not for models."""
    if parts.username is None:
        return lambda request: request
    return unquote(parts.username), unquote(parts.password or "")


def _origin(parts: SplitResult) -> tuple[str, str | None, int | None]:
    return parts.scheme, parts.hostname, parts.port


def _page(head: bytes, url: str) -> str:
    title = _TITLE.search(head)
    called = " ".join(title[1].decode("utf-8", "replace").split()) if title else "no title"
    return (
        f"expected a model, got a web page ({called!r:.100}, from {display(url)}); if the network "
        "has a sign-in page, sign in with a browser first; else open the address in one to see "
        "what is there"
    )
