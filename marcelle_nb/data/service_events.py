"""Tells the subscribers of a service what happened to its documents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marcelle_nb.data.change_stream import ChangeStream
from marcelle_nb.data.records import copied
from marcelle_nb.data.service_change import ServiceChange

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
    """

    def __init__(self, listening: Callable[[ChangeStream[Any], bool], object]) -> None:
        self.created: ChangeStream[Document] = ChangeStream(listening)
        self.updated: ChangeStream[Document] = ChangeStream(listening)
        self.patched: ChangeStream[Document] = ChangeStream(listening)
        self.removed: ChangeStream[Document] = ChangeStream(listening)
        self.changes: ChangeStream[ServiceChange] = ChangeStream(listening)

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
        if self.changes.is_heard:
            self.changes._post(ServiceChange(kind, copied(list(documents)), is_local))
        stream = None if kind == "reset" else getattr(self, kind)
        if stream is not None and stream.is_heard:
            for document in documents:
                stream._post(copied(document))

    def deliver(self) -> None:
        """Call the subscribers with what was queued."""
        for stream in self._all:
            if stream.is_heard:
                stream._deliver()

    @property
    def _all(self) -> tuple[ChangeStream[Any], ...]:
        return self.created, self.updated, self.patched, self.removed, self.changes
