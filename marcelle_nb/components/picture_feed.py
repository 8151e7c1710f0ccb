"""Pictures on their way to a page: the newest, one at a time, as fast as the page draws them."""

from __future__ import annotations

import base64
import threading
import time
from typing import TYPE_CHECKING, Any

from marcelle_nb import image
from marcelle_nb.kinds import Integer
from marcelle_nb.latest import LatestWorker

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from marcelle_nb.image import RGB
    from marcelle_nb.message import Message

LONGEST = 1_024
"""Larger pictures are sent smaller: no page shows more of them."""

STATIC_LONGEST = 480
"""Of a picture that is kept in a notebook."""

ANSWER_S = 2.0
"""A page that has not drawn a picture for so long is gone, or its answer is."""


class PictureFeed:
    """Sends pictures to the pages of a component; one waits while one is drawn, the newest.

    Parameters
    ----------
    send : callable
        Takes content and buffers of a message, as `Component.send`.

    Notes
    -----
    Thread: any. Pictures are compressed on a thread of their own.
    """

    def __init__(self, send: Callable[[Mapping[str, Any], list[bytes]], None]) -> None:
        self._send = send
        self._worker = LatestWorker[None](lambda _: self._work(), "marcelle-picture")
        self._lock = threading.Lock()
        self._shown: tuple[RGB, Mapping[str, Any]] | None = None
        self._is_sent = True
        self._number = 0
        self._drawn = 0
        self._sent_at = 0.0

    @property
    def picture(self) -> tuple[RGB, Mapping[str, Any]] | None:
        """The newest picture, with what is drawn over it."""
        return self._shown

    def put(self, pixels: RGB | None, content: Mapping[str, Any] | None = None) -> None:
        """Show a picture from now on; None shows none."""
        with self._lock:
            self._shown = None if pixels is None else (pixels, content or {})
            self._is_sent = False
        self._worker.put(None)

    def handlers(self) -> dict[str, Callable[[Message], object]]:
        """Give handlers for what pages send."""
        return {"drawn": self._on_drawn, "look": lambda _: self._again()}

    def _on_drawn(self, message: Message) -> None:
        number = message.take("number", Integer(min=0))
        with self._lock:
            self._drawn = max(self._drawn, min(number, self._number))
            waits = not self._is_sent
        if waits:
            self._worker.put(None)

    def _again(self) -> None:
        """Send the picture once more: a page has come that does not have it."""
        with self._lock:
            self._is_sent = False
            self._drawn = self._number
        self._worker.put(None)

    def retry(self) -> None:
        """Send what waits for an answer that does not come; call it now and then."""
        with self._lock:
            waits = not self._is_sent
        if waits:
            self._worker.put(None)

    def _work(self) -> None:
        with self._lock:
            is_due = self._drawn == self._number or time.monotonic() - self._sent_at > ANSWER_S
            if self._is_sent or not is_due:
                return
            shown, self._is_sent = self._shown, True
            self._number += 1
            self._sent_at = time.monotonic()
            number = self._number
        if shown is None:
            self._send({"kind": "picture", "number": number, "width": 0, "height": 0}, [])
            return
        pixels, content = shown
        height, width = pixels.shape[:2]
        jpeg = image.encode_jpeg(image.shrink(pixels, LONGEST))
        size = {"width": width, "height": height}
        self._send({"kind": "picture", "number": number, **size, **content}, [jpeg])


def static_picture(pixels: RGB, text: str) -> str:
    """Give HTML that holds a small copy of a picture.

    Parameters
    ----------
    pixels : uint8, shape (height, width, 3)
    text : str
        What stands for the picture, without `'`, `<` and `&`.
    """
    data = base64.b64encode(image.encode_jpeg(image.shrink(pixels, STATIC_LONGEST), 80)).decode()
    return f"<img alt='{text}' src='data:image/jpeg;base64,{data}'>"
