"""What native code writes to the standard error, past Python."""

from __future__ import annotations

import io
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

LEVEL = "TF_CPP_MIN_LOG_LEVEL"
"""The environment's word on how much TensorFlow tells; who has set it wants to read that."""


@contextmanager
def without_native_messages() -> Iterator[None]:
    """Drop what TensorFlow's native code says of processors and sessions; Python's words stay.

    It is for a process of one command: the standard error belongs to all threads.
    """
    if LEVEL in os.environ or not _is_standard_error(sys.stderr):
        os.environ.setdefault(LEVEL, "3")
        yield
        return
    os.environ[LEVEL] = "3"
    before, kept = sys.stderr, os.dup(2)
    # it stays open: a logger may write to it as long as the process lives
    sys.stderr = open(  # noqa: PTH123, SIM115 - a number, not a path
        os.dup(kept), "w", buffering=1, encoding=before.encoding, errors="backslashreplace"
    )
    nothing = os.open(os.devnull, os.O_WRONLY)
    before.flush()
    os.dup2(nothing, 2)
    os.close(nothing)
    try:
        yield
    finally:
        sys.stderr.flush()
        os.dup2(kept, 2)
        os.close(kept)
        sys.stderr = before


def _is_standard_error(stream: object) -> bool:
    try:
        return stream is not None and stream.fileno() == 2  # type: ignore[attr-defined]
    except (AttributeError, OSError, io.UnsupportedOperation):
        return False
