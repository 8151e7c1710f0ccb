"""Keeps a model and a model of a store the same."""

from __future__ import annotations

import hashlib
import logging
import threading
from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import AlreadyTraining, StoreError
from marcelle_nb.inbox import Inbox

if TYPE_CHECKING:
    from collections.abc import Callable

    from marcelle_nb.data.service_change import ServiceChange
    from marcelle_nb.models.packed_model import PackedModel
    from marcelle_nb.models.storable_model import StorableModel
    from marcelle_nb.models.stored_model import StoredModel
    from marcelle_nb.models.stored_models import StoredModels
    from marcelle_nb.models.training_status import TrainingStatus

logger = logging.getLogger("marcelle_nb")

ID_DIGITS = 24

CLOSING_S = 2.0
"""A load takes no longer, or it waits for somebody who waits for the end."""


class ModelSync:
    """Saves a model after every success and upload, and loads what others save.

    Parameters
    ----------
    model : StorableModel
        The one side.
    models : StoredModels
        The other side.
    name : str
        Of the model there.

    Notes
    -----
    Thread: any. Nothing is loaded whose content is what this model saved or loaded last, whoever
    tells of it: so two models never answer each other.
    """

    def __init__(self, model: StorableModel, models: StoredModels, name: str) -> None:
        self._model = model
        self._models = models
        self._name = name
        self._id: str | None = None
        self._digest = ""
        self._own: dict[str, Any] = {}
        self._seen: TrainingStatus | None = None
        self._lock = threading.Lock()
        self._following = threading.RLock()
        self._n_saves = 0
        self._has_missed = False
        self._is_closed = False
        self._queue = Inbox(f"marcelle-sync-{model.title}")
        self._ends: list[Callable[[], None]] = []

    def start(self) -> None:
        """Load the newest, or save; then follow. What fails is raised, and nothing is followed."""
        # before the first look: whatever is changed after it is heard of
        self._ends.append(self._models.changes.subscribe(self._hear))
        try:
            found = self._models.newest(self._name)
            if found is not None:
                self._take(*found)
            self._seen = self._model.training.value
            if found is None and self._model._fitted is not None:
                self._save()
            self._ends.append(self._model.training.subscribe(self._follow_training))
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End it, also what is being loaded; the model and the store stay as they are."""
        self._is_closed = True
        while self._ends:
            self._ends.pop()()
        # who closes the store next must not take it from under a thread that reads
        if self._following.acquire(timeout=CLOSING_S):
            self._following.release()

    # From the model to the store

    def _follow_training(self, status: TrainingStatus) -> None:
        if self._is_closed or status is self._seen:
            return
        try:
            if _is_news(status) and self._model._fitted is not None:
                self._try_to_save()
        finally:
            self._seen = status
        if status.status in {"error", "idle", "success"}:
            self._catch_up()

    def _try_to_save(self) -> None:
        try:
            self._save()
        except Exception as error:
            logger.warning("%s: not saved", self._model.title, exc_info=True)
            reason = str(error) or type(error).__name__
            self._model._raise_alert(
                f"Not saved as {self._name!r}: {reason.rstrip('.')}. The next training is saved."
            )

    def _save(self) -> None:
        packed = self._model._packed("sync", self._own)
        identifier = self._id or self._new_id()
        before, self._digest = self._digest, packed.digest  # others may tell of it at once
        try:
            stored = self._models.put(identifier, self._name, packed)
        except BaseException:
            self._digest = before
            raise
        self._id = identifier
        self._model._stored = self._models.store, stored
        with self._lock:
            self._n_saves += 1
            self._has_missed = False  # the later of two wins

    def _new_id(self) -> str:
        """Make the id that every kernel makes of the name, so that there is one document."""
        for number in range(1_000):
            text = f"{self._models.service.name}\0{self._name}\0{number or ''}"
            identifier = hashlib.sha256(text.encode()).hexdigest()[:ID_DIGITS]
            if self._models.name_of(identifier) in (None, self._name):
                return identifier
        raise StoreError(f"sync: expected a free id for {self._name!a:.80}, got none")

    # From the store to the model

    def _hear(self, change: ServiceChange) -> None:
        if self._is_closed or change.kind == "removed":
            return
        if change.kind == "reset" or any(map(self._is_meant, change.documents)):
            self._queue.put(self._follow_store)

    def _is_meant(self, document: dict[str, Any]) -> bool:
        if self._id is not None:
            return document.get("id") == self._id
        return document.get("name") == self._name

    def _follow_store(self) -> None:
        with self._following:
            if not self._is_closed:
                self._follow()

    def _follow(self) -> None:
        try:
            with self._lock:
                n_saves = self._n_saves
            found = self._models.get(self._id) if self._id else self._models.newest(self._name)
            if found is not None and found[1].digest != self._digest:
                self._take(*found, lambda: self._is_superseded(n_saves))
        except AlreadyTraining:
            self._miss()
        except Exception as error:
            logger.warning("%s: not followed", self._model.title, exc_info=True)
            self._model._raise_alert(f"{self._name!r} of the store was not loaded: {error}")

    def _take(
        self,
        stored: StoredModel,
        packed: PackedModel,
        is_superseded: Callable[[], bool] = lambda: False,
    ) -> None:
        """Load a model of the store."""
        model = self._model

        def read() -> Any:
            fitted = model._unpack(packed)
            self._digest = packed.digest
            self._own = packed.users_metadata(model._own_metadata(fitted))
            model._stored = self._models.store, stored
            return fitted

        source = {"source": "datastore", "url": self._models.store.location}
        model._load(read, source, is_superseded=is_superseded)
        if stored.id is not None and self._models.holds(stored.id):  # else of an older service
            self._id = stored.id

    def _is_superseded(self, n_saves: int) -> bool:
        """Say, while the model can neither train nor load, whether it has something newer."""
        status = self._model.training.value
        is_unsaved = status is not self._seen and _is_news(status)
        return self._is_closed or is_unsaved or self._n_saves != n_saves

    def _miss(self) -> None:
        """Note that a change came during a run; it counts if the run fails."""
        with self._lock:
            self._has_missed = True
        if self._model._active is None and not _is_news(self._model.training.value):
            self._catch_up()  # the run failed just now

    def _catch_up(self) -> None:
        with self._lock:
            has_missed, self._has_missed = self._has_missed, False
        if has_missed:
            self._queue.put(self._follow_store)


def _is_news(status: TrainingStatus) -> bool:
    """Say whether a model has something new that is not from a store."""
    if status.status == "loaded":
        return (status.data or {}).get("source") != "datastore"
    return status.status == "success"
