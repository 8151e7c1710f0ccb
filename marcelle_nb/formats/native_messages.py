"""What native code writes to the standard error, past Python."""

from __future__ import annotations

import io
import os
import re
import sys
import tempfile
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

LEVEL = "TF_CPP_MIN_LOG_LEVEL"
"""The environment's word on how much TensorFlow tells; who has set it to 0 wants to read all."""

_MAX_KEPT = 2**20

_NATIVE = re.compile(
    r"[IWEF]\d{4} [\d:.]+ +\d+ \S+:\d+\]|\d{4}-\d\d-\d\d [\d:.]+: [IWEF] |"
    r"(INFO|WARNING|ERROR): (All log messages before|Created TensorFlow Lite)"
)
"""How the lines of TensorFlow's native code begin."""

_turn = threading.RLock()


class NativeMessages:
    """What was written.

    Attributes
    ----------
    text : str
        The last of it, once the block has ended; empty where nothing was kept.
    """

    def __init__(self) -> None:
        self.text = ""


@contextmanager
def native_messages_kept(*, others: bool = True) -> Iterator[NativeMessages]:
    """Keep what is written to the process's standard error while the block runs, and show nothing.

    For calls of converters that tell at length what they then do in another way. Where
    `TF_CPP_MIN_LOG_LEVEL` is 0, nothing is kept and all is shown.

    Parameters
    ----------
    others : bool
        Whether lines are kept, too, that do not begin as those of TensorFlow's native code. False:
        they are shown at the end.

    Notes
    -----
    Thread: any; one thread's blocks run at a time, others wait. What other threads' native code
    writes meanwhile is kept, too; what they print in Python is shown at once, but for loggers that
    hold the standard error themselves.
    """
    messages = NativeMessages()
    if os.environ.get(LEVEL) == "0":
        yield messages
        return
    with _turn, tempfile.TemporaryFile() as file:
        try:
            kept = os.dup(2)
        except OSError:  # closed, as in a service: nothing is shown
            yield messages
            return
        before = sys.stderr
        if _is_standard_error(before):
            before.flush()
            sys.stderr = open(  # noqa: PTH123, SIM115 - a number, not a path; closed below
                os.dup(kept), "w", buffering=1, encoding=before.encoding, errors="backslashreplace"
            )
        os.dup2(file.fileno(), 2)
        try:
            yield messages
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            if sys.stderr is not before and _is_standard_error(before):
                shown, sys.stderr = sys.stderr, before
                with suppress(OSError, ValueError):
                    shown.close()
            file.seek(max(0, file.seek(0, io.SEEK_END) - _MAX_KEPT))
            messages.text = file.read().decode("utf-8", "replace")
            if not others:
                _show(messages.text)


def _show(text: str) -> None:
    lines = [line for line in text.splitlines(keepends=True) if not _NATIVE.match(line)]
    with suppress(OSError):
        os.write(2, "".join(lines).encode("utf-8", "replace"))


def _is_standard_error(stream: object) -> bool:
    """Tell whether what is printed goes the same way; in a notebook's kernel it does not."""
    try:
        return stream is not None and stream.fileno() == 2  # type: ignore[attr-defined]
    except (AttributeError, OSError, ValueError):
        return False
