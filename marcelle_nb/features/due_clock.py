"""A clock that says every so many seconds that it is time."""

from __future__ import annotations

import time


class DueClock:
    """Called, it says whether so many seconds have gone by since it last said so, or was made.

    Parameters
    ----------
    seconds : float
        How many.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds, self._last = seconds, time.monotonic()

    def __call__(self) -> bool:
        """Say whether it is time."""
        now = time.monotonic()
        if now - self._last < self._seconds:
            return False
        self._last = now
        return True
