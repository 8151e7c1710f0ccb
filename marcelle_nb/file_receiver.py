"""Files of any kind from a page: put together from pieces, handed on in the groups they came in."""

from __future__ import annotations

import io
import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import MessageRejected
from marcelle_nb.inbox import Inbox
from marcelle_nb.kinds import Integer, IntegerList, Text
from marcelle_nb.received_file import ReceivedFile

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from marcelle_nb.message import Message

MAX_CHUNK = 512 * 1024
"""Larger messages pass no proxy for certain, and over 10 MB the server closes the connection."""

MAX_FILES = 10_000
"""Files begun, or whole and not yet handed on."""

FORGOTTEN_S = 60.0
"""A file that waited this long for its page makes room where another one needs it."""

_UNSAFE = re.compile(r"[\x00-\x1f\x7f\\:]")


@dataclass
class _Incoming:
    name: str
    size: int
    count: int
    index: int = 0
    data: io.BytesIO = field(default_factory=io.BytesIO)
    touched: float = 0.0


class FileReceiver:
    """The kernel's end of a file transfer; a component takes its handlers among its own.

    A page sends files one after another, each in pieces that are answered one by one, and then
    names those that belong together. These are handed on at once, on a thread of their own, so that
    what is done with them does not hold up the next.

    Parameters
    ----------
    send : callable
        Takes the content of a message to the pages.
    take : callable
        Takes a list of `ReceivedFile`.
    max_bytes : int
        What all files that are under way may have together.

    Notes
    -----
    Thread: the handlers one at a time, as a component calls them.
    """

    def __init__(
        self,
        send: Callable[[Mapping[str, Any]], object],
        take: Callable[[list[ReceivedFile]], object],
        max_bytes: int,
    ) -> None:
        self._send = send
        self._take = take
        self._max_bytes = max_bytes
        self._files: dict[int, _Incoming] = {}
        self._deliveries = Inbox("marcelle-files")

    def handlers(self) -> dict[str, Callable[[Message], object]]:
        """Give the handler of each kind of message."""
        return {"chunk": self._on_chunk, "abandon": self._on_abandon, "deliver": self._on_deliver}

    def _on_chunk(self, message: Message) -> None:
        number = message.take("file", Integer(min=0))
        try:
            self._add(number, message)
        except MessageRejected as error:
            # the page shows it beside the file's name; it is no failure of the component
            self._files.pop(number, None)
            self._send({"kind": "refused", "file": number, "reason": str(error)})

    def _add(self, number: int, message: Message) -> None:
        index = message.take("index", Integer(min=0))
        file = self._files.get(number)
        if file is None and index == 0:
            file = self._begin(number, message)
        if file is not None and index == file.index - 1:
            # the page sends again what brought it no answer
            self._send({"kind": "received", "file": number, "index": index})
            return
        expected = 0 if file is None else file.index
        if file is None or index != expected or index >= file.count:
            raise MessageRejected(f"chunk: expected number {expected}, got {index}")
        chunk = message.buffer()
        if len(chunk) > MAX_CHUNK or file.data.tell() + len(chunk) > file.size:
            raise MessageRejected(f"chunk: expected {file.size:,} bytes in all, got more")
        file.data.write(chunk)
        file.index += 1
        file.touched = time.monotonic()
        if file.index == file.count and file.data.tell() < file.size:
            raise MessageRejected(
                f"chunk: expected {file.size:,} bytes in all, got {file.data.tell():,}"
            )
        self._send({"kind": "received", "file": number, "index": index})

    def _begin(self, number: int, message: Message) -> _Incoming:
        name = _checked_name(message.take("name", Text(max_length=1_000)))
        size = message.take("size", Integer(min=0))
        count = message.take("count", Integer(min=1, max=max(1, size)))
        self._make_room(size)
        file = self._files[number] = _Incoming(name, size, count)
        return file

    def _make_room(self, size: int) -> None:
        oldest = time.monotonic() - FORGOTTEN_S
        if not self._has_room(size):
            self._files = {n: file for n, file in self._files.items() if file.touched > oldest}
        if not self._has_room(size):
            raise MessageRejected(
                f"files: expected at most {self._max_bytes / 1e6:,.0f} MB together, got more: "
                f"with this one of {size / 1e6:,.0f} MB"
            )

    def _has_room(self, size: int) -> bool:
        total = size + sum(file.size for file in self._files.values())
        return total <= self._max_bytes and len(self._files) < MAX_FILES

    def _on_abandon(self, message: Message) -> None:
        self._files.pop(message.take("file", Integer(min=0)), None)

    def _on_deliver(self, message: Message) -> None:
        delivery = message.take("file", Integer(min=0))
        numbers = message.take("files", IntegerList(min=0, max_length=MAX_FILES))
        whole = [n for n in dict.fromkeys(numbers) if n in self._files and self._is_whole(n)]
        files = [self._files.pop(n) for n in whole]
        # the page asks again where this answer is lost: then there are none left, and none come
        # twice
        self._send({"kind": "delivered", "file": delivery})
        if files:
            received = [ReceivedFile(file.name, file.data.getvalue()) for file in files]
            self._deliveries.put(lambda: self._take(received))

    def _is_whole(self, number: int) -> bool:
        file = self._files[number]
        return file.index == file.count


def _checked_name(name: str) -> str:
    """Refuse a name that would leave a folder: it may become a path."""
    if _UNSAFE.search(name) or any(part in ("", ".", "..") for part in name.split("/")):
        raise MessageRejected(f"name: expected that of a file, got {name!r:.100}")
    return name
