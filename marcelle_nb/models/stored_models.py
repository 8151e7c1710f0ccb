"""The models of one kind in a store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.data.object_id import new_id
from marcelle_nb.errors import Conflict, ModelFormatError, NotFound
from marcelle_nb.models.packed_model import PackedModel
from marcelle_nb.models.stored_model import StoredModel

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from marcelle_nb.data.change_stream import ChangeStream
    from marcelle_nb.data.data_store import DataStore
    from marcelle_nb.data.service import Service
    from marcelle_nb.data.service_change import ServiceChange

_LISTED = ["name", "files", "url", "format", "metadata.labels", "createdAt", "updatedAt"]

_OLDER = {"tfjs-models": "tfjs", "knn-models": "knn-classifier"}
"""The format of documents in which older Marcelles said none."""


class StoredModels:
    """Saves, finds and reads the models of one service.

    Parameters
    ----------
    store : DataStore
        Where they are; held for as long as this object.
    service_name : str
        Of the service.
    older_service_names : sequence of str
        Of those in which older Marcelles left some; they are read.

    Notes
    -----
    Thread: any. A document holds all of a model, its files too, so that a save is one change:
    whoever reads finds the old model or the new one. What the store raises is passed on.
    """

    def __init__(
        self, store: DataStore, service_name: str, older_service_names: Sequence[str] = ()
    ) -> None:
        self.store = store
        self.service: Service = store.service(service_name)
        self._older = [store.service(name) for name in older_service_names]

    @property
    def changes(self) -> ChangeStream[ServiceChange]:
        """What happens to the models, whoever does it."""
        return self.service.changes

    def save(self, name: str, packed: PackedModel, id: str | None = None) -> StoredModel:
        """Save a model as a new one, or in the place of another; it is the newest then.

        Parameters
        ----------
        name : str
            Any text.
        packed : PackedModel
            All of it.
        id : str, optional
            Whose place to take.

        Raises
        ------
        NotFound
            If there is no model with the id.
        """
        if id is None:
            new = new_id()
            document = self.service.create({"id": new, **_document(name, packed, new)})
        else:
            document = self.service.renew(id, _document(name, packed, id))
        return StoredModel.from_document(_described(document, packed))

    def put(self, id: str, name: str, packed: PackedModel) -> StoredModel:
        """Save a model under an id, whether there is one or not."""
        while True:
            try:
                return self.save(name, packed, id)
            except NotFound:
                pass
            try:
                document = self.service.create({"id": id, **_document(name, packed, id)})
            except Conflict:  # another kernel was quicker
                continue
            return StoredModel.from_document(_described(document, packed))

    def load(self, id_or_name: str) -> tuple[StoredModel, PackedModel]:
        """Read a model by its id, or else the newest of a name.

        Raises
        ------
        NotFound
            If there is none.
        ModelFormatError
            If its document is not one of a model, or its files are elsewhere.
        """
        for service in self._services():
            try:
                return _read(service.get(id_or_name), _OLDER.get(service.name, ""))
            except NotFound:
                continue
        found = self.newest(id_or_name)
        if found is None:
            raise NotFound(
                f"model: expected an id or a name of one in {self.service.name!r} of"
                f" {self.store.location}, got {id_or_name!a:.100}"
            )
        return found

    def get(self, id: str) -> tuple[StoredModel, PackedModel] | None:
        """Read a model by its id; None where there is none."""
        try:
            return _read(self.service.get(id), "")
        except NotFound:
            return None

    def newest(self, name: str) -> tuple[StoredModel, PackedModel] | None:
        """Read the newest model of a name, by the store's own order and no clock."""
        for service in self._services():
            document = service.newest({"name": name})
            if document is not None:
                return _read(document, _OLDER.get(service.name, ""))
        return None

    def name_of(self, id: str) -> str | None:
        """Give the name of the model with an id; None where there is none."""
        found = self.service.find({"id": id, "$select": ["name"], "$limit": 1})["data"]
        return _name(found[0]) if found else None

    def holds(self, id: str) -> bool:
        """Say whether there is a model with an id."""
        return self.service.count({"id": id}) > 0

    def knows(self, id_or_name: str) -> bool:
        """Say whether `load` would find a model."""
        queries = ({"id": id_or_name}, {"name": id_or_name})
        return any(it.count(query) for it in self._services() for query in queries)

    def list(self) -> list[dict[str, Any]]:
        """Describe all models without reading what is in them; newest first.

        Returns
        -------
        list of dict
            `id`, `name`, `labels`, `format`, `updatedAt`.
        """
        return [
            {
                "id": document["id"],
                "name": _name(document),
                "labels": _texts((document.get("metadata") or {}).get("labels")),
                "format": document.get("format"),
                "updatedAt": document.get("updatedAt"),
            }
            for service in self._services()
            for document in reversed(list(service.items().select(_LISTED)))
        ]

    def _services(self) -> Iterator[Service]:
        yield self.service
        yield from self._older


def _document(name: str, packed: PackedModel, id: str) -> dict[str, Any]:
    contents = {file: np.frombuffer(data, np.uint8) for file, data in packed.files.items()}
    document: dict[str, Any] = {
        "name": name,
        "files": [[file, f"{id}/{file}"] for file in packed.files],
        "format": packed.format,
        "metadata": packed.metadata,
    }
    return document | ({"contents": contents} if contents else {})


def _described(document: Mapping[str, Any], packed: PackedModel) -> dict[str, Any]:
    return {**document, "metadata": packed.description}


def _read(document: Mapping[str, Any], default: str) -> tuple[StoredModel, PackedModel]:
    stored = StoredModel.from_document(document, default)
    contents = document.get("contents")
    contents = {} if contents is None else contents
    if not isinstance(contents, dict):
        raise ModelFormatError(f"contents: expected files, got {contents!r:.60}")
    files = {name: _bytes(name, data) for name, data in contents.items()}
    packed = PackedModel(stored.format, dict(stored.metadata), files)
    return StoredModel.from_document(_described(document, packed), default), packed


def _bytes(name: str, data: Any) -> bytes:
    if not isinstance(data, np.ndarray) or data.dtype != np.uint8 or data.ndim != 1:
        raise ModelFormatError(f"{name!r:.80}: expected the bytes of a file, got {data!r:.60}")
    return data.tobytes()


def _name(document: Mapping[str, Any]) -> str:
    """Give the name of a model, "" of one that another client has left without."""
    name = document.get("name")
    return "" if name is None else str(name)


def _texts(value: Any) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list | tuple) else []
