"""One file asked for over HTTP; every redirection is looked at, and a web page is no model."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import SplitResult, unquote, urljoin

from marcelle_nb.errors import DownloadRefused
from marcelle_nb.formats.addresses import checked_address, display, is_loopback

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    import requests

MAX_HOPS = 10

SILENCE = 30.0
"""Seconds without a byte after which a server is given up."""

NOT_THERE = {403, 404, 410}
"""How servers say that there is no such file; some storage services do not tell who may ask."""

_CHUNK = 2**16
_HEAD = 4096
_PAGE = re.compile(
    rb"(\xef\xbb\xbf)?\s*(<!--.*?-->\s*)*<(!doctype\s+html|html|head)\b", re.IGNORECASE | re.DOTALL
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
    optional : bool
        Whether the server may answer that there is no such file.

    Attributes
    ----------
    answer : mapping of str to str, or None
        The headers with which the file came; None where nothing has changed, or is there.
    complete : bool
        Whether the answer came to its end.
    error : DownloadRefused or None
    received : int
        Bytes so far.
    stopped : bool
        Set this to True to end the work at the next byte that comes.
    """

    def __init__(
        self, url: str, target: Path, *, limit: int, plain: bool, optional: bool = False
    ) -> None:
        self.answer: Mapping[str, str] | None = None
        self.complete = False
        self.error: DownloadRefused | None = None
        self.received = 0
        self.stopped = False
        self._url = url
        self._target = target
        self._limit = limit
        self._plain = plain
        self._optional = optional

    def run(self, headers: Mapping[str, str]) -> None:
        """Do the work; what happened is in the attributes."""
        import requests
        import urllib3

        try:
            with requests.Session() as session:
                self._run(session, headers)
        except DownloadRefused as error:
            self.error = error
        except requests.exceptions.SSLError as error:
            self.error = self._refused(
                "expected a valid certificate, got another; a filter or sign-in page of the "
                f"network may be in between ({error})"
            )
        except (requests.exceptions.Timeout, urllib3.exceptions.TimeoutError):
            self.error = self._refused(f"expected an answer, got none for {SILENCE:g} s")
        except (
            requests.exceptions.RequestException,
            urllib3.exceptions.HTTPError,
            OSError,
            ValueError,  # what an address or a header cannot be made of
        ) as error:
            self.error = self._refused(f"expected the whole file, but the connection gave {error}")

    def _run(self, session: requests.Session, headers: Mapping[str, str]) -> None:
        with self._final_response(session, headers) as response:
            if response.status_code == 200:
                if self._copy(response):
                    self.answer = dict(response.headers)
            elif response.status_code != 304 and not self._is_missing(response.status_code):
                raise self._refused(
                    f"expected a file, got the answer {response.status_code} "
                    f"{response.reason or ''}".rstrip()
                )
            self.complete = not self.stopped

    def _is_missing(self, status: int) -> bool:
        return self._optional and status in NOT_THERE

    def _final_response(
        self, session: requests.Session, headers: Mapping[str, str]
    ) -> requests.Response:
        url, came_from = self._url, None
        for _ in range(MAX_HOPS + 1):
            parts = checked_address(url, plain=self._plain, came_from=came_from)
            session.trust_env = not is_loopback(parts.hostname or "")  # no proxy to this machine
            response = session.get(
                url,
                headers={"Accept-Encoding": "identity", **headers},
                auth=_credentials(parts),
                allow_redirects=False,
                stream=True,
                timeout=SILENCE,
            )
            target = response.headers.get("Location")
            if not response.is_redirect or target is None:
                return response
            response.close()
            url, came_from = urljoin(url, target), url
        raise self._refused(f"expected at most {MAX_HOPS} redirections, got more")

    def _copy(self, response: requests.Response) -> bool:
        """Write the file; say whether there is one."""
        declared = response.headers.get("Content-Length", "")
        if declared.isdigit() and int(declared) > self._limit:
            raise self._refused(f"expected at most {self._limit:,} bytes, got {int(declared):,}")
        chunks = self._chunks(response)
        head = b""
        while len(head) < _HEAD and (chunk := next(chunks, b"")):
            head += chunk
        if _PAGE.match(head):
            if self._optional:
                return False
            raise self._refused(_page(head, response.url))
        with self._target.open("wb") as file:
            file.write(head)
            for chunk in chunks:
                file.write(chunk)
        return True

    def _chunks(self, response: requests.Response) -> Iterator[bytes]:
        while not self.stopped and (chunk := response.raw.read1(_CHUNK, decode_content=True)):
            self.received += len(chunk)
            if self.received > self._limit:
                raise self._refused(f"expected at most {self._limit:,} bytes, got more")
            yield chunk

    def _refused(self, what: str) -> DownloadRefused:
        return DownloadRefused(f"{display(self._url)}: {what}")


def _credentials(parts: SplitResult) -> Callable[[T], T] | tuple[str, str]:
    """Give those in an address; others that lie on this machine for a host are not for models."""
    if parts.username is None:
        return lambda request: request
    return unquote(parts.username), unquote(parts.password or "")


def _page(head: bytes, url: str) -> str:
    title = _TITLE.search(head)
    called = " ".join(title[1].decode("utf-8", "replace").split()) if title else "no title"
    return (
        f"expected a model, got a web page ({called!r:.100}, from {display(url)}); if the network "
        "has a sign-in page, sign in with a browser first; else open the address in one to see "
        "what is there"
    )
