"""New ids for documents, in the form that MongoDB gave to Marcelle's stores."""

from __future__ import annotations

import itertools
import os
import secrets
import time

_counter = itertools.count(secrets.randbelow(2**24))
_process = ""


def new_id() -> str:
    """Make 24 hexadecimal digits: the time in seconds, five random bytes of the process, a count.

    As ids of one process grow, an index takes many of them in few places, which makes writing
    several times as fast as random ones.
    """
    if not _process:
        _begin()
    return f"{int(time.time()):08x}{_process}{next(_counter) % 2**24:06x}"


def _begin() -> None:
    """Take random bytes for this process, also for one that was forked."""
    global _process  # noqa: PLW0603 one for each process
    _process = secrets.token_hex(5)


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_begin)
