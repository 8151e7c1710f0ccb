"""Tells the subscribers of a service what happened to its documents."""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from marcelle_nb.data.change_stream import ChangeStream
from marcelle_nb.data.records import copied
from marcelle_nb.data.service_change import ServiceChange
from marcelle_nb.stream import lock as stream_lock

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from marcelle_nb.data.records import Document
    from marcelle_nb.data.service_change import ChangeKind

MANY = 100
"""More documents than these, in one change, are told of without their arrays and thumbnails."""


class ServiceEvents:
    """The event streams of a service.

    Parameters
    ----------
    listening : callable
        Takes a stream, and whether somebody listens to it now.

    Attributes
    ----------
    created, updated, patched, removed : Stream
        Of documents, one at a time.
    changes : Stream
        Of `ServiceChange`, one for each change.
    number : int
        That of the newest change.
    """

    def __init__(self, listening: Callable[[ChangeStream[Any], bool], object]) -> None:
        self.created: ChangeStream[Document] = ChangeStream(listening)
        self.updated: ChangeStream[Document] = ChangeStream(listening)
        self.patched: ChangeStream[Document] = ChangeStream(listening)
        self.removed: ChangeStream[Document] = ChangeStream(listening)
        self.changes: ChangeStream[ServiceChange] = ChangeStream(listening)
        self.number = 0
        self._listening = listening
        self._process = os.getpid()

    @property
    def are_heard(self) -> bool:
        """Whether somebody listens to one of them."""
        return any(stream.is_heard for stream in self._all)

    def post(
        self, kind: ChangeKind, documents: Sequence[Document], *, is_local: bool = True
    ) -> None:
        """Queue events; the caller delivers them when no lock is held."""
        if not documents and kind != "reset":
            return
        own = copied(list(documents)) if self.changes.is_heard else []
        with stream_lock:
            self.number += 1
            self.changes._post(ServiceChange(kind, own, is_local, self.number))
        stream = None if kind == "reset" else getattr(self, kind)
        if stream is not None and stream.is_heard:
            for document in documents:
                stream._post(copied(document))

    def deliver(self) -> None:
        """Call the subscribers with what was queued."""
        if self._process != os.getpid():
            self._listen_again()
        with ExitStack() as stack:  # also where a KeyboardInterrupt ends one of them
            for stream in reversed(self._all):
                if stream.is_heard:
                    stack.callback(stream._deliver)

    def _listen_again(self) -> None:
        """Hear what other processes do also in one that was forked, once it changes something."""
        self._process = os.getpid()
        for stream in self._all:
            if stream.is_heard:
                self._listening(stream, True)

    @property
    def _all(self) -> tuple[ChangeStream[Any], ...]:
        return self.created, self.updated, self.patched, self.removed, self.changes
