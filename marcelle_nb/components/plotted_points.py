"""The points of a dataset, kept as the dataset is."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from marcelle_nb.components.instance_fields import SAMPLE
from marcelle_nb.components.point_cloud import PointCloud
from marcelle_nb.components.point_reader import PointReader, plot_fields
from marcelle_nb.stream import Stream, described

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from marcelle_nb.components.coordinates import Place
    from marcelle_nb.components.point_cloud import Color
    from marcelle_nb.data.dataset import Dataset
    from marcelle_nb.data.instance import Instance

FIRST_S, EVERY_S = 0.3, 0.6
"""Points that have been read are shown after so long, and again each time."""


class PlottedPoints:
    """Reads the instances of a dataset as points, all of them or those that changed.

    Parameters
    ----------
    dataset : Dataset
        Whose instances.
    reader : callable
        Makes the `PointReader` for what is plotted now.
    failed : callable
        Takes the message of the first error of a user's function in a reading.

    Attributes
    ----------
    cloud : PointCloud or None
        None before the first reading.
    is_stale : bool
        Whether the cloud is to be read anew.
    fields : Stream of dict
        What a plot can show; held. See `plot_fields`.
    reading : Stream of int or None
        How many instances have been read, while they are; held.
    newest : Stream of list of int
        The number of the reading, and of the change after it, that pages should have; held.

    Notes
    -----
    Thread: one at a time, but for `outdate`.
    """

    def __init__(
        self,
        dataset: Dataset,
        reader: Callable[[], PointReader],
        failed: Callable[[str], object],
    ) -> None:
        self._dataset = dataset
        self._reader = reader
        self._failed = failed
        self.cloud: PointCloud | None = None
        self.is_stale = True
        self.fields: Stream[dict[str, Any]] = Stream({"axes": [], "colors": [], "size": 0})
        self.reading: Stream[int | None] = Stream(None)
        self.newest: Stream[list[int]] = Stream([0, 0])

    def outdate(self) -> None:
        """Give up a reading that goes on; another is needed."""
        self.is_stale = True

    def forget(self) -> None:
        """Let go of the points."""
        self.cloud, self.is_stale = None, True

    def read(self, more: Callable[[], object] = lambda: None) -> bool:
        """Read all instances; say whether they were read to the end.

        `more` is called when some have been read, which are in `cloud` then, and at the end.
        """
        self.is_stale = False
        self.reading.set(0)
        try:
            self._find_fields(self._dataset.find({"$limit": SAMPLE})["data"])
            return self._read_points(more)
        except BaseException:
            self.is_stale = True
            raise
        finally:
            self.reading.set(None)

    def _read_points(self, more: Callable[[], object]) -> bool:
        cloud, due = PointCloud(), time.monotonic() + FIRST_S
        for identifier, place, color in self.of(self._dataset.items()):
            if self.is_stale:  # asked for otherwise meanwhile
                return False
            cloud.put(identifier, place, color)
            if time.monotonic() > due:
                self.reading.set(len(cloud))
                self._show(cloud)
                more()
                due = time.monotonic() + EVERY_S
        self._show(cloud)
        more()
        return True

    def _show(self, cloud: PointCloud) -> None:
        if self.cloud is not cloud:
            self.cloud = cloud
            self.newest.set([self.newest.value[0] + 1, 0])

    def adopt(self, removed: Iterable[str], present: Sequence[Instance]) -> None:
        """Follow a change: the ids that are gone, and what else changed.

        Where the store fails, all is to be read anew: the change does not come again.
        """
        if self.cloud is None:
            return
        for identifier in removed:
            self.cloud.remove(identifier)
        if present:
            try:
                self._put(self.cloud, present)
            except BaseException:
                self.is_stale = True
                raise

    def _put(self, cloud: PointCloud, present: Sequence[Instance]) -> None:
        # read, and not taken from the change: that of many instances has no arrays
        found = self._dataset.items({"id": {"$in": [it["id"] for it in present]}})
        for identifier, place, color in self.of(found):
            cloud.put(identifier, place, color)
        self._find_fields(present[:SAMPLE])

    def of(self, instances: Any) -> Iterator[tuple[str, Place, Color]]:
        """Give the id, the place and the colour of instances, as the axes and colours are now."""
        reader = self._reader()
        yield from reader.points(instances)
        if reader.failure is not None:
            self._failed(described(reader.failure))

    def changes(self) -> list[bytes] | None:
        """Give what changed since they were last sent, as the next number; None for nothing."""
        if self.cloud is None or not self.cloud.has_changed:
            return None
        reading, change = self.newest.value
        self.newest.set([reading, change + 1])
        return self.cloud.changes()

    def _find_fields(self, instances: Sequence[Instance]) -> None:
        fields = plot_fields(self.fields.value, instances)
        if fields != self.fields.value:
            self.fields.set(fields)
