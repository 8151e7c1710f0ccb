"""The camera of the computer that the page is on."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from marcelle_nb import image
from marcelle_nb.components.image_source import ImageSource
from marcelle_nb.errors import ImageRejected
from marcelle_nb.kinds import Boolean, Choice, Integer
from marcelle_nb.latest import LatestWorker
from marcelle_nb.parameter import Parameter
from marcelle_nb.receipt import Receipt
from marcelle_nb.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Callable

    from marcelle_nb.message import Message

SILENT_S = 5.0
"""A camera that is on, but silent for this long while pages are alive, was closed with its page."""

HEARTBEAT_LOST_S = 2.5
"""Pages that are alive say so every second."""


class Webcam(ImageSource):
    """Shows a camera in the page and emits its pictures in the kernel.

    The camera starts when someone clicks on Start, never by itself. One picture is under way at a
    time: the next one leaves the page when everything that is subscribed to `images` has taken the
    last one, so no queue can form.

    Parameters
    ----------
    width, height : int
        Of the pictures, in pixels; the middle of the camera's picture is cut out to this shape.
    period : int
        Least time between the starts of two pictures, in milliseconds.
    facing_mode : {"user", "environment"}
        Which camera of a phone. The preview of a "user" camera is mirrored, the pictures never are.

    Attributes
    ----------
    images : Stream of uint8, shape (height, width, 3)
        Held.
    thumbnails : Stream of str
        Held.
    active : Stream of bool
        Whether the camera is on, or was asked to be. Set it to False to switch the camera off.
    ready : Stream of bool
        Whether pictures come.
    facing_mode : Stream of str
        Which camera.
    """

    view = "webcam"

    def __init__(
        self, width: int = 224, height: int = 224, period: int = 50, facing_mode: str = "user"
    ) -> None:
        super().__init__(hold=True)
        side = Integer(min=1, max=2_048)
        self.width = side.check("width", width)
        self.height = side.check("height", height)
        self.period = Integer(min=1, max=60_000).check("period", period)
        self.active: Stream[bool] = self._own(Parameter("active", Boolean(), False))
        self.ready: Stream[bool] = self._own(Parameter("ready", Boolean(), False))
        modes = Choice(("user", "environment"))
        self.facing_mode: Stream[str] = self._own(Parameter("facing_mode", modes, facing_mode))
        self._worker: LatestWorker[Message] = LatestWorker(self._take, "marcelle-webcam")
        self._last_frame = 0.0
        self._last_heartbeat = 0.0
        self._under_way = False
        self._ends.append(self._switch_off)

    def _synced(self) -> dict[str, Stream[Any]]:
        return {
            "width": Stream(self.width),
            "height": Stream(self.height),
            "period": Stream(self.period),
            "active": self.active,
            "ready": self.ready,
            "facing_mode": self.facing_mode,
        }

    def _handlers(self) -> dict[str, Callable[[Message], object]]:
        return {"frame": self._on_frame}

    def _on_frame(self, message: Message) -> None:
        number = message.take("id", Integer(min=0))
        message.buffer()
        self._under_way = True
        with Receipt(lambda: self._answer(number)):
            self._worker.put(message)

    def _take(self, message: Message) -> None:
        """Decode a picture and emit it, on the worker's thread."""
        if not self.active.value:
            return  # it was under way when the camera was switched off
        try:
            pixels = image.decode(message.buffer())
            if pixels.shape != (self.height, self.width, 3):
                size = f"{pixels.shape[1]} x {pixels.shape[0]}"
                raise ImageRejected(  # noqa: TRY301 - rejected like one that is no picture
                    f"frame: expected {self.width} x {self.height} pixels, got {size}"
                )
        except ImageRejected as error:
            self.reject(error)
            return
        if not self.ready.value:
            self.ready.set(True)
        self._emit(pixels)

    def _answer(self, number: int) -> None:
        self._last_frame = time.monotonic()
        self._under_way = False
        self.send({"kind": "taken", "id": number})

    def heartbeat(self) -> None:
        """Notice that the page with the camera has gone without a word."""
        now = time.monotonic()
        if now - self._last_heartbeat > HEARTBEAT_LOST_S:
            self._last_frame = now  # the network was down, and the page's pictures with it
        self._last_heartbeat = now
        silent_s = now - self._last_frame
        if self.ready.value and not self._under_way and silent_s > SILENT_S + self.period / 1000:
            self._switch_off()

    def _switch_off(self) -> None:
        for stream in (self.ready, self.active):
            if stream.value:
                stream.set(False)

    def _summary(self) -> list[tuple[str, object]]:
        state = "on" if self.ready.value else "starting" if self.active.value else "off"
        return [("size", f"{self.width} x {self.height}"), ("camera", state)]

    def _picture_html(self) -> str:
        newest = self.thumbnails.value
        return f"<img alt='last picture' src='{newest}'>" if newest else ""
