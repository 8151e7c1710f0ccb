"""Matrix products that stay in the thread that asks for them."""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from threadpoolctl import ThreadpoolController

if TYPE_CHECKING:
    from collections.abc import Iterator

_limiting = threading.Lock()
_limits: list[Any] = []
"""The one that is set, if any."""


@contextmanager
def one_thread() -> Iterator[None]:
    """Let NumPy multiply matrices without its other threads.

    Products of a millisecond gain little from a second core, and lose much where something else
    works on it, as a training or a browser: each then waits until the other thread gets its turn.

    Notes
    -----
    Thread: any. The limit is one for the whole process, so whoever sets it also lifts it; threads
    that come meanwhile set none, and may see it lifted before they end. Where NumPy's products
    come from a library that cannot be told, as Apple's, nothing changes.

    `marcelle_nb.models.matrix_product` reaches the same for the far smaller products of a training,
    without a limit, by cutting them; a layer of these would have to be cut into sixty parts.
    """
    if not _limiting.acquire(blocking=False):
        yield
        return
    try:
        with _libraries().limit(limits=1) as limit:
            _limits.append(limit)
            yield
    finally:
        _limits.clear()
        _limiting.release()


def _after_fork() -> None:
    """Lift the limit of a thread that is not in the child."""
    global _limiting  # noqa: PLW0603 - a lock that is held there cannot be released
    _limiting = threading.Lock()
    while _limits:
        _limits.pop().restore_original_limits()


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_after_fork)


@cache
def _libraries() -> ThreadpoolController:
    return ThreadpoolController().select(user_api="blas")
