"""One file asked for over HTTP, from where an earlier answer broke off."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from marcelle_nb.errors import DownloadRefused, NoFileThere
from marcelle_nb.formats.addresses import display
from marcelle_nb.formats.model_cache import ModelCache
from marcelle_nb.formats.web_request import WebRequest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import requests

    from marcelle_nb.formats.partial_file import PartialFile

_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")
_VERSION = re.compile(r"[\x21-\x7e][\x20-\x7e]{0,500}")


_VALIDATORS = ("ETag", "Last-Modified")


class ResumedRequest(WebRequest):
    """Asks for the rest of a file; a server that has another version now sends all of it.

    Where it sends another part than that which is missing, or has none, all is asked for.

    What came whole another day is asked for again only where it was changed since. A proxy may give
    the rest of another version nevertheless: where its headers tell that, all is asked for.

    Parameters
    ----------
    url : str
    partial : PartialFile
        What has come already; the rest is written behind it.
    limit : int
        Bytes of the whole file.
    plain : bool
        Whether http is taken from other machines than this one.
    before : int
        Bytes of other files that count for the same limit; messages name the sum.

    Attributes
    ----------
    start : int
        Bytes that had come before this answer, as far as they are used.
    """

    def __init__(
        self, url: str, partial: PartialFile, *, limit: int, plain: bool, before: int = 0
    ) -> None:
        super().__init__(url, partial.path, limit=limit, plain=plain)
        self.start = 0
        self._before = before
        self._partial = partial

    def _run(self, session: requests.Session, headers: Mapping[str, str]) -> None:
        start, asked = self._partial.size, self._asked()
        with self._final_response(session, {**headers, **asked}) as response:
            if self._stopped:  # somebody else may write there now
                return
            if response.status_code == 206 and "Range" in asked:
                if self._is_another(response):
                    self._partial.remove()
                else:
                    self._go_on(response, start)
            elif response.status_code == 304 and "If-None-Match" in asked:
                self.start = start
            elif response.status_code == 200:
                self._begin(response)
            elif response.status_code == 416 and "Range" in asked:  # there is less than has come
                self._partial.remove()
            else:
                raise NoFileThere(
                    f"{display(self._url)}: expected a file, got the answer "
                    f"{response.status_code} {response.reason or ''}".rstrip()
                )
            self.answer = dict(response.headers)
        if "Range" in asked and not self._partial.path.exists() and not self._stopped:
            self._run(session, headers)  # all of it: there is no part any more
            return
        self._check_size()
        self.complete = not self._stopped

    def _asked(self) -> dict[str, str]:
        """Give the headers by which a server sends no more than what is missing."""
        start, version = self._partial.size, self._partial.version
        if not start or version is None:
            return {}
        if self._partial.total != start:
            return {"Range": f"bytes={start}-", "If-Range": version}
        # a date would also fit an older file than that which came
        return {"If-None-Match": version} if version.startswith('"') else {}

    def _is_another(self, response: requests.Response) -> bool:
        """Tell whether the rest is that of another version, as far as its headers tell."""
        noted, told = self._partial.validators, _validators(response.headers)
        return any(told[name] != noted[name] for name in noted.keys() & told.keys())

    def _begin(self, response: requests.Response) -> None:
        self._check_declared(response.headers.get("Content-Length", ""))
        # a sign-in page must not take the place of what has come
        chunks = self._checked(response)
        if self._stopped:  # nor the little that came before the end
            return
        declared = response.headers.get("Content-Length", "")
        try:
            self._partial.begin(
                _version(response.headers),
                int(declared) if declared.isdigit() else None,
                _validators(response.headers),
            )
        except OSError as error:
            raise ModelCache.unusable(self._partial.path, error) from error
        self._append(chunks)

    def _go_on(self, response: requests.Response, start: int) -> None:
        packing = response.headers.get("Content-Encoding", "identity").strip().lower()
        if packing not in ("", "identity"):  # a part of what is packed is no part of the file
            self.start = start
            raise self._refused(f"expected the rest as it is, got it packed as {packing!r:.40}")
        told = _RANGE.fullmatch(response.headers.get("Content-Range", "").strip())
        fits = told is not None and int(told[1]) == start
        if told is None or not fits or self._partial.total not in (None, int(told[3])):
            self._partial.remove()
            return
        self._check_declared(told[3])
        self.start = start
        self._limit -= start
        self._append(self._chunks(response))

    def _check_declared(self, told: str) -> None:
        if told.isdigit() and int(told) > self._limit:
            with_others = f", the other files among them {self._before:,}" if self._before else ""
            raise self._refused(
                f"expected at most {self._limit + self._before:,} bytes, got "
                f"{int(told) + self._before:,}{with_others}"
            )

    def _too_much(self, got: str) -> DownloadRefused:
        most = self._limit + self.start + self._before
        return self._refused(f"expected at most {most:,} bytes, got {got}")

    def _append(self, chunks: Iterable[bytes]) -> None:
        for chunk in chunks:
            if self._stopped:
                return
            try:
                with self._partial.path.open("ab") as file:
                    file.write(chunk)
            except OSError as error:  # a full disk; what the connection raises is none of this
                raise ModelCache.unusable(self._partial.path, error) from error

    def _check_size(self) -> None:
        total, size = self._partial.total, self._partial.size
        if not self._stopped and total is not None and size != total:
            raise self._refused(f"expected {total:,} bytes, got {size:,}")

    @property
    def is_broken_off(self) -> bool:
        """Whether a part has come, and the rest may come if it is asked for."""
        return type(self.error) is DownloadRefused and self._partial.size > self.start


def _validators(headers: Mapping[str, str]) -> dict[str, str]:
    found = {name: headers.get(name, "").strip() for name in _VALIDATORS}
    return {name: value for name, value in found.items() if value}


def _version(headers: Mapping[str, str]) -> str | None:
    """Give what tells a file's version byte by byte: a weak tag does not."""
    tag = headers.get("ETag", "").strip()
    told = tag if tag and not tag.startswith("W/") else headers.get("Last-Modified", "").strip()
    return told if _VERSION.fullmatch(told) else None
