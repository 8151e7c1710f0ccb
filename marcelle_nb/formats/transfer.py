"""Files over HTTP, within limits that the files of one model share."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from marcelle_nb.errors import DownloadRefused
from marcelle_nb.formats.addresses import checked_address, display
from marcelle_nb.formats.web_request import WebRequest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


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
            Whether the server may answer that there is no such file.

        Returns
        -------
        mapping of str to str, or None
            The answer's headers; None where nothing has changed, or is there.

        Raises
        ------
        DownloadRefused
            If an address is not allowed, nobody answers, the answer is an error or a web page, or
            a limit is passed.
        """
        checked_address(url, plain=plain)
        request = WebRequest(url, target, limit=self._bytes_left, plain=plain, optional=optional)
        # A server may send one byte a second for ever, in a header already, and no timeout of a
        # socket ends that: the wait is this thread's, the work another's.
        thread = threading.Thread(
            target=request.run, args=[dict(headers or {})], name="marcelle-nb download", daemon=True
        )
        thread.start()
        try:
            thread.join(max(0.0, self._end - time.monotonic()))
        finally:
            request.stopped = True
        if request.error is not None:
            raise request.error
        if thread.is_alive() or not request.complete:
            raise DownloadRefused(
                f"{display(url)}: expected all of it within {self._timeout:g} s, got "
                f"{request.received:,} bytes"
            )
        self._bytes_left -= request.received
        return request.answer
