"""Shows pictures as they come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marcelle_nb.component import Component
from marcelle_nb.components.picture_feed import PictureFeed, static_picture
from marcelle_nb.image import as_rgb
from marcelle_nb.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Callable

    from marcelle_nb.message import Message


class ImageDisplay(Component):
    """The newest picture of a stream.

    Parameters
    ----------
    images : Stream of uint8, shape (height, width, 3)
        Such as `camera.images.map(edges)`: what `marcelle_nb.image.as_rgb` takes; None shows no
        picture. It is listened to until a page has shown the display and gone. A page gets them as
        fast as it draws them; those that come in between are not sent.

    Raises
    ------
    TypeError
        If it is no stream.

    Notes
    -----
    Pictures of more than 1,024 pixels are sent to the page smaller.
    """

    view = "image_display"

    def __init__(self, images: Stream[Any]) -> None:
        super().__init__()
        if not isinstance(images, Stream):
            raise TypeError(f"images: expected a stream, got {images!r:.80}")
        self._feed = PictureFeed(self.send)
        self._while_shown(images, self._show)

    def _show(self, image: Any) -> None:
        self._feed.put(None if image is None else as_rgb(image))

    # The page's side

    def heartbeat(self) -> None:
        """Send again what a page did not answer."""
        self._feed.retry()

    def _handlers(self) -> dict[str, Callable[[Message], object]]:
        return self._feed.handlers()

    def _summary(self) -> list[tuple[str, object]]:
        shown = self._feed.picture
        if shown is None:
            return [("picture", "none yet")]
        height, width = shown[0].shape[:2]
        return [("picture", f"{width} × {height}")]

    def _picture_html(self) -> str:
        shown = self._feed.picture
        return "" if shown is None else static_picture(shown[0], "The picture")
