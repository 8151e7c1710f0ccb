"""Files over HTTP, within limits that the files of one model share."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from marcelle_nb.errors import DownloadRefused, HostUnreachable
from marcelle_nb.formats.addresses import checked_address, display
from marcelle_nb.formats.web_request import WebRequest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

OPTIONAL_S = 10.0
"""Seconds after which a file that need not be there is done without."""


class Transfer:
    """The limits under which the files of one model are fetched.

    Parameters
    ----------
    max_bytes : int
        What all files together may have.
    timeout : float
        Seconds that all of it may take, from now on.
    """

    def __init__(self, max_bytes: int, timeout: float) -> None:
        self._bytes_left = max_bytes
        self._timeout = timeout
        self._end = time.monotonic() + timeout

    def fetch(
        self,
        url: str,
        target: Path,
        *,
        plain: bool,
        headers: Mapping[str, str] | None = None,
        optional: bool = False,
        limit: int | None = None,
    ) -> Mapping[str, str] | None:
        """Write what lies at an address into a file.

        Parameters
        ----------
        url : str
        target : Path
            What is in it after a failure means nothing.
        plain : bool
            Whether http is taken from other machines than this one.
        headers : mapping of str to str, optional
            As those that make a server say that nothing has changed.
        optional : bool
            Do without the file wherever it cannot be had, and soon. That nobody answers is told all
            the same.
        limit : int, optional
            Bytes that it may have, where that is less than is left for all.

        Returns
        -------
        mapping of str to str, or None
            The answer's headers; None where nothing has changed, or an optional file is done
            without.

        Raises
        ------
        DownloadRefused
            If an address is not allowed, nobody answers (`HostUnreachable`), the answer is an error
            or a web page, or a limit is passed.
        """
        checked_address(url, plain=plain)
        most = self._bytes_left if limit is None else min(limit, self._bytes_left)
        request = WebRequest(url, target, limit=most, plain=plain)
        seconds = min(OPTIONAL_S, self._timeout) if optional else self._timeout
        try:
            self._run(request, dict(headers or {}), seconds, url)
        except HostUnreachable:
            raise
        except DownloadRefused:
            if optional:
                return None
            raise
        self._bytes_left -= request.received
        return request.answer

    def _run(self, request: WebRequest, headers: dict[str, str], seconds: float, url: str) -> None:
        # A server may send one byte a second for ever, in a header already, and no timeout of a
        # socket ends that: the wait is this thread's, the work another's.
        thread = threading.Thread(
            target=request.run, args=[headers], name="marcelle-nb download", daemon=True
        )
        thread.start()
        try:
            thread.join(max(0.0, min(seconds, self._end - time.monotonic())))
            is_late = thread.is_alive()
        finally:
            request.stop()
        if not is_late and request.error is not None:
            raise request.error
        if not request.complete:
            raise DownloadRefused(
                f"{display(url)}: expected all of it within {seconds:g} s, got "
                f"{request.received:,} bytes"
            )
