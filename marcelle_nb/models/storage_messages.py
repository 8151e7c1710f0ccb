"""What the buttons of a model's widget ask for: to save, load, download and upload it."""

from __future__ import annotations

import itertools
import threading
from typing import TYPE_CHECKING, Any

from marcelle_nb.file_receiver import FileReceiver
from marcelle_nb.kinds import Text
from marcelle_nb.models.model_parcel import model_parcel
from marcelle_nb.models.refusal import refusing
from marcelle_nb.models.storage_call import MAX_NAME
from marcelle_nb.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Callable

    from marcelle_nb.data.data_store import DataStore
    from marcelle_nb.data.service_change import ServiceChange
    from marcelle_nb.message import Message
    from marcelle_nb.models.storable_model import StorableModel
    from marcelle_nb.received_file import ReceivedFile

MAX_BYTES = 500_000_000
"""Of the files of one model that are dropped in the page."""

MAX_CHUNK = 2**20

MAX_LISTED = 500
"""Newer models than so many are listed; all can be loaded by name."""


class StorageMessages:
    """The handlers of a model's messages about stores and files, and what pages know of them.

    - `save` with `name`, `load` with `id`, and `list` are answered with `stored`: `models`, a list
      of `id`, `name`, `labels`, `updatedAt`, newest first, and how many there are in `total`.
    - `download` is answered with `file` messages, each with `name`, `size`, `index`, `count` and a
      buffer of at most 1 MiB: one file, a zip where the model has several.
    - `chunk`, `abandon` and `deliver` are those of a `FileReceiver`: what is delivered is uploaded.

    Answers carry the `request` of the page that asked, and go to all pages.

    Attributes
    ----------
    revision : Stream of int
        Held. Another number whenever the store's models changed, from the first `list` on and while
        a page shows the model.
    saved_as : Stream of str
        Held. The name of what was last saved or loaded; empty before, and after a change of store.
    """

    def __init__(self, model: StorableModel) -> None:
        self._model = model
        self._receiver = FileReceiver(model.send, self._upload, MAX_BYTES)
        self.revision: Stream[int] = model._stream(0)
        self.saved_as: Stream[str] = model._stream("")
        self._lock = threading.RLock()
        self._is_listed = False
        self._watched: DataStore | None = None
        self._end: Callable[[], None] | None = None
        self._changes = itertools.count(1)
        model._ends.extend(
            [model.shown.subscribe(lambda _: self.watch()), self._unwatch, self._receiver.close]
        )

    def state(self) -> dict[str, Stream[Any]]:
        """Give the streams that a page mirrors."""
        return {
            "saved_as": self.saved_as,
            "storage_revision": self.revision,
            "max_bytes": Stream(MAX_BYTES),
        }

    def handlers(self) -> dict[str, Callable[[Message], object]]:
        """Give the handler of each kind of message."""
        return {
            **self._receiver.handlers(),
            "save": refusing(self._save),
            "load": refusing(self._load),
            "list": refusing(self._list),
            "download": refusing(self._download),
        }

    def _save(self, message: Message) -> None:
        model = self._model
        name = message.take("name", Text(max_length=MAX_NAME)).strip()
        last = model._last_in(model.data_store)
        # who presses the button again means the same model
        is_same = last is not None and last.name == name and last.id is not None
        model.save(model.data_store, name or None, update=is_same)
        self._list(message)

    def _load(self, message: Message) -> None:
        self._model.load(self._model.data_store, message.take("id", Text(max_length=MAX_NAME)))
        self._list(message)

    def _list(self, message: Message) -> None:
        self._is_listed = True
        self.watch()  # before the first look: what is changed after it is heard of
        models = self._model._models(self._model.data_store).list()
        shown: list[dict[str, Any]] = [
            {key: it[key] for key in ("id", "name", "labels", "updatedAt")}
            for it in models[:MAX_LISTED]
        ]
        answer = {"kind": "stored", "models": shown, "total": len(models)}
        self._model.send({**answer, "request": _request(message)})

    def _download(self, message: Message) -> None:
        name, data = model_parcel(self._model._files(), self._model._files_name())
        request, count = _request(message), max(1, -(-len(data) // MAX_CHUNK))
        for index in range(count):
            chunk = data[index * MAX_CHUNK : (index + 1) * MAX_CHUNK]
            part = {"name": name, "size": len(data), "index": index, "count": count}
            self._model.send({"kind": "file", "request": request, **part}, [chunk])

    def _upload(self, files: list[ReceivedFile]) -> None:
        model = self._model
        try:
            model.upload(*((file.name, file.content) for file in files))
        except Exception as error:  # noqa: BLE001 - the thread of the files goes on
            model.reject(error)
        else:
            model._clear_alert(at_once=True)

    # What others change in the store

    def watch(self) -> None:
        """Listen to the model's store, where a page shows the model and has asked for its list."""
        model = self._model
        with self._lock:
            is_wanted = self._is_listed and model.shown.value
            store = model.data_store if is_wanted else None
            if store is self._watched:
                return
            self._unwatch()
            if store is not None:
                self._watched = store
                self._end = model._models(store).changes.subscribe(self._on_change)
        self._on_change()

    def _unwatch(self) -> None:
        with self._lock:
            end, self._end, self._watched = self._end, None, None
        if end is not None:
            end()

    def _on_change(self, _: ServiceChange | None = None) -> None:
        self.revision.set(next(self._changes))


def _request(message: Message) -> str:
    return str(message.content.get("request") or "")[:100]
