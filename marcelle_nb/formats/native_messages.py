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
    from typing import Any, TextIO

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

_outer: list[tuple[int, int]] = []
"""The thread of the outermost block, and the standard error outside of it, while one runs."""


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

    def unlock(self) -> None:
        """Let go of what a thread held that is not there any more, in the child of a fork."""
        self._lock = threading.RLock()

    def __getattr__(self, name: str) -> Any:
        """Give what else a standard error has, as `buffer`, `name` and `mode`."""
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._stream, name)

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

    Process: a child that another thread forks meanwhile has the standard error from outside. A
    program that is started meanwhile has the file as its own, and shows nothing there.
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
        before, former, is_outermost = sys.stderr, None, not _outer
        try:
            if _is_standard_error(before):
                former = _stand_in(before, kept)
            if is_outermost:  # before and after 2 is another one: a fork may come in between
                _outer.append((threading.get_ident(), kept))
            os.dup2(file.fileno(), 2)
            yield messages
        finally:
            os.dup2(kept, 2)
            if is_outermost:
                _outer.clear()
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
    with suppress(OSError, ValueError):  # nobody reads it any more
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


def _after_fork() -> None:
    """Give the child its standard error, and a turn that no thread of the parent has."""
    global _turn  # noqa: PLW0603 - another thread may hold it for ever
    for stand_in in _in_place:
        stand_in.unlock()
    if _outer and _outer[0][0] == threading.get_ident():  # the block ends in the child, too
        return
    _turn = threading.RLock()
    for _, kept in _outer:
        os.dup2(kept, 2)
    _outer.clear()


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_after_fork)
