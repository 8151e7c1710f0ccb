"""A file that came from a page."""

from __future__ import annotations

from typing import NamedTuple


class ReceivedFile(NamedTuple):
    """Name and content of a file; as a plain pair it goes wherever `(name, bytes)` goes.

    Attributes
    ----------
    name : str
        As in the page, with `/` between folders where a folder was dropped; never absolute, and
        without `..`.
    content : bytes
    """

    name: str
    content: bytes

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.content)

    def __repr__(self) -> str:
        return f"ReceivedFile({self.name!r}, {self.size:,} bytes)"
