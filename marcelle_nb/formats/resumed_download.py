"""A file over HTTP that goes on where it broke off, now or another day."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from marcelle_nb.errors import DownloadRefused
from marcelle_nb.formats.addresses import checked_address, display
from marcelle_nb.formats.resumed_request import ResumedRequest

if TYPE_CHECKING:
    from collections.abc import Callable

    from marcelle_nb.formats.partial_file import PartialFile

TIMEOUT_S = 3600.0
"""Seconds that one file may take; what has come by then is kept for the next time."""

PAUSE_S = 0.5

_STEP_S = 0.1
"""Seconds between two reports of how far it is."""

_END_S = 10.0
"""Seconds for a request to end that was told to: its connection is shut, so it does not take them,
but where the system is still looking for a host."""


def download_resumed(
    url: str,
    partial: PartialFile,
    *,
    limit: int,
    plain: bool,
    progress: Callable[[int, int | None], object],
    before: int = 0,
) -> None:
    """Fetch a file, and what is missing of it as long as every answer brings more.

    Parameters
    ----------
    url : str
    partial : PartialFile
        What has come already. When this returns, it is the whole file; what was whole before is
        kept where the server says that it is the same still.
    limit : int
        Bytes that the whole file may have.
    plain : bool
        Whether http is taken from other machines than this one.
    progress : callable
        Called in this thread, with the bytes that are there and those of the whole, if that is
        known. What it raises ends the download.
    before : int
        Bytes of other files that count for the same limit; messages name the sum.

    Raises
    ------
    DownloadRefused
        As `Transfer.fetch` does.
    """
    checked_address(url, plain=plain)
    end = time.monotonic() + TIMEOUT_S
    most = -1
    while True:
        request = ResumedRequest(url, partial, limit=limit, plain=plain, before=before)
        _run(request, partial, end, progress)
        if request.complete:
            return
        error = request.error
        if error is None or time.monotonic() >= end:  # the end of the time ends the answer
            raise DownloadRefused(
                f"{display(url)}: expected all of it within {TIMEOUT_S:g} s, got "
                f"{partial.size:,} bytes"
            )
        if not request.is_broken_off or partial.size <= most or partial.version is None:
            raise error
        most = partial.size
        time.sleep(PAUSE_S)


def _run(
    request: ResumedRequest,
    partial: PartialFile,
    end: float,
    progress: Callable[[int, int | None], object],
) -> None:
    thread = threading.Thread(target=request.run, args=[{}], name="marcelle-nb download")
    thread.daemon = True
    thread.start()
    try:
        while thread.is_alive() and time.monotonic() < end:
            thread.join(_STEP_S)
            progress(request.start + request.received, partial.total)
    finally:
        request.stop()
        thread.join(_END_S)  # it must not write any more when the lock is let go of
