"""Tells kernels that the server is there, and removes what killed ones have left behind."""

from __future__ import annotations

import logging
import threading

from marcelle_nb.runtime.held_place import remove_left
from marcelle_nb.runtime.running_servers import announce_server, is_announced
from marcelle_nb.runtime.runtime_folder import runtime_folder

PERIOD_S = 30.0
CLOSE_S = 10.0
"""How long the end waits for a look."""

logger = logging.getLogger("marcelle_nb")


class Presence:
    """A server that announces itself as long as it lives.

    Parameters
    ----------
    base_url : str
        Of the server.
    period_s : float
        How often it looks what killed kernels left, and whether it is announced still: whoever
        tidies Jupyter's runtime directory may remove that.

    Raises
    ------
    OSError
        If the runtime folder cannot be written.
    """

    def __init__(self, base_url: str, period_s: float = PERIOD_S) -> None:
        self._base_url = base_url
        self._period_s = period_s
        self._lock = threading.Lock()
        self._place = announce_server(base_url)
        self._end = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to look, on a thread of its own that holds nobody up."""
        self._thread = threading.Thread(target=self._look, name="marcelle-presence", daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._end.wait(self._period_s):
            try:
                self._announce_again()
                remove_left(runtime_folder())
            except Exception:  # the next look may go better
                logger.exception("the look for what killed kernels left failed")

    def _announce_again(self) -> None:
        with self._lock:
            if not self._end.is_set() and not is_announced(self._place):
                gone, self._place = self._place, announce_server(self._base_url)
                gone.close()

    def close(self) -> None:
        """End, as the server does; a look that is under way comes to its end, too."""
        self._end.set()
        with self._lock:
            self._place.close()
        if self._thread is not None:
            self._thread.join(CLOSE_S)
