"""Which result belongs to which picture."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from marcelle_nb.receipt import Receipt
from marcelle_nb.stream import lock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from marcelle_nb.image import RGB
    from marcelle_nb.stream import Stream

MAX_FRAMES = 64
MAX_BYTES = 64_000_000
"""Of pictures from which nothing is being made any more, but of which a result may still come."""


class FramePairs:
    """Finds the picture from which a result was made, also where a worker took its time.

    All that comes of one value of a stream carries one receipt, across threads and `latest()`: a
    picture and a result that have the same belong together. Where a source makes no receipts, it
    gets one for each value while the pairs are on, and only then: they take time. A result without,
    or of a picture that did not come by, belongs to the newest picture.

    Parameters
    ----------
    images, results : Stream
        These, and what each is made from (of several, the first), are the sources that get
        receipts.

    Notes
    -----
    Thread: any.
    """

    def __init__(self, images: Stream[Any], results: Stream[Any]) -> None:
        self._sources = [*_upwards(images), *_upwards(results)]
        self._is_on = False
        self._lock = threading.Lock()
        self._frames: dict[Receipt, RGB] = {}
        self._newest: RGB | None = None
        # a result whose picture had not come, and the one that it was given
        self._early: tuple[Receipt, Any, RGB | None] | None = None

    def turn(self, on: bool) -> None:  # noqa: FBT001 - a stream's value
        """Begin, before either stream is subscribed to, or end; off at first."""
        with lock:
            if on == self._is_on:
                return
            self._is_on = on
            for source in self._sources:
                source._tracked += 1 if on else -1
        with self._lock:
            self._frames.clear()
            self._newest = self._early = None  # a picture may be large

    def take_frame(self, pixels: RGB) -> Any:
        """Note a picture, within its delivery; give a result that got another one, else None."""
        receipt = Receipt.current.get()
        with self._lock:
            self._newest = pixels
            early, self._early = self._early, None
            if receipt is None:
                return None
            self._frames.pop(receipt, None)
            self._frames[receipt] = pixels
            self._forget()
        if early is None or early[0] is not receipt or early[2] is pixels:
            return None
        return early[1]

    def frame_of(self, results: Any, newest: RGB | None) -> RGB | None:
        """Give the picture of a result, within the delivery of that.

        Parameters
        ----------
        results
            Kept, where its picture is not there yet.
        newest : uint8, shape (height, width, 3), or None
            The last one of the stream, which may not have been delivered here.
        """
        receipt = Receipt.current.get()
        with self._lock:
            if receipt is not None and receipt in self._frames:
                self._drop_before(receipt)
                return self._frames[receipt]
            found = self._newest if newest is None else newest
            self._early = None if receipt is None else (receipt, results, found)
            return found

    def _drop_before(self, receipt: Receipt) -> None:
        """Let go of older pictures; results of one and the same function come in their order."""
        for older in [*self._frames]:
            if older is receipt:
                return
            if older.finished:
                del self._frames[older]

    def _forget(self) -> None:
        total = sum(frame.nbytes for frame in self._frames.values())
        for oldest in [*self._frames][:-1]:
            if len(self._frames) <= MAX_FRAMES and total <= MAX_BYTES:
                return
            # what a worker is busy with is needed, however many others came meanwhile
            if oldest.finished:
                total -= self._frames.pop(oldest).nbytes


def _upwards(stream: Stream[Any]) -> Iterator[Stream[Any]]:
    """Give a stream, the one that it is made from, and so on."""
    source: Stream[Any] | None = stream
    while source is not None:
        yield source
        source = getattr(source, "_source", None)
