"""Silence for warnings of other packages, in whichever thread they come up."""

from __future__ import annotations

import contextlib
import re
import threading
import warnings
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Iterator

_lock = threading.Lock()
_depths: dict[str, int] = {}


@contextlib.contextmanager
def quiet_warnings(module: str = "") -> Iterator[None]:
    """Ignore warnings of modules while the block runs.

    `warnings.catch_warnings` puts back all filters of the process at its end, also those that
    another thread has set or taken away meanwhile. Here one entry is added, and taken away when the
    last block that wants it has ended; nobody waits for anybody.

    Parameters
    ----------
    module : str
        A regular expression for the beginning of the module that is warned about; all by default.

    Notes
    -----
    Thread: any. While the block runs, other threads do not get these warnings either.
    """
    entry = ("ignore", None, Warning, re.compile(module) if module else None, 0)
    with _lock:
        _depths[module] = _depths.get(module, 0) + 1
        filters = cast("list[Any]", warnings.filters)
        if entry not in filters:
            filters.insert(0, entry)
    try:
        yield
    finally:
        with _lock:
            _depths[module] -= 1
            filters = cast("list[Any]", warnings.filters)
            # whoever caught warnings meanwhile may have taken it away
            if not _depths[module] and entry in filters:
                filters.remove(entry)
