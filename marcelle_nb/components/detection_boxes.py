"""Shows where a detector found what, as results come."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

from marcelle_nb.component import Component
from marcelle_nb.components.detection_marks import checked_results, marks
from marcelle_nb.components.frame_pairs import FramePairs
from marcelle_nb.components.marked_picture import marked_picture
from marcelle_nb.components.picture_feed import PictureFeed, static_picture
from marcelle_nb.image import as_rgb
from marcelle_nb.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Callable

    from marcelle_nb.image import RGB
    from marcelle_nb.message import Message
    from marcelle_nb.models.object_detector_results import ObjectDetectorResults


class DetectionBoxes(Component):
    """The picture with a box, a label and a confidence for each object that was found in it.

    Parameters
    ----------
    images : Stream of uint8, shape (height, width, 3)
        Such as `camera.images`: what `marcelle_nb.image.as_rgb` takes.
    results : Stream of ObjectDetectorResults
        Such as `camera.images.latest().map(model.predict)`. None stands for a picture without.

    Raises
    ------
    TypeError
        If one is no stream.

    Notes
    -----
    A result is drawn over the picture that it was made from, however long that took and however
    many others came meanwhile, where it is made by streams: `images.latest().map(function)`, or
    both from one source. It is drawn over the newest picture where that way is broken: after
    `delay` or `debounce`, where another stream picks the picture (`click.sample(images)`), where
    results are set by hand or `images` lacks the picture, and if it was under way when the boxes
    came.

    Pictures whose result is not there yet are shown only until the first result has come.

    Both streams are listened to until a page has shown the boxes and gone. A class has the same
    colour in every picture.
    """

    view = "detection_boxes"

    def __init__(self, images: Stream[Any], results: Stream[ObjectDetectorResults]) -> None:
        super().__init__()
        for name, given in (("images", images), ("results", results)):
            if not isinstance(given, Stream):
                raise TypeError(f"{name}: expected a stream, got {given!r:.80}")
        self._images = images
        self._pairs = FramePairs(images, results)
        self._results: ObjectDetectorResults | None = None
        self._feed = PictureFeed(self.send)
        self._ends += [self.shown.subscribe(self._pairs.turn), lambda: self._pairs.turn(False)]
        # pictures first: what is computed of one at once is then known as its result
        self._while_shown(images, self._take_image)
        self._while_shown(results, self._take_results)

    def _take_image(self, image: Any) -> None:
        pixels = as_rgb(image)
        early = self._pairs.take_frame(pixels)
        if early is not None:
            self._show(pixels, early)
        elif self._results is None:
            self._feed.put(pixels, {"marks": None})

    def _take_results(self, results: Any) -> None:
        checked = None if results is None else checked_results(results)
        newest = self._images.value
        pixels = self._pairs.frame_of(checked, None if newest is None else as_rgb(newest))
        self._show(pixels, checked)

    def _show(self, pixels: RGB | None, results: ObjectDetectorResults | None) -> None:
        self._results = results
        if pixels is not None:
            drawn = None if results is None else marks(results)
            self._feed.put(pixels, {"marks": drawn})

    # The page's side

    def heartbeat(self) -> None:
        """Send again what a page did not answer."""
        self._feed.retry()

    def _handlers(self) -> dict[str, Callable[[Message], object]]:
        return self._feed.handlers()

    def _marks(self) -> list[dict[str, Any]]:
        shown = self._feed.picture
        return [] if shown is None else shown[1]["marks"] or []

    def _summary(self) -> list[tuple[str, object]]:
        if self._feed.picture is None:
            return [("picture", "none yet")]
        found = [f"{mark['label']} {mark['percent']} %" for mark in self._marks()]
        return [("found", ", ".join(found[:20]) or "nothing")]

    def _picture_html(self) -> str:
        shown = self._feed.picture
        if shown is None:
            return ""
        found = self._marks()
        rows = "".join(
            f"<li>{html.escape(mark['label'])} {mark['percent']} %</li>" for mark in found
        )
        picture = static_picture(marked_picture(shown[0], found), "The picture with boxes")
        return f"{picture}<ol>{rows}</ol>"
