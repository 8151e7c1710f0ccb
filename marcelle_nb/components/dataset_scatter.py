"""Shows the instances of a dataset as points of a plane."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from marcelle_nb.component import Component
from marcelle_nb.components.axis import Axis
from marcelle_nb.components.coordinates import Coordinates
from marcelle_nb.components.field_name import FieldName
from marcelle_nb.components.identifiers import Identifiers, still_there
from marcelle_nb.components.plotted_points import PlottedPoints
from marcelle_nb.components.point_cloud import PointCloud
from marcelle_nb.components.point_picture import cloud_html
from marcelle_nb.components.point_reader import PointReader
from marcelle_nb.components.retried import Retried
from marcelle_nb.components.sent_points import SentPoints
from marcelle_nb.components.thumbnail_cache import ThumbnailCache
from marcelle_nb.data.dataset import Dataset
from marcelle_nb.errors import GeneralError, Unavailable
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
        The field whose values the colours stand for: texts as labels, numbers on a scale.
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
        self._is_selection_unsure = False
        self._sent = SentPoints(self._points, self.send)
        self._thumbnails = ThumbnailCache(dataset)
        self._mend = Retried(self, self._catch_up)
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
            except (Unavailable, GeneralError) as error:
                self._mend.failed(error)
            except Exception as error:  # noqa: BLE001 - a store's or a user's function's
                self._raise_alert(described(error))

        self._inbox.put(safely)

    # Following the dataset

    def _on_shown(self, shown: bool) -> None:  # noqa: FBT001 - a stream's value
        self._is_selection_unsure = True  # nothing was heard meanwhile
        self._do(self._check_selection if shown else self._forget)

    def _forget(self) -> None:
        self._is_wanted = False
        self._points.forget()

    def _renew(self, _: object) -> None:
        self._points.outdate()
        self._do(self._read_where_wanted)

    def _read_where_wanted(self) -> None:
        if self._is_wanted and self._points.is_stale:
            self._read()

    def _catch_up(self) -> None:
        """Do what could not be done while the store failed."""
        self._check_selection()
        self._read_where_wanted()

    def _check_selection(self) -> None:
        if self._is_selection_unsure:
            self._keep_selected(still_there(self._dataset, self.selection.value))
            self._is_selection_unsure = False

    def _keep_selected(self, left: list[str]) -> None:
        if len(left) < len(self.selection.value):
            self.selection.set(left)

    def _read(self) -> None:
        """Read all instances, and send their points as they come."""
        self._points.read(lambda: self._sent.send_more(self.selection.value))

    def _send_selection(self) -> None:
        self._sent.send_selection(self.selection.value)

    def _send_changes(self) -> None:
        self._is_sending = False
        self._sent.send_changes()

    def _on_change(self, changes: list[dict[str, Any]]) -> None:
        self._do(lambda: self._apply(changes))

    def _apply(self, changes: list[dict[str, Any]]) -> None:
        if any(change["level"] == "dataset" for change in changes):
            self._points.outdate()
            self._is_selection_unsure = True
            self._catch_up()
            return
        removed = {it["data"]["id"] for it in changes if it["type"] == "removed"}
        self._keep_selected([it for it in self.selection.value if it not in removed])
        if self._points.cloud is None or self._points.is_stale:
            return
        self._points.adopt(removed, [it["data"] for it in changes if it["type"] != "removed"])
        if self._points.cloud.is_hollow:
            self._read()
        elif self._points.cloud.has_changed and not self._is_sending:
            self._is_sending = True
            scheduler.call_later(SEND_EVERY_S, lambda: self._do(self._send_changes))

    # The page's side

    def _on_points(self, _: Message) -> None:
        self._is_wanted = True
        if self._points.is_stale or self._points.cloud is None:
            self._points.outdate()
            self._mend()
        else:
            self._sent.send_all(self.selection.value)

    def _on_select(self, message: Message) -> None:
        chosen = self._sent.chosen(message)
        if chosen is None:  # the page chose among points that have been read anew since
            self._sent.send_selection(self.selection.value)
        else:
            self.selection.set(chosen)

    def _on_hover(self, message: Message) -> None:
        number = message.take("point", Integer(min=-1))
        identifier = self._sent.id_of(message, number) or None
        self.hovered.set(identifier)
        if identifier is not None:
            self._sent.tell_of(self._dataset, self._thumbnails, identifier, number)

    def _on_click(self, message: Message) -> None:
        identifier = self._sent.id_of(message, message.take("point", Integer(min=0)))
        if identifier:
            self.clicked.set(identifier)

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
        for identifier, place, color in self._points.of(self._dataset.items().take(STATIC_POINTS)):
            cloud.put(identifier, place, color)
            if time.monotonic() > end:
                break
        return cloud_html(cloud, self._dataset.find({"$limit": 0})["total"])


def _title(axis: int | str) -> str:
    return f"x[{axis}]" if isinstance(axis, int) else axis
