"""Files of any kind from a page: put together from pieces, handed on in the groups they came in."""

from __future__ import annotations

import io
import re
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import MessageRejected
from marcelle_nb.inbox import Inbox
from marcelle_nb.kinds import Integer, IntegerList, Text
from marcelle_nb.received_file import ReceivedFile
from marcelle_nb.runtime.upload_offer import UploadOffer

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
    offer: UploadOffer | None = None

    @property
    def is_whole(self) -> bool:
        return self.index == self.count

    @property
    def is_forgotten(self) -> bool:
        if time.monotonic() - self.touched < FORGOTTEN_S:
            return False
        return self.offer is None or not self.offer.was_written(FORGOTTEN_S)


class FileReceiver:
    """The kernel's end of a file transfer; a component takes its handlers among its own.

    A page sends files one after another, each in pieces that are answered one by one, and then
    names those that belong together. These are handed on at once, on a thread of their own, so that
    what is done with them does not hold up the next.

    A page may ask with `offer` for a place where its server can put a large file, as a whole; it is
    told a nonce where the kernel finds a server on its machine, and an empty one elsewhere. Where
    the page's server does not know the nonce, the file comes in pieces as any other.

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
    Thread: any. An upload is read on a thread of its own; what became of its file meanwhile counts.
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
        self._lock = threading.RLock()
        self._files: dict[int, _Incoming] = {}
        self._is_closed = False
        self._deliveries = Inbox("marcelle-files")
        self._uploads = Inbox("marcelle-uploads")

    def handlers(self) -> dict[str, Callable[[Message], object]]:
        """Give the handler of each kind of message."""
        return {
            "chunk": self._on_chunk,
            "abandon": self._on_abandon,
            "deliver": self._on_deliver,
            "offer": self._on_offer,
            "uploaded": self._on_uploaded,
        }

    def close(self) -> None:
        """Forget what is under way, and offer no place any more; thread: any."""
        with self._lock:
            self._is_closed = True
            for number in [*self._files]:
                self._forget(number)

    def _on_chunk(self, message: Message) -> None:
        number = message.take("file", Integer(min=0))
        self._told(number, lambda: self._add(number, message))

    def _told(self, number: int, work: Callable[[], object]) -> None:
        with self._lock:
            try:
                work()
            except MessageRejected as error:
                # the page shows it beside the file's name; it is no failure of the component
                self._forget(number)
                self._send({"kind": "refused", "file": number, "reason": str(error)})

    def _forget(self, number: int) -> None:
        file = self._files.pop(number, None)
        if file is not None and file.offer is not None:
            file.offer.close()

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
        file.index, file.touched = index + 1, time.monotonic()
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
        return self._files.setdefault(number, _Incoming(name, size, count))

    def _make_room(self, size: int) -> None:
        if not self._has_room(size):
            for number in [n for n, file in self._files.items() if file.is_forgotten]:
                self._forget(number)
        if not self._has_room(size):
            raise MessageRejected(
                f"files: expected at most {self._max_bytes / 1e6:,.0f} MB together, got more: "
                f"with this one of {size / 1e6:,.0f} MB"
            )

    def _has_room(self, size: int) -> bool:
        total = size + sum(file.size for file in self._files.values())
        return total <= self._max_bytes and len(self._files) < MAX_FILES

    def _on_abandon(self, message: Message) -> None:
        number = message.take("file", Integer(min=0))
        with self._lock:
            self._forget(number)

    # Through the server

    def _on_offer(self, message: Message) -> None:
        number = message.take("file", Integer(min=0))
        self._told(number, lambda: self._offer(number, message))

    def _offer(self, number: int, message: Message) -> None:
        file = self._files.get(number)
        if file is None:
            size = message.take("size", Integer(min=1))
            is_taken = size <= self._max_bytes and not self._is_closed
            offer = UploadOffer.made(size) if is_taken else None
            if offer is not None:
                try:
                    file = self._begin(number, message)
                except MessageRejected:
                    offer.close()
                    raise
                file.offer, file.touched = offer, time.monotonic()
        nonce = "" if file is None or file.offer is None else file.offer.nonce
        self._send({"kind": "offered", "file": number, "nonce": nonce})

    def _on_uploaded(self, message: Message) -> None:
        number = message.take("file", Integer(min=0))
        sha256 = message.take("sha256", Text(max_length=64))
        with self._lock:
            file = self._files.get(number)
            offer = None
            if file is not None:
                offer, file.offer, file.touched = file.offer, None, time.monotonic()
        # on a thread of its own, one after another: a large file takes a while to read
        self._uploads.put(lambda: self._take_upload(number, file, offer, sha256))

    def _take_upload(
        self, number: int, file: _Incoming | None, offer: UploadOffer | None, sha256: str
    ) -> None:
        content, failure = None, None
        try:
            content = None if offer is None else offer.take(sha256)
        except MessageRejected as error:
            failure = error

        def put() -> None:
            if failure is not None:
                raise failure
            if file is not None and content is not None:
                file.data, file.index = io.BytesIO(content), file.count
            # the page may ask again: then it is there already
            if file is None or not file.is_whole:
                raise MessageRejected("upload: expected a file that was offered, got another")
            self._send({"kind": "received", "file": number, "index": 0})

        with self._lock:
            # it may have been given up meanwhile, and begun again in pieces
            if self._files.get(number) is file:
                self._told(number, put)

    def _on_deliver(self, message: Message) -> None:
        delivery = message.take("file", Integer(min=0))
        numbers = message.take("files", IntegerList(min=0, max_length=MAX_FILES))
        with self._lock:
            known = [n for n in dict.fromkeys(numbers) if n in self._files]
            files = [self._files.pop(n) for n in known if self._files[n].is_whole]
        # where this answer is lost, the page asks again: then there are none left
        self._send({"kind": "delivered", "file": delivery})
        if files:
            received = [ReceivedFile(file.name, file.data.getvalue()) for file in files]
            self._deliveries.put(lambda: self._take(received))


def _checked_name(name: str) -> str:
    """Refuse a name that would leave a folder: it may become a path."""
    if _UNSAFE.search(name) or any(part in ("", ".", "..") for part in name.split("/")):
        raise MessageRejected(f"name: expected that of a file, got {name!r:.100}")
    return name
