"""What the models have in common that can be saved, loaded, downloaded and shared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self

from marcelle_nb.data.data_store import DataStore
from marcelle_nb.data.given_store import given_store
from marcelle_nb.models.model_sync import ModelSync
from marcelle_nb.models.packable_model import PackableModel
from marcelle_nb.models.storage_call import StorageCall
from marcelle_nb.models.storage_messages import StorageMessages
from marcelle_nb.models.stored_models import StoredModels

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping

    from marcelle_nb.message import Message
    from marcelle_nb.models.stored_model import StoredModel
    from marcelle_nb.stream import Stream


class StorableModel(PackableModel):
    """A model that a store can hold, and that can follow one there; see `PackableModel`.

    Parameters
    ----------
    data_store : DataStore, or a location as text, optional
        Where `save`, `load` and `sync` go that name no store; the store in memory by default.
    **parameters
        First values of the reactive parameters that the class declares.
    """

    service_name: ClassVar[str]
    """Of the service of a store that holds these models."""

    older_service_names: ClassVar[tuple[str, ...]] = ()
    """Where older Marcelles put them: read, not written."""

    def __init__(self, *, data_store: Any = None, **parameters: Any) -> None:
        super().__init__(**parameters)
        self._where: Stream[str] = self._stream("")
        self._data_store: DataStore | None = None
        self._last_stored: tuple[DataStore, StoredModel] | None = None
        self._sync: ModelSync | None = None
        self._storage = StorageMessages(self)
        if data_store is not None:
            self.data_store = data_store

    @property
    def data_store(self) -> DataStore:
        """The store of `save`, `load` and `sync` that name none; can be set, also to a location."""
        if self._data_store is None:
            self._data_store = DataStore()
            self._where.set(self._data_store.where)
        return self._data_store

    @data_store.setter
    def data_store(self, store: DataStore | str | os.PathLike[str]) -> None:
        self._data_store = given_store(store, "data_store")
        self._where.set(self._data_store.where)
        self._storage.watch()
        self._tell_name()

    @property
    def _stored(self) -> tuple[DataStore, StoredModel] | None:
        """What was saved or loaded last, and where."""
        return self._last_stored

    @_stored.setter
    def _stored(self, stored: tuple[DataStore, StoredModel] | None) -> None:
        self._last_stored = stored
        self._tell_name()

    def _tell_name(self) -> None:
        last = None if self._data_store is None else self._last_in(self._data_store)
        self._storage.saved_as.set(last.name if last else "")

    # In a store

    def save(
        self,
        store: DataStore | str | bool | Mapping[str, Any] | None = None,  # noqa: FBT001 Marcelle's
        name: Any = None,
        metadata: Mapping[str, Any] | None = None,
        id: str | None = None,
        *,
        update: bool | None = None,
    ) -> str:
        """Save what was learned.

        `save(store, name)`; or, as in older versions of Marcelle, into `data_store`: `save()`,
        `save(True, {…})` in the place of the last save, `save("name")`, `save({…})`.

        Parameters
        ----------
        store : DataStore, optional
            Where to; `data_store` where it is none. A text is `name`, or the id of a model whose
            place to take; a bool is `update`; a dictionary is `metadata`.
        name : str, optional
            Any text; by default that of the last save or load, or of the kind of model.
        metadata : dict, optional
            What to keep beside it, values of JSON. It does not replace what the model itself says
            there: labels, rows, the version of image features.
        id : str, optional
            Whose place to take.
        update : bool, optional
            Whether to take the place of what was saved or loaded last.

        Returns
        -------
        str
            The id. The model is the newest of its name from now on.

        Raises
        ------
        UnsupportedByModel
            If it has learned nothing yet, or cannot be saved.
        StoreError
            If the store does not take it: `NotFound` where there is no model with the id. Then
            nothing is changed.

        Notes
        -----
        Thread: any, also during a training: then it saves the newest epoch.
        """
        call = StorageCall.of_save(store, name, metadata, id, update)
        target = call.store or self.data_store
        packed = self._packed("save", call.metadata)
        models = self._models(target)
        last = self._last_in(target)
        name_, id_ = call.name or (last.name if last else self.file_stem), call.id
        if call.store is None and id_ is None and call.name and models.holds(call.name):
            id_, name_ = call.name, models.name_of(call.name) or call.name
        if call.update and id_ is None and last is not None and last.id is not None:
            stored = models.put(last.id, name_, packed)
        else:
            stored = models.save(name_, packed, id_)
        self._stored = target, stored
        return str(stored.id)

    def load(
        self,
        store: DataStore | str | None = None,
        id_or_name: str | None = None,
        *,
        id: str | None = None,
    ) -> StoredModel:
        """Replace what was learned by a saved model; `load(store, name)`, `load(name)`, `load()`.

        Parameters
        ----------
        store : DataStore, optional
            Where it is; `data_store` where it is none. A text is `id_or_name`.
        id_or_name : str, optional
            An id, or a name: then the newest of it. By default what was saved or loaded last.
        id : str, optional
            Another word for it, as in older versions of Marcelle.

        Returns
        -------
        StoredModel
            What the store says of it.

        Raises
        ------
        NotFound
            If there is none; another `StoreError` if the store cannot be read.
        ModelFormatError
            If what is there is no model of this kind. The model is as it was.
        AlreadyTraining
            If a run is active.
        """
        if id is not None and id_or_name is not None:
            raise TypeError(
                f"load: expected an id or a name, got {id!r:.80} and {id_or_name!r:.80}"
            )
        call = StorageCall.of_name("load", store, id_or_name if id is None else id)
        wanted, target = call.name, call.store or self.data_store
        if wanted is None:
            if self._stored is None or self._stored[1].id is None:
                raise ValueError("load: expected an id or a name: nothing was saved or loaded yet")
            last_store, last = self._stored
            wanted, target = last.id, call.store or last_store
        models, key = self._models(target), str(wanted)
        found: list[StoredModel] = []

        def read() -> Any:
            stored, packed = models.load(key)
            fitted = self._unpack(packed)
            found.append(stored)
            return fitted

        self._load(read, {"source": "datastore", "url": target.location})
        stored = found[0] if found else models.load(key)[0]  # a later load came between
        self._stored = target, stored
        return stored

    def sync(self, store: DataStore | str | None = None, name: str | None = None) -> Self:
        """Keep the model and a model of a store the same, whoever changes one of them.

        The newest of the name is loaded before this returns; where there is none, what was learned
        is saved. After that every training that succeeded and every upload is saved in its place,
        and what other kernels save there is loaded; but not during a run, unless that fails.

        Parameters
        ----------
        store : DataStore, optional
            `data_store` where it is none. A text is `name`.
        name : str, optional
            By default that of the last save or load, or of the kind of model.

        Returns
        -------
        StorableModel
            This model. A second call ends what the first began.

        Raises
        ------
        StoreError, ModelFormatError, AlreadyTraining
            As `load`.
        """
        call = StorageCall.of_name("sync", store, name)
        target = call.store or self.data_store
        last = self._last_in(target)
        chosen = call.name or (last.name if last else self.file_stem)
        before, self._sync = self._sync, None
        if before is not None:
            before.close()
        self._sync = ModelSync(self, self._models(target), chosen)
        self._sync.start()
        return self

    # Within

    def _models(self, store: DataStore) -> StoredModels:
        return StoredModels(store, self.service_name, self.older_service_names)

    def _last_in(self, store: DataStore) -> StoredModel | None:
        return self._stored[1] if self._stored is not None and self._stored[0] is store else None

    # The page's side

    def _synced(self) -> dict[str, Stream[Any]]:
        return {**super()._synced(), **self._stored_state()}

    def _stored_state(self) -> dict[str, Stream[Any]]:
        self._where.set(self.data_store.where)
        can_save = self.training.map(lambda _: self._fitted is not None)
        return {"can_save": can_save, "where": self._where, **self._storage.state()}

    def _handlers(self) -> dict[str, Callable[[Message], object]]:
        return {**super()._handlers(), **self._storage.handlers()}

    def close(self) -> None:
        """End the run that is active, subscriptions and following, and remove the views."""
        if self._sync is not None:
            self._sync.close()
        super().close()
