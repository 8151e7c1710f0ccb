"""The points of a plot as pages have them: by number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.components.instance_fields import MAX_TEXT, at, cell
from marcelle_nb.components.point_cloud import PointCloud
from marcelle_nb.errors import InstanceNotFound, MessageRejected
from marcelle_nb.kinds import Integer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from marcelle_nb.components.plotted_points import PlottedPoints
    from marcelle_nb.components.thumbnail_cache import ThumbnailCache
    from marcelle_nb.data.dataset import Dataset
    from marcelle_nb.message import Message


class SentPoints:
    """Sends points to the pages, and says which instances a page means.

    Parameters
    ----------
    points : PlottedPoints
        What is sent. Pages number the points of a reading; what one says of another reading is not
        of these.
    send : callable
        Takes the content of a message, and its buffers.

    Notes
    -----
    Thread: that of the points.
    """

    def __init__(
        self, points: PlottedPoints, send: Callable[[dict[str, Any], list[bytes]], object]
    ) -> None:
        self._points = points
        self._send = send
        self._last_choice = 0
        self._last_reading = 0

    def send_all(self, selection: Sequence[str]) -> None:
        """Send all points, and which of them are selected.

        What has changed since they were last sent goes with them: the number says what is in.
        """
        if self._points.cloud is not None:
            self._last_reading = self._reading
            self._send_points("points", self._points.cloud, self._points.cloud.everything())
            self.send_selection(selection)

    def send_more(self, selection: Sequence[str]) -> None:
        """Send what has been read since the last time: of a new reading all."""
        if self._reading != self._last_reading:
            self.send_all(selection)
            return
        self.send_changes()
        if selection:  # of which more may be there now
            self.send_selection(selection)

    def send_changes(self) -> None:
        """Send what has changed, if anything."""
        changes = self._points.changes()
        if changes is not None:
            self._send_points("moved", self._points.cloud or PointCloud(), changes)

    def send_selection(self, selection: Sequence[str]) -> None:
        """Send which points are selected, with the number of the page's last choice."""
        if self._points.cloud is not None:
            numbers = self._points.cloud.numbers(selection)
            content = {"reading": self._reading, "request": self._last_choice}
            self._send({"kind": "selected", **content}, [numbers])

    def tell_of(
        self, dataset: Dataset, thumbnails: ThumbnailCache, identifier: str, number: int
    ) -> None:
        """Send what shows beside a point: the thumbnail, and some fields."""
        try:
            picture = thumbnails.of([identifier])[identifier]
            instance = dataset.get(identifier)
        except (KeyError, InstanceNotFound):  # removed just now
            return
        # the label and the axes are known
        fields = ["x", *self._points.fields.value["axes"][:4]]
        about = [(field, cell(at(instance, field))) for field in fields]
        answer = {"point": number, "id": identifier, "picture": picture, "about": about}
        self._send({"kind": "instance", "reading": self._reading, **answer}, [])

    def chosen(self, message: Message) -> list[str] | None:
        """Give the ids of the points that a page chose; None where it chose of another reading."""
        numbers = message.buffer()
        if len(numbers) % 4:
            raise MessageRejected(f"select: expected numbers of 4 bytes, got {len(numbers)} bytes")
        self._last_choice = message.take("request", Integer(min=0))
        cloud = self._meant(message)
        if cloud is None:
            return None
        found = map(cloud.id, np.frombuffer(numbers, "<u4").tolist())
        return [identifier for identifier in found if identifier]

    def id_of(self, message: Message, number: int) -> str:
        """Give the id of a point; "" where it is of another reading, or gone."""
        cloud = self._meant(message)
        return "" if cloud is None else cloud.id(number)

    def _meant(self, message: Message) -> PointCloud | None:
        reading: int = message.take("reading", Integer(min=0))
        return self._points.cloud if reading == self._reading else None

    @property
    def _reading(self) -> int:
        return self._points.newest.value[0]

    def _send_points(self, kind: str, cloud: PointCloud, buffers: list[bytes]) -> None:
        labels = [label[:MAX_TEXT] for label in cloud.names]
        about = {"newest": self._points.newest.value, "total": len(cloud), "labels": labels}
        self._send({"kind": kind, **about}, buffers)
