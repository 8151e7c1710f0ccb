"""What is asked of a dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marcelle_nb.data.arrays import Rows, all_arrays
from marcelle_nb.errors import StoreError

if TYPE_CHECKING:
    from marcelle_nb.data.collection import Collection
    from marcelle_nb.data.data_store import DataStore
    from marcelle_nb.data.dataset_streams import Change, DatasetStreams
    from marcelle_nb.data.instance import Instance
    from marcelle_nb.data.instance_iterable import InstanceIterable
    from marcelle_nb.data.query import RawQuery
    from marcelle_nb.stream import Stream

_FIELDS = ("x", "y")


class DatasetReader:
    """Finds, counts, follows and gives instances; changes none."""

    _name: str
    _collection: Collection
    _streams: DatasetStreams

    @property
    def name(self) -> str:
        """The name that was given."""
        return self._name

    @property
    def store(self) -> DataStore:
        """Where the data lives."""
        return self._collection.store

    @property
    def where(self) -> str:
        """A sentence for the page that says where the data lives."""
        return self.store.where

    @property
    def count(self) -> Stream[int]:
        """How many instances there are: a held stream, also of the changes of other processes."""
        return self._streams.count

    @property
    def changes(self) -> Stream[list[Change]]:
        """What happens to the data: an event stream of lists of changes, as Marcelle's `$changes`.

        A change is a dictionary: `level` is "instance"; `type` is "created" (also for restored
        ones), "updated" or "removed"; `data` is a copy of the instance after the change, or of a
        removed one as it was. One call makes one list, however many instances; of many at once, and
        of those that another process removed, `data` has no arrays. `level` "dataset" without
        `data` means that everything is to be read again, as after `sift`.
        """
        return self._streams.changes

    @property
    def labels(self) -> list[str]:
        """The labels, in the order in which the instances first show them."""
        return list(self.label_counts())

    @property
    def features(self) -> list[str | None]:
        """The names of what made the inputs, in first-seen order; None stands for unnamed."""
        return self._collection.features()

    def label_counts(self) -> dict[str, int]:
        """Count the instances of each label, in the order of `labels`."""
        return self._collection.label_counts()

    def find(self, query: RawQuery | None = None) -> Any:
        """Give a page of instances: `{"total", "limit", "skip", "data"}`; see `Service.find`."""
        return self._collection.find(query)

    def distinct(self, field: str) -> list[Any]:
        """Give the different values of a field, in first-seen order."""
        values: list[Any] = self._collection.find({"$distinct": field})
        return values

    def items(self, query: RawQuery | None = None) -> InstanceIterable:
        """Give all instances, or those that match, in order; they are read while one iterates."""
        return self._collection.items(query)

    def get(self, id: str) -> Instance:
        """Give one instance; `InstanceNotFound` where there is none."""
        return self._collection.get(id)

    def to_arrays(self) -> tuple[Rows, list[str]]:
        """Put the inputs and labels of all instances together.

        Returns
        -------
        x : float32, shape (n, *shape), or uint8, shape (n, height, width, 3)
            Arrays or images, in order; shape (0, 0) where there are none. Beyond 1 GB it is a
            memory map of a file that is gone with the array.
        y : list of str, length n
            Their labels; a list of numbers stays one.

        Raises
        ------
        InstanceRejected
            If an instance has no label, an `x` of another shape than the first, or numbers that are
            not finite in float32; the message names it by its id.
        """
        return all_arrays(self._collection.items().select(_FIELDS), self._collection.count())

    def __str__(self) -> str:
        try:
            n_instances, n_labels = self.count.value, len(self.labels)
        except StoreError as error:
            return f"{self._name}, {error}"
        return (
            f"{self._name}, {n_instances:,} instance{'s' * (n_instances != 1)}"
            f" of {n_labels:,} label{'s' * (n_labels != 1)}"
        )
