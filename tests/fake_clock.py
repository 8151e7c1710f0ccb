"""A clock that a test moves by hand."""

import heapq
import itertools
from collections.abc import Callable


class FakeClock:
    """Stands for `time.monotonic` and for a `Scheduler`; time passes when `advance` says so."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self._calls: list[tuple[float, int, Callable[[], object]]] = []
        self._numbers = itertools.count()

    def monotonic(self) -> float:
        return self.now

    def call_later(self, delay_s: float, function: Callable[[], object]) -> None:
        heapq.heappush(self._calls, (self.now + delay_s, next(self._numbers), function))

    def advance(self, seconds: float) -> None:
        """Let time pass and make the calls that fall due, each at its own time."""
        end = self.now + seconds
        while self._calls and self._calls[0][0] <= end:
            due, _, function = heapq.heappop(self._calls)
            self.now = max(self.now, due)
            function()
        self.now = end
