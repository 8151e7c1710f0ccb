"""Pictures from files: dropped, picked or pasted in the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marcelle_nb import image
from marcelle_nb.components.image_source import ImageSource
from marcelle_nb.errors import ImageRejected, MessageRejected
from marcelle_nb.kinds import Integer
from marcelle_nb.receipt import Receipt
from marcelle_nb.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Callable

    from marcelle_nb.image import RGB
    from marcelle_nb.message import Message

MAX_CHUNK = 512 * 1024
"""Larger messages pass no proxy for certain, and over 10 MB the server closes the connection."""

MAX_OPEN_FILES = 8
"""Files begun and not ended; a page sends one at a time, but several pages can send at once."""


class ImageUpload(ImageSource):
    """Takes picture files in the page and emits them in the kernel, in the order they were dropped.

    Pictures are turned upright and made smaller in the page before they are sent, in pieces, so
    that neither their size nor a slow network matters.

    Parameters
    ----------
    width, height : int
        Cut and scale each picture to this size. 0, the default: keep its shape, the longest side at
        most 2,048.

    Attributes
    ----------
    images : Stream of uint8, shape (height, width, 3)
        An event for each picture.
    thumbnails : Stream of str
        An event for each picture, just before it.
    """

    view = "image_upload"

    def __init__(self, width: int = 0, height: int = 0) -> None:
        super().__init__(hold=False)
        side = Integer(min=0, max=2_048)
        self.width = side.check("width", width)
        self.height = side.check("height", height)
        if (self.width == 0) != (self.height == 0):
            raise ValueError(f"size: expected both sides or neither, got {width} x {height}")
        self._files: dict[int, list[bytes]] = {}
        self._count = 0

    def _synced(self) -> dict[str, Stream[Any]]:
        return {"width": Stream(self.width), "height": Stream(self.height)}

    def _handlers(self) -> dict[str, Callable[[Message], object]]:
        return {"chunk": self._on_chunk, "abandon": self._on_abandon}

    def _on_chunk(self, message: Message) -> None:
        file = message.take("file", Integer(min=0))
        try:
            self._add(file, message)
        except (ImageRejected, MessageRejected) as error:
            # the page shows it beside the file's name; it is no failure of the component
            self._files.pop(file, None)
            self.send({"kind": "refused", "file": file, "reason": str(error)})

    def _add(self, file: int, message: Message) -> None:
        index = message.take("index", Integer(min=0))
        count = message.take("count", Integer(min=1, max=image.MAX_BYTES // 1024))
        size = message.take("size", Integer(min=1, max=image.MAX_BYTES))
        if index == 0:
            self._files[file] = []
            while len(self._files) > MAX_OPEN_FILES:  # the oldest belong to pages that have gone
                del self._files[next(iter(self._files))]
        chunks = self._files.get(file, [])
        if index != len(chunks) or index >= count:
            raise MessageRejected(f"chunk: expected number {len(chunks)} of {count}, got {index}")
        chunk = message.buffer()
        if len(chunk) > MAX_CHUNK or sum(map(len, chunks)) + len(chunk) > size:
            raise MessageRejected(f"chunk: expected {size:,} bytes in all, got more")
        chunks.append(chunk)
        self.send({"kind": "received", "file": file, "index": index})
        if len(chunks) == count:
            del self._files[file]
            self._accept(file, b"".join(chunks))

    def _accept(self, file: int, data: bytes) -> None:
        pixels = self._fitted(image.decode(data))
        self._count += 1
        # the page sends the next file then: nothing is dropped before a slow prediction
        with Receipt(lambda: self.send({"kind": "accepted", "file": file})):
            self._emit(pixels)

    def _fitted(self, pixels: RGB) -> RGB:
        """Give the picture the size asked for; the page has done so already, where it could."""
        return image.cover(pixels, self.width, self.height) if self.width else image.shrink(pixels)

    def _on_abandon(self, message: Message) -> None:
        self._files.pop(message.take("file", Integer(min=0)), None)

    def _summary(self) -> list[tuple[str, object]]:
        size = f"{self.width} x {self.height}" if self.width else "as it is, at most 2,048"
        return [("size", size), ("pictures", self._count)]
