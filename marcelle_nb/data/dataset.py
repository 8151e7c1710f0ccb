"""Named collections of instances: what a user records, labels and trains on."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, overload

from marcelle_nb.data.arrays import Rows, as_arrays
from marcelle_nb.data.collection import Change, Collection
from marcelle_nb.data.instance import Instance, copied

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from marcelle_nb.stream import Stream


class Dataset:
    """An ordered collection of labelled examples.

    Two datasets of one name in one kernel are the same data: instances created through one are in
    the other, and both have the same streams.

    Parameters
    ----------
    name : str
        Any text but the empty one.
    store : None or "memory", optional
        Where the data lives: in the memory of this kernel, gone when it stops.

    Raises
    ------
    ValueError
        If the name is empty, or the store is another.

    Notes
    -----
    Thread: any. Changes happen one at a time and whole: of a list of instances with a bad one, none
    is created. Subscribers hear of changes in their order, while no lock is held.

    An instance is a dictionary: `x`, numbers of shape (n,) or (1, n) or an image; `y`, the label,
    or None; optional `thumbnail`, a `data:image/…;base64` URL, made from an image where one is
    given; optional `features`, the name of what made `x`; any other keys with JSON-like values. The
    dataset adds `id`, `createdAt` and `updatedAt`. It keeps copies, and gives copies, with arrays
    that cannot be written to.

    Examples
    --------
    >>> data = Dataset("gestures")
    >>> wave = data.create({"x": [0.1, 0.9], "y": "wave"})
    >>> data.count.value, data.labels
    (1, ['wave'])
    """

    def __init__(self, name: str, store: str | None = None) -> None:
        # Users are not type-checked, and the page takes nothing but text.
        if not isinstance(name, str) or not name:  # type: ignore[redundant-expr]
            raise ValueError(f"name: expected a text that is not empty, got {name!r}")
        if store not in (None, "memory"):
            raise ValueError(
                f"store: expected None or 'memory' (the only store of this version), got {store!r}"
            )
        self._name = name
        self._collection = Collection.named(name)

    @property
    def name(self) -> str:
        """The name that was given."""
        return self._name

    @property
    def where(self) -> str:
        """A sentence for the page that says where the data lives."""
        return "Kept in this kernel's memory: gone when the kernel stops or restarts."

    @property
    def count(self) -> Stream[int]:
        """How many instances there are: a held stream."""
        return self._collection.count

    @property
    def changes(self) -> Stream[list[Change]]:
        """What happens to the data: an event stream of lists of changes, as Marcelle's `$changes`.

        A change is a dictionary: `level` is "instance"; `type` is "created" (also for restored
        ones), "updated" or "removed"; `data` is a copy of the instance after the change, or of a
        removed one as it was. One call makes one list, however many instances.
        """
        return self._collection.changes

    @property
    def labels(self) -> list[str]:
        """The labels, in the order in which the instances first show them."""
        return list(self.label_counts())

    @property
    def features(self) -> list[str | None]:
        """The names of what made the inputs, in first-seen order; None stands for unnamed."""
        return list(dict.fromkeys(it.get("features") for it in self._collection.instances()))

    def label_counts(self) -> dict[str, int]:
        """Count the instances of each label, in the order of `labels`."""
        labels = (instance["y"] for instance in self._collection.instances())
        return dict(Counter(label for label in labels if label is not None))

    def items(self) -> list[Instance]:
        """Copy all instances, in order."""
        return [copied(instance) for instance in self._collection.instances()]

    def get(self, id: str) -> Instance:
        """Copy one instance; `InstanceNotFound` where there is none."""
        return self._collection.get(id)

    @overload
    def create(self, instance: Mapping[str, Any]) -> str: ...

    @overload
    def create(self, instance: Sequence[Mapping[str, Any]]) -> list[str]: ...

    def create(self, instance: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> str | list[str]:
        """Add an instance, or a list of them, at the end.

        Parameters
        ----------
        instance : dict, or list of dict
            See the class. `id`, `createdAt` and `updatedAt` are not taken over.

        Returns
        -------
        str, or list of str
            The new identifier, 24 hexadecimal digits, or one for each of the list.

        Raises
        ------
        InstanceRejected
            If one is not an instance; then none is added.
        """
        if isinstance(instance, (list, tuple)):
            return self._collection.create(instance)
        return self._collection.create([instance])[0]

    def patch(self, id: str, changes: Mapping[str, Any]) -> Instance:
        """Replace some keys of an instance.

        Parameters
        ----------
        id : str
            Which instance.
        changes : dict
            The new values. A new `x` takes its own `features` with it, or loses them.

        Returns
        -------
        dict
            A copy of the instance after the change.

        Raises
        ------
        InstanceNotFound, InstanceRejected
            If there is no such instance, or a value cannot be one of an instance.
        """
        return self._collection.patch(id, dict(changes))

    def relabel(self, ids: str | Sequence[str], label: str | None) -> list[Instance]:
        """Give instances another label in one change; return copies of what they were before."""
        return self._collection.relabel(_listed(ids), label)

    def remove(self, ids: str | Sequence[str]) -> list[Instance]:
        """Remove one instance or several, in one change.

        Parameters
        ----------
        ids : str, or sequence of str
            Which instances.

        Returns
        -------
        list of dict
            Copies of them, for `restore`.

        Raises
        ------
        InstanceNotFound
            If there is none for one of the ids; then none is removed.
        """
        return self._collection.remove(_listed(ids))

    def restore(self, removed: Sequence[Mapping[str, Any]]) -> None:
        """Put removed instances back, in one change.

        Parameters
        ----------
        removed : sequence of dict
            What `remove` or `clear` gave. They return to their places in the order, with their
            identifiers.

        Raises
        ------
        InstanceRejected
            If one was never here, or still is, or is no instance any more; then none is restored.
        """
        self._collection.restore(removed)

    def clear(self) -> list[Instance]:
        """Remove all instances in one change; return copies of them, for `restore`."""
        return self._collection.clear()

    def to_arrays(self) -> tuple[Rows, list[str]]:
        """Put the inputs and labels of all instances together.

        Returns
        -------
        x : float32, shape (n, d), or uint8, shape (n, height, width, 3)
            Vectors or images, in order; shape (0, 0) where there are none.
        y : list of str, length n
            Their labels.

        Raises
        ------
        InstanceRejected
            If an instance has no label, an `x` of another shape than the first, or numbers that are
            not finite in float32; the message names it by its id.
        """
        return as_arrays(self._collection.instances())

    def __str__(self) -> str:
        n_instances, n_labels = self.count.value, len(self.labels)
        return (
            f"{self._name}, {n_instances} instance{'s' * (n_instances != 1)}"
            f" of {n_labels} label{'s' * (n_labels != 1)}"
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self}, in memory>"


def _listed(ids: str | Sequence[str]) -> Sequence[str]:
    return [ids] if isinstance(ids, str) else ids
