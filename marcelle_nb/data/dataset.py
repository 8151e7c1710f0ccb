"""Named collections of instances: what a user records, labels and trains on."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Self, overload

from marcelle_nb.data.collection import Collection
from marcelle_nb.data.dataset_files import DatasetFiles
from marcelle_nb.data.dataset_name import checked_name
from marcelle_nb.data.dataset_reader import DatasetReader
from marcelle_nb.data.dataset_streams import DatasetStreams
from marcelle_nb.data.dataset_undo import DatasetUndo
from marcelle_nb.data.instance_query import InstanceQuery
from marcelle_nb.data.shown_list import ShownList

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

    from marcelle_nb.data.data_store import DataStore
    from marcelle_nb.data.instance import Instance
    from marcelle_nb.data.query import RawQuery
    from marcelle_nb.data.taken import Taken
    from marcelle_nb.stream import Stream


class Dataset(DatasetReader, DatasetFiles):
    """An ordered collection of labelled examples.

    Two datasets of one name in one store are the same data: what is created through one is in the
    other, in this kernel and in others, and the streams of both tell of it.

    Parameters
    ----------
    name : str
        Any text of 1 to 180 characters. In Marcelle's spelling for stores, with a hyphen more
        before each capital after a small letter, it has at most 190.
    store : None, str, path or DataStore, optional
        Where the data lives. None or "memory": in this kernel, gone when it stops. Else a store, or
        its location, as "class.db" or "postgresql://…".

    Raises
    ------
    ValueError, TypeError
        If the name is no such text, or the store is none.
    StoreError
        If the store cannot be opened; other methods raise it where a store fails.

    Notes
    -----
    Thread: any. Changes happen one at a time and whole: of a list of instances with a bad one, none
    is created. When a method returns, its change is in the store, on disk where the store is a
    file. Subscribers hear of changes in their order, while no lock is held.

    An instance is a dictionary: `x`, numbers of any shape, where (1, n) becomes (n,), or an image
    (uint8, shape (height, width) or (height, width, 1 to 4), or a `PIL.Image`), kept as RGB.
    Other types are numbers: a float picture with values to 255 is not scaled as images are.
    All are finite. `y`, the label: a text, or a number, written as JavaScript does (1.0 as "1");
    None and "" are no label; optional `thumbnail`, a `data:image/…;base64` URL, made from an image
    where one is given; optional `features`, the name of what made `x`; any other keys with
    JSON-like values. The dataset adds `id`, `createdAt`, `updatedAt` and `datasetName`. It gives
    copies, with arrays that cannot be written to.

    Queries are those of `Service.find`, as `{"y": "wave", "$limit": 10}`. On `y` they speak of
    labels as they are shown here, however another client wrote them; None and "" are no label.

    Examples
    --------
    >>> data = Dataset("gestures")
    >>> wave = data.create({"x": [0.1, 0.9], "y": "wave"})
    >>> data.count.value, data.labels
    (1, ['wave'])
    """

    def __init__(self, name: str, store: str | os.PathLike[str] | DataStore | None = None) -> None:
        from marcelle_nb.data.given_store import given_store  # which is made of much

        self._name = checked_name(name)
        self._collection = Collection(given_store(store), self._name)
        self._streams = DatasetStreams(self._collection)
        self._undo = DatasetUndo(self._collection)

    @property
    def undoable(self) -> Stream[str]:
        """What `undo` would take back, in words; empty where there is nothing. A held stream."""
        return self._undo.undoable

    def sift(self, query: RawQuery | None = None) -> Self:
        """Let this object see only the instances that match; others of the same name see all.

        Parameters
        ----------
        query : dict, optional
            Conditions, as `{"y": {"$in": ["a", "b"]}}`; none take the limits away.

        Returns
        -------
        Dataset
            This one. `count` and `changes` follow: an instance that no longer matches counts as
            removed, one that now does as created.
        """
        self._streams.narrow(InstanceQuery.parse(query).only_where("sift"))
        return self

    # Changing

    @overload
    def create(self, instance: Mapping[str, Any]) -> str: ...

    @overload
    def create(self, instance: Sequence[Mapping[str, Any]]) -> list[str]: ...

    def create(self, instance: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> str | list[str]:
        """Add an instance, or a list of them, at the end.

        Parameters
        ----------
        instance : dict, or list of dict
            See the class. `id`, `createdAt`, `updatedAt` and `datasetName` are not taken over.

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
            return ShownList(self._collection.create(instance))
        return self._collection.create([instance])[0]

    def update(self, id: str, instance: Mapping[str, Any]) -> Instance:
        """Replace a whole instance but for its id, its date of creation and its place."""
        return self._collection.update(id, instance)

    @overload
    def patch(
        self, id: str, changes: Mapping[str, Any], query: RawQuery | None = ...
    ) -> Instance: ...

    @overload
    def patch(
        self, id: None, changes: Mapping[str, Any], query: RawQuery | None = ...
    ) -> list[Instance]: ...

    def patch(
        self, id: str | None, changes: Mapping[str, Any], query: RawQuery | None = None
    ) -> Instance | list[Instance]:
        """Replace some keys of an instance, or of all that match a query.

        Parameters
        ----------
        id : str or None
            Which instance; None for all that match.
        changes : dict
            The new values. A new `x` takes its own `features` with it, or loses them.
        query : dict, optional
            What the instances must match.

        Returns
        -------
        dict, or list of dict
            The instances after the change.

        Raises
        ------
        InstanceNotFound, InstanceRejected
            If there is no such instance, or a value cannot be one of an instance.
        """
        after = self._collection.patch(id, dict(changes), query)
        return ShownList(after) if id is None else after[0]

    def relabel(
        self, ids: str | Sequence[str] | None, label: str | None, query: RawQuery | None = None
    ) -> list[Instance]:
        """Give instances another label in one change, which `undo` takes back.

        Parameters
        ----------
        ids : str, sequence of str, or None
            Which instances; None for all that match the query.
        label : str or None
            Their new label.
        query : dict, optional
            What the instances must match.

        Returns
        -------
        list of dict
            The `id` of each, and `y`, the label that it had.
        """
        relabel = partial(self._collection.relabel, _listed(ids), label, query)
        return ShownList(self._undo.relabelling(label, relabel))

    def remove(
        self, ids: str | Sequence[str] | None, query: RawQuery | None = None
    ) -> Sequence[Instance]:
        """Remove one instance or several, in one change, which `undo` takes back.

        Parameters
        ----------
        ids : str, sequence of str, or None
            Which instances; None for all that match the query.
        query : dict, optional
            What the instances must match.

        Returns
        -------
        sequence of dict
            Copies of them, for `restore`. More than 100 are read from the store only where somebody
            looks at them, for as long as it is open.

        Raises
        ------
        InstanceNotFound
            If there is none for one of the ids; then none is removed.
        """
        removed = self._collection.items_of(self._remove(ids, query), _listed(ids))
        return ShownList(removed) if isinstance(removed, list) else removed

    def _remove(
        self, ids: str | Sequence[str] | None, query: RawQuery | None = None, which: str = ""
    ) -> Taken:
        return self._undo.removing(which, partial(self._collection.take, _listed(ids), query))

    def clear(self) -> Sequence[Instance]:
        """Remove all instances in one change; see `remove`."""
        return self.remove(None)

    def restore(self, removed: Sequence[Mapping[str, Any]]) -> None:
        """Put removed instances back, in one change.

        Parameters
        ----------
        removed : sequence of dict
            What `remove` or `clear` gave. They return to their places in the order, with their
            identifiers. A list of copies can be restored while it is of the last 100,000 instances
            that this process removed, or of its last removal.

        Raises
        ------
        InstanceRejected
            If one was never here, or still is, or is no instance any more, or was removed too long
            ago; then none is restored.
        """
        self._collection.restore(removed)

    def undo(self) -> str:
        """Take back the last `remove`, `clear`, `relabel`, `upload` or import through this object.

        Returns
        -------
        str
            What was done, in words; "" where there was nothing to take back. What others changed
            since is left as it is. Where a change failed so that nobody knows whether it was made,
            or was interrupted, it is taken back if it was.
        """
        return self._undo.undo()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self}, in {self.store._location.brief}>"


def _listed(ids: str | Sequence[str] | None) -> Sequence[str] | None:
    return [ids] if isinstance(ids, str) else ids
