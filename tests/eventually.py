"""Waiting for what another thread does: until it is so, or a deadline."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

DEADLINE_S = 40.0
"""Long enough for a loaded machine; a passing test never waits for it."""


def eventually(condition: Callable[[], T], deadline_s: float = DEADLINE_S) -> T:
    """Return the first true answer of `condition`; fail where none comes."""
    end = time.monotonic() + deadline_s
    while not (answer := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"not within {deadline_s} s")
        time.sleep(0.002)
    return answer
