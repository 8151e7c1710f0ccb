"""What SQLite finds in the write-ahead log beside a file, read as SQLite reads it.

The format is that of https://sqlite.org/fileformat2.html#the_write_ahead_log.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HEADER_SIZE = 32
"""Of the log, in bytes."""

_FRAME_HEADER_SIZE = 24
_MAGIC = 0x377F0682
"""Begins a log; one more where the words that are summed have their highest byte first."""

_CHUNK = 2**21
"""How many bytes are read and summed at a time."""

_PAGE_SIZES = {2**power for power in range(9, 17)}


class LoggedChange(NamedTuple):
    """A change that is wholly in the log, so that SQLite applies it.

    Attributes
    ----------
    first_page : bytes or None
        The beginning of the file's first page, with its header; None where the change left it.
    is_alone : bool
        Whether no other page was changed.
    """

    first_page: bytes | None
    is_alone: bool


def logged_changes(log: Path) -> Iterator[LoggedChange]:
    """Read the changes from a log, as far as SQLite applies them, oldest first.

    What follows a torn page, or is left over from before the log began anew, is left out, as is a
    change that was not finished. A few megabytes are in memory at a time, whatever the size.

    Parameters
    ----------
    log : Path
        Of the log; where none is there, or SQLite ignores it or cannot read it, there are none.
    """
    page, n_others, n_before = None, 0, 0
    for frames in _whole_frames(log):
        numbers, sizes_after = frames[:, :8].view(">u4").T
        others = (n_others + np.cumsum(numbers != 1)).tolist()
        for at in np.flatnonzero((numbers == 1) | (sizes_after > 0)).tolist():
            if numbers[at] == 1:
                page = frames[at, _FRAME_HEADER_SIZE : _FRAME_HEADER_SIZE + 100].tobytes()
            if sizes_after[at]:
                yield LoggedChange(page, others[at] == n_before)
                page, n_before = None, others[at]
        n_others = others[-1]


def _whole_frames(log: Path) -> Iterator[np.ndarray]:
    """Give the frames whose sums are right, of shape (frames, bytes), up to the first that is not.

    A frame is a page of the file, after a header of its own.
    """
    try:
        with log.open("rb") as file:
            yield from _frames_in(file)
    except OSError:
        return


def _frames_in(file: BinaryIO) -> Iterator[np.ndarray]:
    header = np.frombuffer(file.read(HEADER_SIZE), dtype=np.uint8)
    if header.size < HEADER_SIZE:
        return
    magic, _, page_size, _, *salts_and_sum = header.view(">u4").tolist()
    salts, total = salts_and_sum[:2], np.array([salts_and_sum[2:]], np.uint32)
    if magic not in (_MAGIC, _MAGIC + 1) or page_size not in _PAGE_SIZES:
        return
    words = np.dtype(">u4" if magic & 1 else "<u4")
    weights, carried = _weights(24, 24)
    if (header[:24].view(words).astype(np.uint32) @ weights != total[0]).any():
        return
    size = _FRAME_HEADER_SIZE + page_size
    weights, carried = _weights(size, 8, _FRAME_HEADER_SIZE)
    while block := file.read(max(1, _CHUNK // size) * size):
        frames = np.frombuffer(block, np.uint8)[: len(block) // size * size].reshape(-1, size)
        heads = frames[:, :_FRAME_HEADER_SIZE].view(">u4").astype(np.uint32)
        totals = np.concatenate([total, heads[:, 4:]])
        expected = totals[:-1] @ carried + frames.view(words).astype(np.uint32) @ weights
        is_right = (expected == totals[1:]).all(1) & (heads[:, 2:4] == salts).all(1)
        is_right &= heads[:, 0] > 0
        n_right = len(frames) if is_right.all() else int(is_right.argmin())
        if n_right:
            yield frames[:n_right]
        if n_right < len(block) / size:
            return
        total = totals[-1:]


@lru_cache
def _weights(n_bytes: int, end: int, begin: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Give what the words weigh in SQLite's sum, which two numbers a and b run through.

    For each two words x and y, ``a += x + b`` and then ``b += y + a``, of which nothing but the
    lower 32 bits is kept. So the sum of a frame is linear in its words, and in the sum before it.

    Parameters
    ----------
    n_bytes : int
        How long a frame is.
    end, begin : int
        Where the summed bytes pause, and where they go on; what is between weighs nothing.

    Returns
    -------
    tuple of numpy.ndarray
        Of the words, of shape (words, 2), and of the a and b before, of shape (2, 2).
    """
    weights = np.zeros((n_bytes // 4, 2), np.uint32)
    step, power = np.array([[1, 1], [1, 2]], np.uint32), np.eye(2, dtype=np.uint32)
    pairs = [*range(0, end, 8), *range(n_bytes if begin is None else begin, n_bytes, 8)]
    for at in reversed(pairs):
        # x goes into both, y into b alone
        weights[at // 4 : at // 4 + 2] = np.array([[1, 1], [0, 1]], np.uint32) @ power
        power = step @ power
    return weights, power
