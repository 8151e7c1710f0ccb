"""Collects labelled instances from a source of images."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb import image
from marcelle_nb.component import Component
from marcelle_nb.components.press import Press
from marcelle_nb.data.dataset import Dataset
from marcelle_nb.kinds import Text
from marcelle_nb.parameter import Parameter
from marcelle_nb.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from marcelle_nb.components.image_source import ImageSource
    from marcelle_nb.image import RGB
    from marcelle_nb.message import Message

MAX_PENDING_BYTES = 500_000_000
"""Of uploaded pictures that wait for a label; the oldest are dropped beyond this."""

LABEL = Text(max_length=100)


class Recorder(Component):
    """A label field and a button: hold it, and every picture of the source becomes an instance.

    From a source that emits now and then (an upload), pictures wait until the button adds them
    under the label.

    Parameters
    ----------
    source : ImageSource or Stream of uint8, shape (height, width, 3)
        A webcam, an upload, or any stream of images.
    dataset : Dataset
        Where the instances go.
    process : callable, optional
        Makes an instance's x from an image, such as `features.process`. Without it x is the image.

    Attributes
    ----------
    label : Stream of str
        What is shown now; the labels used before are offered again.
    recording : Stream of bool
        Whether pictures are recorded as they come. Setting it is as good as holding the button.
    """

    view = "recorder"

    def __init__(
        self,
        source: ImageSource | Stream[RGB],
        dataset: Dataset,
        process: Callable[[RGB], Any] | None = None,
    ) -> None:
        super().__init__()
        self._source = source
        self._images: Stream[RGB] = source if isinstance(source, Stream) else _images(source)
        if not isinstance(dataset, Dataset):
            raise TypeError(f"dataset: expected a Dataset, got {dataset!r:.80}")
        if process is not None and not callable(process):
            raise TypeError(f"process: expected a function of an image, got {process!r:.80}")
        self._dataset = dataset
        self._process = process
        self.label: Stream[str] = self._own(Parameter("label", LABEL, ""))
        self.recording: Stream[bool] = self._stream(False)
        self._press = Press(self.recording)
        self._pending: deque[tuple[Any, bool, str]] = deque()
        self._n_pending: Stream[int] = self._stream(0)
        self._counts: Stream[list[tuple[str, int]]] = self._stream([])
        self._stop: Callable[[], None] | None = None
        self._listen()

    def _listen(self) -> None:
        self._ends += [
            self.recording.subscribe(self._on_recording),
            self.shown.subscribe(lambda shown: None if shown else self._press.release()),
            lambda: self._on_recording(False),
        ]
        # on a thread of its own: the camera does not wait for the counting of a large dataset
        self._while_shown(self._dataset.changes.latest(), self._recount)
        self._while_shown(Stream(None), self._recount)
        if not self._images.held:
            self._while_shown(self._images, self._wait)

    def _recount(self, _: object) -> None:
        self._counts.set(list(self._dataset.label_counts().items()))

    # Holding the button

    def _on_recording(self, recording: bool) -> None:  # noqa: FBT001 - a stream's value
        if recording and self._stop is None:
            problem = self._obstacle()
            if problem:
                self._raise_alert(problem)
                self.recording.set(False)
                return
            # one key for a source and a dataset: two recorders, or one made twice, record a picture
            # once
            key = ("recorder", self._dataset.store.location, self._dataset.name)
            self._stop = self._images.subscribe(self._record_shown, key=key)
        elif not recording and self._stop is not None:
            self._stop()
            self._stop = None

    def _obstacle(self) -> str:
        if not self.label.value.strip():
            return "There is no label: type one first."
        ready = getattr(self._source, "ready", None)
        if isinstance(ready, Stream) and not ready.value:
            return "The camera is off: press Start camera first."
        return ""

    def _record_shown(self, pixels: RGB) -> None:
        self._record(pixels, self._thumbnail(pixels))

    def _thumbnail(self, pixels: RGB) -> str:
        thumbnails = getattr(self._source, "thumbnails", None)
        return thumbnails.value if isinstance(thumbnails, Stream) else image.thumbnail(pixels)

    def _record(self, pixels: RGB, thumbnail: str) -> None:
        try:
            label = self.label.value.strip()  # as it was when the picture came
            x = self._processed(pixels)
            self._dataset.create({"x": x, "y": label, "thumbnail": thumbnail})
        except Exception:
            self.recording.set(False)
            raise

    def _processed(self, pixels: RGB) -> Any:
        return pixels if self._process is None else self._process(pixels)

    # Pictures that wait

    def _wait(self, pixels: RGB) -> None:
        if self.recording.value:
            return  # it is recorded as it comes
        # processed at once: a vector takes far less memory than a picture while it waits
        x, is_processed = pixels, False
        try:
            x, is_processed = self._processed(pixels), True
        finally:  # a picture that cannot be processed waits as it is, and is not lost
            self._pending.append((x, is_processed, self._thumbnail(pixels)))
            while sum(np.asarray(x).nbytes for x, *_ in self._pending) > MAX_PENDING_BYTES:
                self._pending.popleft()
            self._n_pending.set(len(self._pending))

    def add(self) -> None:
        """Record the pictures that wait under the present label.

        Raises
        ------
        ValueError
            If there is no label; the pictures go on waiting.
        Exception
            The first one of `process` or the dataset; the pictures concerned go on waiting, all
            others are recorded.
        """
        problem = self._obstacle()
        if problem:
            raise ValueError(problem)
        label, refused, errors = self.label.value.strip(), [], []
        for _ in range(len(self._pending)):  # and not what comes meanwhile
            if not self._pending:  # dropped, for those that came
                break
            x, is_processed, thumbnail = waiting = self._pending.popleft()
            try:
                x = x if is_processed else self._processed(x)
                self._dataset.create({"x": x, "y": label, "thumbnail": thumbnail})
            except Exception as error:  # noqa: BLE001 - `process` is a user's code
                refused.append(waiting)
                errors.append(error)
        self._pending.extendleft(reversed(refused))
        self._n_pending.set(len(self._pending))
        if errors:
            raise errors[0]

    def discard(self) -> None:
        """Forget the pictures that wait."""
        self._pending.clear()
        self._n_pending.set(0)

    # The page's side

    def _synced(self) -> Mapping[str, Stream[Any]]:
        return {
            "label": self.label,
            "labels": self._counts.map(lambda counts: [label for label, _ in counts]),
            "counts": self._counts,
            "recording": self.recording,
            "pending": self._n_pending,
            "live": Stream(self._images.held),
            "dataset_name": Stream(self._dataset.name),
        }

    def _handlers(self) -> dict[str, Callable[[Message], object]]:
        return {
            "press": self._on_press,
            "release": self._press.handlers["release"],
            "add": self._on_add,
            "discard": lambda _: self.discard(),
        }

    def _on_press(self, message: Message) -> None:
        self._take_label(message)
        self._press.handlers["press"](message)

    def _on_add(self, message: Message) -> None:
        self._take_label(message)
        self.add()

    def _take_label(self, message: Message) -> None:
        """Take the label that the page shows: this message may overtake the write of the trait."""
        if "label" not in message.content:
            return
        label = message.take("label", LABEL)
        if label != self.label.value:
            self.label.set(label)

    def _summary(self) -> list[tuple[str, object]]:
        counts = ", ".join(f"{label}: {n}" for label, n in self._dataset.label_counts().items())
        return [("label", self.label.value), ("recorded", counts or "nothing yet")]


def _images(source: Any) -> Stream[RGB]:
    images = getattr(source, "images", None)
    if not isinstance(images, Stream):
        raise TypeError(
            f"source: expected a webcam, an upload or a stream of images, got {source!r:.80}"
        )
    return images
