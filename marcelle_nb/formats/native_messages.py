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
    from typing import TextIO

LEVEL = "TF_CPP_MIN_LOG_LEVEL"
"""The environment's word on how much TensorFlow tells; who has set it to 0 wants to read all."""

_MAX_KEPT = 2**20

_NATIVE = re.compile(
    r"[IWEF]\d{4} [\d:.]+ +\d+ \S+:\d+\]|\d{4}-\d\d-\d\d [\d:.]+: [IWEF] |"
    r"(INFO|WARNING|ERROR): (All log messages before|Created TensorFlow Lite)|"
    r"To enable the following instructions: |Skipping registering GPU devices"
)
"""How the lines of TensorFlow's native code begin, the second ones of two among them."""

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


class _StandardError(io.TextIOBase):
    """Stands for the standard error, past what is kept; also after the block has ended.

    Loggers that are made meanwhile hold it, and write to it as long as the process lives.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lock = threading.RLock()

    def lead_to(self, stream: TextIO) -> TextIO:
        """Write to another stream from now on, and give the one from before."""
        with self._lock:
            former, self._stream = self._stream, stream
        return former

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._stream.encoding

    @property
    def errors(self) -> str | None:  # type: ignore[override]
        return self._stream.errors

    def write(self, text: str) -> int:
        with self._lock:
            return self._stream.write(text)

    def flush(self) -> None:
        with self._lock:
            self._stream.flush()

    def fileno(self) -> int:
        return self._stream.fileno()

    def isatty(self) -> bool:
        return self._stream.isatty()

    def writable(self) -> bool:
        return True

    def close(self) -> None:
        """Stay open, as the standard error does."""


_in_place: list[_StandardError] = []
"""The only one, once it was needed: loggers from all blocks hold it."""


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
        former = _stand_in(before, kept) if _is_standard_error(before) else None
        os.dup2(file.fileno(), 2)
        try:
            yield messages
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            if former is not None:
                if sys.stderr is _in_place[0]:  # else another thread has set its own meanwhile
                    sys.stderr = before
                with suppress(OSError, ValueError):
                    _in_place[0].lead_to(former).close()
            file.seek(max(0, file.seek(0, io.SEEK_END) - _MAX_KEPT))
            messages.text = file.read().decode("utf-8", "replace")
            if not others:
                _show(messages.text)


def _stand_in(before: TextIO, kept: int) -> TextIO:
    """Let Python write past what is kept; give the stream to write to again at the end."""
    before.flush()
    direct = open(  # noqa: PTH123, SIM115 - a number, not a path; closed at the end
        os.dup(kept), "w", buffering=1, encoding=before.encoding, errors="backslashreplace"
    )
    if not _in_place:
        _in_place.append(_StandardError(before))
    former = _in_place[0].lead_to(direct)
    sys.stderr = _in_place[0]
    # not `before` where that can be helped, which may lead to the one in place
    return former if _is_standard_error(former) else before


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
