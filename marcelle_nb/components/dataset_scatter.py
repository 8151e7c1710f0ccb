"""Shows the instances of a dataset as points of a plane."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.component import Component
from marcelle_nb.components.axis import Axis
from marcelle_nb.components.coordinates import Coordinates
from marcelle_nb.components.field_name import FieldName
from marcelle_nb.components.identifiers import Identifiers
from marcelle_nb.components.instance_fields import MAX_TEXT, at, cell, pictures
from marcelle_nb.components.plotted_points import PlottedPoints
from marcelle_nb.components.point_cloud import PointCloud
from marcelle_nb.components.point_picture import cloud_html
from marcelle_nb.components.point_reader import PointReader
from marcelle_nb.data.dataset import Dataset
from marcelle_nb.errors import InstanceNotFound, MessageRejected
from marcelle_nb.kinds import Integer
from marcelle_nb.parameter import Parameter
from marcelle_nb.scheduler import scheduler
from marcelle_nb.stream import Stream, described

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from marcelle_nb.components.coordinates import Given
    from marcelle_nb.message import Message

SEND_EVERY_S = 0.2
"""Changes of the data within this time travel together."""

STATIC_POINTS = 2_000
STATIC_S = 0.5
"""Reading for the picture ends after so long, that a cell may show its output."""


class DatasetScatter(Component):
    """A point for each instance, coloured by its label; the thumbnail shows under the pointer.

    Drag to select with a rectangle or a lasso, with Ctrl to add; turn the wheel to zoom. Arrows, +,
    - and 0 do it from the keyboard; Shift and arrows go from point to point, Enter chooses one.

    Parameters
    ----------
    dataset : Dataset
        What it shows; changes appear at once, also those that other kernels make.
    x, y : int or str
        The axes: the number of a component of the instances' x, or the name of a field of numbers.
    color : str
        The field whose values the colours stand for.
    coordinates : callable, array, dict or Stream, optional
        Where the points are, in place of the axes: a function from an instance to two numbers, an
        array of shape (n, 2) with a row for each instance in their order, places by id, or a stream
        of any of these.

    Attributes
    ----------
    x, y, color : Stream
        Held. The axes and the field of the colours; the page can change them, too.
    coordinates : Stream
        Held; None where the axes decide. An array becomes places by id when it is set, so that it
        stays right when instances come and go; those that came later have no place.
    hovered : Stream of str or None
        Held. The id of the instance under the pointer.
    clicked : Stream of str
        Events: the id of an instance whose point was clicked.
    selection : Stream of list of str
        Held. The ids of the selected instances. Set it to select; what is removed from the dataset
        leaves it.

    Notes
    -----
    Thread: any; the instances are read on a thread of the component's own, when a page shows it.

    Examples
    --------
    >>> scatter = DatasetScatter(data, x=0, y="score")
    >>> scatter.clicked.subscribe(lambda id: print(data.get(id)["y"]), key="show")
    """

    view = "dataset_scatter"

    def __init__(
        self,
        dataset: Dataset,
        x: int | str = 0,
        y: int | str = 1,
        color: str = "y",
        coordinates: Any = None,
    ) -> None:
        super().__init__()
        if not isinstance(dataset, Dataset):
            raise TypeError(f"dataset: expected a Dataset, got {dataset!r:.80}")
        self._dataset = dataset
        self.x: Stream[int | str] = self._own(Parameter("x", Axis(), x))
        self.y: Stream[int | str] = self._own(Parameter("y", Axis(), y))
        self.color: Stream[str] = self._own(Parameter("color", FieldName(), color))
        stream = coordinates if isinstance(coordinates, Stream) else None
        given: Parameter[Given] = Parameter(
            "coordinates", Coordinates(dataset), None if stream is not None else coordinates
        )
        self.coordinates: Stream[Given] = self._own(given)
        self.selection: Stream[list[str]] = self._own(Parameter("selection", Identifiers(), []))
        self.hovered: Stream[str | None] = self._stream(None)
        self.clicked: Stream[str] = self._stream()
        self._points = PlottedPoints(dataset, self._reader, self._raise_alert)
        for stream_ in (self._points.fields, self._points.reading, self._points.newest):
            self._own(stream_)
        self._is_wanted = False
        self._is_sending = False
        self._last_choice = 0
        self._listen(stream)

    def _listen(self, stream: Stream[Any] | None) -> None:
        for source in (self.x, self.y, self.color, self.coordinates):
            source.subscribe(self._renew)
        self.selection.subscribe(lambda _: self._do(self._send_selection))
        self._ends += [self.shown.subscribe(self._on_shown), self._points.outdate]
        self._while_shown(self._dataset.changes, self._on_change)
        if stream is not None:
            self._while_shown(stream, self._place)

    def _reader(self) -> PointReader:
        axes = (self.x.value, self.y.value)
        return PointReader(axes, self.color.value, self.coordinates.value)

    def _place(self, coordinates: Any) -> None:
        try:
            self.coordinates.set(coordinates)
        except (TypeError, ValueError) as error:  # the stream is someone else's, the alert ours
            self._raise_alert(str(error))

    def _do(self, work: Callable[[], object]) -> None:
        """Do something on the component's own thread, which alone touches the points."""

        def safely() -> None:
            if self._closed:
                return
            try:
                work()
            except Exception as error:  # noqa: BLE001 - a store's or a user's function's
                self._raise_alert(described(error))

        self._inbox.put(safely)

    # Following the dataset

    def _on_shown(self, shown: bool) -> None:  # noqa: FBT001 - a stream's value
        if not shown:
            self._do(self._forget)

    def _forget(self) -> None:
        self._is_wanted = False
        self._points.forget()

    def _renew(self, _: object) -> None:
        self._points.outdate()
        self._do(self._read_where_wanted)

    def _read_where_wanted(self) -> None:
        if self._is_wanted and self._points.is_stale:
            self._read()

    def _read(self) -> None:
        """Read all instances, and send their points."""
        if self._points.read():
            self._send_points()

    def _on_change(self, changes: list[dict[str, Any]]) -> None:
        self._do(lambda: self._apply(changes))

    def _apply(self, changes: list[dict[str, Any]]) -> None:
        if any(change["level"] == "dataset" for change in changes):
            self._points.outdate()
            self._read_where_wanted()
            return
        removed = {it["data"]["id"] for it in changes if it["type"] == "removed"}
        left = [identifier for identifier in self.selection.value if identifier not in removed]
        if len(left) < len(self.selection.value):
            self.selection.set(left)
        if self._points.cloud is None or self._points.is_stale:
            return
        self._points.adopt(removed, [it["data"] for it in changes if it["type"] != "removed"])
        if self._points.cloud.is_hollow:
            self._read()
        elif self._points.cloud.has_changed and not self._is_sending:
            self._is_sending = True
            scheduler.call_later(SEND_EVERY_S, lambda: self._do(self._send_changes))

    # The page's side

    def _send_points(self) -> None:
        if self._points.cloud is not None:
            self._say("points", self._points.cloud.everything())
            self._send_selection()

    def _send_changes(self) -> None:
        self._is_sending = False
        changes = self._points.changes()
        if changes is not None:
            self._say("moved", changes)

    def _say(self, kind: str, buffers: list[bytes]) -> None:
        cloud = self._points.cloud or PointCloud()
        labels = [label[:MAX_TEXT] for label in cloud.labels]
        newest = {"newest": self._points.newest.value, "total": len(cloud), "labels": labels}
        self.send({"kind": kind, **newest}, buffers)

    def _send_selection(self) -> None:
        if self._points.cloud is not None:
            numbers = self._points.cloud.numbers(self.selection.value)
            content = {"reading": self._points.newest.value[0], "request": self._last_choice}
            self.send({"kind": "selected", **content}, [numbers])

    def _on_points(self, _: Message) -> None:
        self._is_wanted = True
        if self._points.is_stale or self._points.cloud is None:
            self._read()
        else:
            # what waits goes with them: the number says what is in
            self._send_points()

    def _on_select(self, message: Message) -> None:
        numbers = message.buffer()
        if len(numbers) % 4:
            raise MessageRejected(f"select: expected numbers of 4 bytes, got {len(numbers)} bytes")
        self._last_choice = message.take("request", Integer(min=0))
        if self._is_of_now(message) and self._points.cloud is not None:
            found = map(self._points.cloud.id, np.frombuffer(numbers, "<u4").tolist())
            self.selection.set([identifier for identifier in found if identifier])
        else:  # the page chose among points that have been read anew since
            self._send_selection()

    def _on_hover(self, message: Message) -> None:
        number = message.take("point", Integer(min=-1))
        identifier = self._id_of(message, number)
        if number < 0 or not identifier:
            self.hovered.set(None)
            return
        self.hovered.set(identifier)
        try:
            picture = pictures(self._dataset, [identifier])[identifier]
            instance = self._dataset.get(identifier)
        except (KeyError, InstanceNotFound):  # removed just now
            return
        reading = self._points.newest.value[0]
        about = [(field, cell(at(instance, field))) for field in self._told()]
        answer = {"reading": reading, "point": number, "id": identifier, "picture": picture}
        self.send({"kind": "instance", **answer, "about": about})

    def _told(self) -> list[str]:
        """Name the fields that are shown beside a thumbnail; the label and the axes are known."""
        return ["x", *self._points.fields.value["axes"][:4]]

    def _on_click(self, message: Message) -> None:
        identifier = self._id_of(message, message.take("point", Integer(min=0)))
        if identifier:
            self.clicked.set(identifier)

    def _is_of_now(self, message: Message) -> bool:
        reading: int = message.take("reading", Integer(min=0))
        return reading == self._points.newest.value[0]

    def _id_of(self, message: Message, number: int) -> str:
        cloud = self._points.cloud if self._is_of_now(message) else None
        return "" if cloud is None else cloud.id(number)

    def _synced(self) -> Mapping[str, Stream[Any]]:
        return {
            "name": Stream(self._dataset.name),
            "where": Stream(self._dataset.where),
            "x": self.x,
            "y": self.y,
            "color": self.color,
            "given": self.coordinates.map(lambda given: given is not None),
            "fields": self._points.fields,
            "reading": self._points.reading,
            "newest": self._points.newest,
        }

    def _handlers(self) -> dict[str, Callable[[Message], object]]:
        return {
            "points": self._on_points,
            "select": self._on_select,
            "hover": self._on_hover,
            "click": self._on_click,
        }

    def _summary(self) -> list[tuple[str, object]]:
        is_given = self.coordinates.value is not None
        axes = "given" if is_given else f"{_title(self.x.value)} and {_title(self.y.value)}"
        selected = len(self.selection.value)
        return [
            ("dataset", self._dataset),
            ("axes", axes),
            *([("selected", selected)] if selected else []),
            ("where", self._dataset.where),
        ]

    def _picture_html(self) -> str:
        cloud, end = PointCloud(), time.monotonic() + STATIC_S
        for identifier, place, label in self._points.of(self._dataset.items().take(STATIC_POINTS)):
            cloud.put(identifier, place, label)
            if time.monotonic() > end:
                break
        return cloud_html(cloud, self._dataset.find({"$limit": 0})["total"])


def _title(axis: int | str) -> str:
    return f"x[{axis}]" if isinstance(axis, int) else axis
