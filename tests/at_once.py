"""Several threads that work hard at the same time."""

import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

SWITCH_S = 10e-6
"""Python's own is 5 ms: races that take a switch at one place would hardly ever be seen."""


@contextmanager
def frequent_switches() -> Iterator[None]:
    """Let threads take turns every 10 µs."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_S)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def each(function: Callable[[Any], object], values: Iterable[Any]) -> Callable[[], None]:
    """Give a function that calls `function` with each of `values`."""

    def call_all() -> None:
        for value in values:
            function(value)

    return call_all


def at_once(*functions: Callable[[], object]) -> None:
    """Call each function on a thread of its own, all from the same moment on, and wait for all."""
    start = threading.Barrier(len(functions))
    errors: list[Exception] = []

    def call(function: Callable[[], object]) -> None:
        start.wait()
        try:
            function()
        except Exception as error:  # noqa: BLE001  it is raised again on the test's own thread
            errors.append(error)

    threads = [
        threading.Thread(target=call, args=[function], daemon=True) for function in functions
    ]
    with frequent_switches():
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert not any(thread.is_alive() for thread in threads), "a thread hangs"
    if errors:
        raise errors[0]
