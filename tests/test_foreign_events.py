from typing import Any

import numpy as np
import pytest

from marcelle_nb.data import foreign_events
from marcelle_nb.data.data_store import DataStore
from marcelle_nb.data.foreign_change import ForeignChange
from marcelle_nb.data.foreign_events import ForeignEvents
from marcelle_nb.errors import Unavailable


@pytest.fixture
def store():
    with DataStore("memory") as store:
        yield store


@pytest.fixture
def service(store):
    service = store.service("a")
    service.create([{"id": f"{n}", "n": n, "x": np.arange(2)} for n in range(250)])
    return service


def change(kind, *ids):
    gone = [{"id": it} for it in ids] if kind == "removed" else []
    return ForeignChange(1, "a", kind, list(ids), gone)


def told_of(store, service, *changes):
    told = list[Any]()
    stop = service.changes.subscribe(told.append)
    events = ForeignEvents(store._storage, service)
    events.add(changes)
    events.tell()
    stop()
    return told


def test_a_document_is_told_of_as_it_is_now(store, service):
    service.patch("3", {"n": "new"})
    (told,) = told_of(store, service, change("created", "3"))
    assert (told.kind, told.is_local, told.documents[0]["n"]) == ("created", False, "new")
    assert told.documents[0]["x"].tolist() == [0, 1]


def test_what_is_gone_again_is_told_of_only_as_removed(store, service):
    told = told_of(store, service, change("created", "gone", "3"), change("removed", "gone", "3"))
    assert [(it.kind, [one["id"] for one in it.documents]) for it in told] == [
        ("created", ["3"]),
        ("removed", ["gone"]),
    ]


def test_very_large_changes_are_told_of_in_parts_that_keep_the_order(store, service, monkeypatch):
    monkeypatch.setattr(foreign_events, "AT_ONCE", 120)
    ids = [f"{n}" for n in range(250)]
    told = told_of(store, service, change("updated", *ids), change("patched", "1"))
    assert [len(it.documents) for it in told] == [120, 120, 10, 1]
    assert [one["id"] for it in told[:3] for one in it.documents] == ids
    assert ["x" in it.documents[0] for it in told] == [False, False, False, True]


def test_nothing_is_read_where_nobody_hears(store, service, monkeypatch):
    monkeypatch.setattr(service, "table", None)
    events = ForeignEvents(store._storage, service)
    events.add([change("updated", "1")])
    events.tell()


def short(told):
    return [(it.kind, [one["id"] for one in it.documents]) for it in told]


def test_where_the_store_fails_it_goes_on_with_what_is_left(store, service, monkeypatch):
    told = list[Any]()
    service.changes.subscribe(told.append)
    events = ForeignEvents(store._storage, service)
    events.add([change("updated", "1"), change("removed", "gone"), change("updated", "2")])
    read, calls = store._storage.read, []

    def failing(work):
        calls.append(work)
        if len(calls) == 2:
            raise Unavailable("no answer")
        return read(work)

    monkeypatch.setattr(store._storage, "read", failing)
    with pytest.raises(Unavailable):
        events.tell()
    events.tell()
    assert short(told) == [("updated", ["1"]), ("removed", ["gone"]), ("updated", ["2"])]


def test_what_another_process_removed_and_put_back_is_told_of_as_both(store, service):
    told = told_of(store, service, change("removed", "3"), change("created", "3"))
    assert short(told) == [("removed", ["3"]), ("created", ["3"])]


def test_what_is_new_and_was_removed_and_put_back_is_told_of_once(store, service):
    again = change("created", "3")
    assert short(told_of(store, service, again, change("removed", "3"), again)) == [
        ("created", ["3"])
    ]


def test_what_is_removed_twice_before_it_is_read_is_told_of_once(store, service):
    gone = change("removed", "gone")
    told = told_of(store, service, gone, change("created", "gone"), gone)
    assert short(told) == [("removed", ["gone"])]


def test_what_this_process_put_back_is_not_told_of_as_removed(store, service):
    told = list[Any]()
    service.changes.subscribe(told.append)
    events = ForeignEvents(store._storage, service)
    events.add([change("removed", "3")])
    events.tell()
    assert told == []
    service.remove("3")
    events.add([change("removed", "3")])  # by another process, later on
    events.tell()
    assert short(told) == [("removed", ["3"]), ("removed", ["3"])]


def test_a_removal_is_told_of_before_what_was_put_back_a_read_later(store, service):
    told = list[Any]()
    service.changes.subscribe(told.append)
    events = ForeignEvents(store._storage, service)
    for kind in ("removed", "created"):  # it was there again before the first could be read
        events.add([change(kind, "3")])
        events.tell()
    assert short(told) == [("removed", ["3"]), ("created", ["3"])]
