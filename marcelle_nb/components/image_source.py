"""What the sources of images have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marcelle_nb import image
from marcelle_nb.component import Component

if TYPE_CHECKING:
    from marcelle_nb.image import RGB
    from marcelle_nb.stream import Stream


class ImageSource(Component):
    """A component that emits images, each with its thumbnail just before it.

    Attributes
    ----------
    images : Stream of uint8, shape (height, width, 3)
        RGB.
    thumbnails : Stream of str
        `data:` URLs, 60 pixels wide. While a function subscribed to `images` runs,
        `thumbnails.value` belongs to the image that it was given.
    """

    def __init__(self, *, hold: bool, **parameters: Any) -> None:
        super().__init__(**parameters)
        self.thumbnails: Stream[str] = self._stream(hold=hold)
        self.images: Stream[RGB] = self._stream(hold=hold)

    def _emit(self, pixels: RGB) -> None:
        pixels.flags.writeable = False  # all subscribers share it
        self.thumbnails.set(image.thumbnail(pixels))
        self.images.set(pixels)
