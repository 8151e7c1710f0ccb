"""One collection of documents in a store."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, overload

from marcelle_nb.data.before_commit import BeforeCommit, unheard
from marcelle_nb.data.document_keys import (
    check_same_id,
    new_record,
    now,
    patched,
    replaced,
    returning_record,
    with_id,
    without_own_keys,
)
from marcelle_nb.data.document_table import DocumentTable
from marcelle_nb.data.query import Query
from marcelle_nb.data.records import Document, Record
from marcelle_nb.data.service_events import ServiceEvents
from marcelle_nb.data.service_iterable import ServiceIterable
from marcelle_nb.data.service_reader import ServiceReader
from marcelle_nb.data.service_writer import ServiceWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from marcelle_nb.data.change_stream import ChangeStream
    from marcelle_nb.data.query import RawQuery
    from marcelle_nb.data.sql_storage import SqlStorage
    from marcelle_nb.data.taken import Taken

T = TypeVar("T")


class Service(ServiceReader):
    """One collection of documents in a store; `store.service(name)` gives it.

    Attributes
    ----------
    name : str
        Its name.
    created, updated, patched, removed : Stream
        Event streams of documents, one at a time. What another process did is told with the
        document as it is then: of one that was created and removed before it could be read,
        only `removed` tells.
    changes : Stream
        An event stream of `ServiceChange`, one for each call, however many documents.
    table : DocumentTable
        The rows, for what is built on a service.
    events : ServiceEvents
        What the streams are fed through.

    Notes
    -----
    Thread: any. A method changes everything that it was asked to, or raises and changes nothing.
    When it returns, the change is on disk (or in memory, for a store there) and was told to the
    subscribers of this process; those of others hear of it within a moment. More than 100 documents
    that were changed or removed at once, or created by another process, are told of without their
    arrays and thumbnails.

    Documents are dictionaries of what JSON can say, with arrays of numbers and images anywhere in
    them. A service gives copies; their arrays cannot be written to.
    """

    def __init__(
        self,
        storage: SqlStorage,
        name: str,
        listening: Callable[[str, ChangeStream[Any]], object],
    ) -> None:
        super().__init__(DocumentTable(storage, name))
        self.name = name
        self.events = ServiceEvents(lambda stream, _: listening(name, stream))
        self.created = self.events.created
        self.updated = self.events.updated
        self.patched = self.events.patched
        self.removed = self.events.removed
        self.changes = self.events.changes
        self._writer = ServiceWriter(self.table, self.events)

    @overload
    def create(
        self, document: Mapping[str, Any], *, before_commit: BeforeCommit[list[Document]] = ...
    ) -> Document: ...

    @overload
    def create(
        self,
        document: Sequence[Mapping[str, Any]],
        *,
        before_commit: BeforeCommit[list[Document]] = ...,
    ) -> list[Document]: ...

    def create(
        self,
        document: Mapping[str, Any] | Sequence[Mapping[str, Any]],
        *,
        before_commit: BeforeCommit[list[Document]] = unheard,
    ) -> Document | list[Document]:
        """Add a document, or a list of them, at the end.

        Parameters
        ----------
        document : dict, or list of dict
            With an `id` of its own or without; `createdAt` and `updatedAt` are set here.
        before_commit : callable, optional
            Gets a list of them as they will be kept, see `BeforeCommit`.

        Returns
        -------
        dict, or list of dict
            The documents as they are kept now.

        Raises
        ------
        BadRequest
            If one is not a document; the message names the place and the rule.
        Conflict
            If an id is taken.
        """
        is_list = isinstance(document, list | tuple)
        given: Sequence[Any] = document if is_list else [document]  # type: ignore[assignment]
        time = now()
        records = [new_record(it, time, _what(at, is_list)) for at, it in enumerate(given)]
        pairs = zip(records, given, strict=True)
        own = [it.body["id"] for it, raw in pairs if raw.get("id") is not None]
        documents = self._writer.add(records, own, before_commit)
        return documents if is_list else documents[0]

    def update(self, id: str, document: Mapping[str, Any]) -> Document:
        """Replace a whole document; its id, its date of creation and its place stay."""
        new = Record.of(document)
        check_same_id(new.body, id)
        change = lambda before: replaced(before, new)  # noqa: E731
        return self._writer.change("updated", with_id(id), change, id=id)[0]

    def replace(self, documents: Sequence[Mapping[str, Any]]) -> list[Document]:
        """Replace whole documents in one change, each in its place; see `update`.

        Parameters
        ----------
        documents : sequence of dict
            Each with the `id` of the one that it replaces, at most a thousand.

        Returns
        -------
        list of dict
            Those that are kept now; of an id that is not there, none.
        """
        new = {given.get("id"): Record.of(given) for given in documents}
        where = Query.parse({"id": {"$in": [*new]}}).where
        return self._writer.change("updated", where, lambda it: replaced(it, new[it["id"]]))

    def renew(self, id: str, document: Mapping[str, Any]) -> Document:
        """Replace a whole document and put it at the end, as the newest; its id stays.

        Its date of creation stays, too. Who listens hears "updated".

        Raises
        ------
        NotFound
            If there is no document with the id.
        """
        new = Record.of(document)
        check_same_id(new.body, id)
        return self._writer.renew(with_id(id), lambda before: replaced(before, new), id)

    @overload
    def patch(
        self,
        id: str,
        changes: Mapping[str, Any],
        query: RawQuery | Query | None = None,
        *,
        arrays: bool = True,
        also: Callable[[Document], Mapping[str, Any]] | None = None,
    ) -> Document: ...

    @overload
    def patch(
        self,
        id: None,
        changes: Mapping[str, Any],
        query: RawQuery | Query | None = None,
        *,
        arrays: bool = True,
        also: Callable[[Document], Mapping[str, Any]] | None = None,
    ) -> list[Document]: ...

    def patch(
        self,
        id: str | None,
        changes: Mapping[str, Any],
        query: RawQuery | Query | None = None,
        *,
        arrays: bool = True,
        also: Callable[[Document], Mapping[str, Any]] | None = None,
    ) -> Document | list[Document]:
        """Replace some top-level keys of a document, or of all that match a query.

        Parameters
        ----------
        id : str or None
            Which document; None for all that match.
        changes : dict
            The new values.
        query : dict, optional
            What the documents must match.
        arrays : bool
            Whether the result has arrays and thumbnails. Without, no array is read, and a change
            of very many documents takes little time and memory.
        also : callable, optional
            Makes what else changes of a document as it was, where dtype and shape stand for arrays:
            texts, numbers and None, in the place of such alone. It may be called again.

        Returns
        -------
        dict, or list of dict
            The documents after the change.

        Raises
        ------
        NotFound
            If there is no document with the id, or it does not match the query.
        """
        new = Record.of(changes, "changes")
        check_same_id(new.body, id)
        where = Query.parse(query).only_where("patch")

        def change(before: Document) -> Record:
            after = patched(before, new)
            after.body |= {} if also is None else also(before)
            return after

        documents = self._writer.change(
            "patched",
            where if id is None else with_id(id, where),
            change,
            keys=without_own_keys(new.body).keys(),
            id=id,
            arrays=arrays,
        )
        return documents if id is None else documents[0]

    @overload
    def remove(
        self, id: str, query: RawQuery | Query | None = None, *, arrays: bool = True
    ) -> Document: ...

    @overload
    def remove(
        self, id: None, query: RawQuery | Query | None = None, *, arrays: bool = True
    ) -> list[Document]: ...

    def remove(
        self, id: str | None, query: RawQuery | Query | None = None, *, arrays: bool = True
    ) -> Document | list[Document]:
        """Take a document out, or all that match a query, and give what was taken out.

        `id`, `query` and `arrays` are those of `patch`. `take` is the way to remove many that may
        have to return.

        Raises
        ------
        NotFound
            If there is no document with the id, or it does not match the query.
        """
        where = Query.parse(query).only_where("remove")
        if id is None:
            return self._writer.remove(where, arrays=arrays)
        return self._writer.remove(with_id(id, where), id=id, arrays=arrays)[0]

    def restore(self, documents: Sequence[Mapping[str, Any]]) -> list[Document]:
        """Put removed documents back with their ids and dates.

        Parameters
        ----------
        documents : sequence of dict
            What `remove` gave. What this process removed returns to its old place in the order:
            the last 100,000 documents, or all of the last change. All others come to the end.

        Raises
        ------
        Conflict
            If one is there.
        """
        time = now()
        records = [returning_record(it, time, _what(at, True)) for at, it in enumerate(documents)]
        return self._writer.restore(records)

    def exchange(
        self,
        key: str,
        value: Callable[[Document], Any],
        note: Callable[[Document], T],
        query: RawQuery | Query | None = None,
        ids: Collection[str] = (),
        *,
        before_commit: BeforeCommit[list[T]] = unheard,
    ) -> list[T]:
        """Give each document that matches a value of its own for a key, and say what was there.

        Parameters
        ----------
        key : str
            Which.
        value : callable
            Makes the new value of a document as it is. Arrays under other keys than this one are
            not read: their dtype and shape stand there. It may be called again for the same one.
        note : callable
            Makes what is given of the same document.
        query : dict, optional
            Which documents.
        ids : collection of str
            All of these must match.
        before_commit : callable, optional
            Gets what is returned, see `BeforeCommit`.

        Returns
        -------
        list
            What `note` made, in the order of the documents.

        Raises
        ------
        NotFound
            If one of the ids does not match; then nothing is changed.
        """

        def change(before: Record) -> Record:
            new = Record.of({key: value(before.document())}, "changes")
            return patched(before.body, new)

        return self._writer.exchange(
            Query.parse(query).only_where("exchange"), change, key, note, ids, before_commit
        )

    def take(
        self,
        query: RawQuery | Query | None = None,
        ids: Collection[str] = (),
        *,
        before_commit: BeforeCommit[Taken] = unheard,
    ) -> Taken:
        """Remove all documents that match so that they can be put back, without reading arrays.

        Parameters
        ----------
        query : dict, optional
            Which documents.
        ids : collection of str
            All of these must match: `NotFound` where one does not, and nothing is removed.
        before_commit : callable, optional
            Gets what is returned, see `BeforeCommit`.

        Returns
        -------
        Taken
            Its `ids` say which. For as long as somebody holds it, and the store is open, `put_back`
            can bring them back; then they are thrown away. Where the commit failed so that nobody
            knows whether they are out, what `before_commit` got can be put back, and is thrown away
            as what a process leaves behind that ended.
        """
        return self._writer.take(Query.parse(query).only_where("take"), ids, before_commit)

    def put_back(
        self,
        taken: Taken,
        *,
        whole: bool = False,
        before_commit: BeforeCommit[list[str]] = unheard,
    ) -> list[str]:
        """Put back what `take` took out, at its old place, and give the ids.

        Those whose ids are there again meanwhile are left out; so are all at a second call.

        Parameters
        ----------
        taken : Taken
            What `take` gave.
        whole : bool
            Whether to put back nothing, and raise `Conflict`, where some would be left out.
        before_commit : callable, optional
            Gets what is returned, see `BeforeCommit`.

        Raises
        ------
        NotFound
            If it was thrown away, as this process had not reached the store for a week; or was
            never taken out, where the commit failed.
        """
        return self._writer.put_back(taken, whole=whole, before_commit=before_commit)

    def items_of(self, taken: Taken) -> ServiceIterable:
        """Give the documents that `take` took out, lazily, for as long as they are out."""
        return ServiceIterable(DocumentTable(self._storage, taken.key))

    def has_removed(self, id: str) -> bool:
        """Say whether this process removed a document of this id, and did not put it back.

        Of those that it removed it knows the last 100,000, and all of the last change.
        """
        return self._writer.has_removed(id)

    @contextmanager
    def still(self) -> Iterator[int]:
        """Let no thread of this process change anything meanwhile.

        Gives the number of the newest `ServiceChange` of those that were made before; subscribers
        may still have to hear of it.
        """
        with self._storage.lock:
            yield self.events.number

    def __copy__(self) -> Service:
        return self

    def __deepcopy__(self, _: object) -> Service:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("a service cannot be pickled: open its store where it is needed")

    def __repr__(self) -> str:
        return f"<Service {self.name!r} of {self._storage.location.brief}>"


def _what(place: int, is_list: bool) -> str:  # noqa: FBT001 one of two
    return f"document {place + 1}" if is_list else "document"
