"""Changes by other processes, which here are storages of their own on the same data."""

import gc
import threading
import time
import weakref
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa

from marcelle_nb.data import change_log, tables
from marcelle_nb.data.change_log import add
from marcelle_nb.data.change_source import ChangeSource
from marcelle_nb.data.data_store import DataStore, _opened
from marcelle_nb.data.document_table import DocumentTable
from marcelle_nb.data.location import Location
from marcelle_nb.data.records import Record
from marcelle_nb.data.service import Service
from marcelle_nb.errors import Unavailable
from tests import store_writers
from tests.eventually import eventually

SHARED = pytest.mark.parametrize("store", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def other(store):
    """The same service "a" as another process has it."""
    storage, _ = _opened(store._location)
    yield Service(storage, "a", lambda *_: None)
    storage.close()


def listen(store):
    told = []
    service = store.service("a")
    service.changes.subscribe(
        lambda it: told.append((it.kind, [document.get("n") for document in it.documents]))
    )
    return told


_of_others: set[threading.Thread] = set()


@pytest.fixture(autouse=True)
def _note_threads_of_others():
    """Look past stores that tests of other modules have not closed."""
    _of_others.clear()
    _of_others.update(threads())


def threads():
    found = [it for it in threading.enumerate() if it.name == "marcelle_nb-changes"]
    return [it for it in found if it not in _of_others]


@SHARED
def test_what_another_process_does_is_told_in_order(store, other):
    told = listen(store)
    removed: list[dict[str, Any]] = []
    store.service("a").removed.subscribe(removed.append)
    one, _ = other.create([{"n": 1, "y": "a", "x": np.arange(3)}, {"n": 2}])
    eventually(lambda: len(told) == 1)
    other.update(one["id"], {"n": 3, "x": np.arange(3)})
    eventually(lambda: len(told) == 2)
    other.patch(None, {"n": 4})
    eventually(lambda: len(told) == 3)
    other.remove(one["id"])
    other.service = None
    eventually(lambda: len(told) == 4)
    assert told == [("created", [1, 2]), ("updated", [3]), ("patched", [4, 4]), ("removed", [4])]
    assert removed[0]["id"] == one["id"]
    assert "x" not in removed[0]


@SHARED
def test_arrays_come_with_what_is_told(store, other):
    told: list[dict[str, Any]] = []
    store.service("a").created.subscribe(told.append)
    other.create({"x": np.arange(3)})
    eventually(lambda: told)
    assert told[0]["x"].tolist() == [0, 1, 2]


@SHARED
def test_own_changes_are_told_once(store, other):
    told = listen(store)
    for n in range(5):
        store.service("a").create({"n": n})
    other.create({"n": "last"})
    eventually(lambda: ("created", ["last"]) in told)
    assert told == [("created", [n]) for n in (0, 1, 2, 3, 4, "last")]


@SHARED
def test_many_documents_of_one_change_are_told_in_parts(store, other):
    told = listen(store)
    other.create([{"n": i} for i in range(2_500)])
    eventually(lambda: sum(len(numbers) for _, numbers in told) == 2_500)
    assert [n for _, numbers in told for n in numbers] == list(range(2_500))


@SHARED
def test_only_services_that_somebody_hears_are_told_of(store, other):
    told = listen(store)
    elsewhere = Service(other._storage, "b", lambda *_: None)
    elsewhere.create({"n": "b"})
    other.create({"n": "a"})
    eventually(lambda: told)
    assert told == [("created", ["a"])]


@SHARED
def test_what_is_gone_again_is_told_as_removed_alone(store, other):
    service = store.service("a")
    told = listen(store)
    with store._storage.lock:  # the listener waits meanwhile
        made = other.create({"n": 1})
        other.remove(made["id"])
        back = other.create({"n": 2})
        other.remove(back["id"])
        other.restore([back])
    other.create({"n": 3})
    eventually(lambda: ("created", [3]) in told)
    assert ("removed", [1]) in told
    assert ("created", [1]) not in told
    assert ("removed", [2]) not in told
    assert service.count() == 2


@SHARED
def test_nobody_asks_the_store_when_nobody_listens(store):
    assert threads() == []
    stops = [store.service(name).created.subscribe(print) for name in "ab"]
    assert len(threads()) == 1
    for stop in stops:
        stop()
    eventually(lambda: threads() == [])
    store.service("a").created.subscribe(print)
    assert len(threads()) == 1
    store.close()
    assert threads() == []


def test_a_store_that_nobody_holds_is_let_go(tmp_path):
    store = DataStore(tmp_path / "store.db")
    store.service("a").created.subscribe(print)
    gone = weakref.ref(store)
    del store
    eventually(lambda: gc.collect() >= 0 and gone() is None)
    eventually(lambda: threads() == [])


def test_a_forgotten_stream_is_collected_while_the_listening_begins_or_ends(tmp_path):
    with DataStore(tmp_path / "store.db") as store:
        service, feed = store.service("a"), store._feed
        derived = service.changes.filter(bool)
        held, go_on = threading.Event(), threading.Event()

        def hold():
            assert feed is not None
            with feed._lock:
                held.set()
                go_on.wait(5)

        holder = threading.Thread(target=hold)
        holder.start()
        assert held.wait(20)
        del derived
        gc.collect()  # on a thread that the holder of the lock may wait for
        assert holder.is_alive()
        assert not service.changes.is_heard
        go_on.set()
        holder.join()
        eventually(lambda: threads() == [])


@SHARED
def test_who_was_away_too_long_is_told_to_read_again(store, other, monkeypatch):
    told = listen(store)
    other.create({"n": 1})
    eventually(lambda: told)
    monkeypatch.setattr(change_log, "KEPT_ROWS", 0)
    with store._feed._lock, store._storage.lock:
        store._feed._mark -= 1
        other._storage.write(lambda it: change_log.prune(it, other._storage), lambda _: None)
    other.create({"n": 2})
    eventually(lambda: ("reset", []) in told)


@SHARED
def test_old_changes_are_thrown_away(store, monkeypatch):
    monkeypatch.setattr(change_log, "KEPT_ROWS", 20)
    monkeypatch.setattr(change_log, "_EACH", 1)
    for n in range(60):
        store.service("a").create({"n": n})
    rows = store._storage.read(
        lambda it: it.exec_driver_sql("SELECT count(*) FROM marcelle_changes").scalar()
    )
    assert rows <= 21


@pytest.fixture
def third(store):
    """The same service "a" as a third process has it."""
    storage, _ = _opened(store._location)
    yield Service(storage, "a", lambda *_: None)
    storage.close()


def insert(storage, connection, name):
    """Write a document in the middle of a transaction of the test's own."""
    record = Record.of({"n": name, "id": name})
    positions = storage.new_positions(connection, 1)
    DocumentTable(storage, "a").insert(connection, [record], positions)
    add(connection, storage, "a", "created", [record.body])


@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
def test_a_change_that_commits_late_is_told_late(store, other, third):
    told = listen(store)

    def slow(connection):
        insert(other._storage, connection, "late")
        third.create({"n": "early"})  # does not wait for the other's commit
        eventually(lambda: told)

    other._storage.write(slow)
    eventually(lambda: len(told) == 2)
    assert told == [("created", ["early"]), ("created", ["late"])]


@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
def test_transactions_of_others_on_the_server_keep_nothing_back(store, other):
    told = listen(store)
    connection = other._storage.raw_connection()
    connection.autocommit = False
    connection.execute("SELECT pg_current_xact_id()")  # has a number, and goes on
    other.create({"n": 1})
    eventually(lambda: told)
    connection.close()


def move(table, old, new):
    found = old.read(lambda it: it.execute(table.select()).all())
    rows = [row._asdict() for row in found if row[0] != "version"]
    new.write(lambda it: it.execute(table.insert(), rows))


def test_a_store_that_was_moved_to_another_server_is_heard(
    postgresql_url, new_postgresql_url, monkeypatch
):
    monkeypatch.setattr(change_log, "KEPT_ROWS", 10)
    monkeypatch.setattr(change_log, "_EACH", 1)
    new = new_postgresql_url()
    with DataStore(postgresql_url) as old, DataStore(new) as store:
        for n in range(30):
            old.service("a").create({"n": n})
        for table in (tables.changes, tables.meta):  # as pg_dump, whose server counts on its own
            move(table, old._storage, store._storage)
        count = sa.func.setval(sa.func.pg_get_serial_sequence("marcelle_changes", "number"), 30)
        store._storage.write(lambda it: it.execute(sa.select(count)))
        told = listen(store)
        storage, _ = _opened(store._location)
        for n in range(3):
            Service(storage, "a", lambda *_: None).create({"n": n})
        eventually(lambda: len(told) == 3)
        assert told == [("created", [n]) for n in range(3)]
        storage.close()


@SHARED
def test_who_begins_to_listen_while_changes_are_read_hears_the_next(store, other, monkeypatch):
    elsewhere = store.service("b").changes.subscribe(print)
    begun, go_on = threading.Event(), threading.Event()
    read = ChangeSource.read

    def slow(source, storage, after, names):
        begun.set()
        assert go_on.wait(20)
        return read(source, storage, after, names)

    monkeypatch.setattr(ChangeSource, "read", slow)
    begun.clear()
    assert begun.wait(20)
    told = listen(store)
    other.create({"n": 1})
    go_on.set()
    eventually(lambda: told)
    assert told == [("created", [1])]
    elsewhere()


@SHARED
@pytest.mark.parametrize("is_derived", [False, True])
def test_who_subscribes_again_misses_nothing(store, other, is_derived):
    told = []
    created = store.service("a").created
    for n in range(30):
        source = created.filter(lambda _: True) if is_derived else created
        source.subscribe(lambda it: told.append(it["n"]), key="cell")
        other.create({"n": n})
    eventually(lambda: len(told) == 30)
    assert told == list(range(30))


@SHARED
def test_what_waits_is_read_at_once(store, other, monkeypatch):
    reads: list[object] = []
    read = DocumentTable.records

    def counted(table, *args, **how):
        reads.append(table)
        return read(table, *args, **how)

    monkeypatch.setattr(DocumentTable, "records", counted)
    told = listen(store)
    with store._storage.lock:  # the listener waits meanwhile
        other.create({"n": 0})
        time.sleep(0.5)
        for n in range(1, 1_000):
            other._storage.write(lambda it, n=n: insert(other._storage, it, str(n)))
        reads.clear()
    eventually(lambda: len(told) == 1_000)
    assert [numbers for _, numbers in told] == [[0]] + [[str(n)] for n in range(1, 1_000)]
    assert len(reads) <= 20


def test_a_listener_goes_on_after_an_error_that_nobody_expected(tmp_path, monkeypatch):
    with DataStore(tmp_path / "store.db") as store:
        told = listen(store)
        read = ChangeSource.read
        errors = [RuntimeError("unexpected")]

        def failing(*args):
            if errors:
                raise errors.pop()
            return read(*args)

        monkeypatch.setattr(ChangeSource, "read", failing)
        storage, _ = _opened(store._location)
        Service(storage, "a", lambda *_: None).create({"n": 1})
        eventually(lambda: told)
        storage.close()


@pytest.mark.slow
@SHARED
def test_thirty_processes_that_write_are_all_heard(store):
    heard = []
    store.service("both").created.subscribe(lambda it: heard.append((it["who"], it["n"])))
    place = str(store._location.path or store._location.url.render_as_string(hide_password=False))
    writers = [store_writers.start(store_writers.write_many, place, str(i), 20) for i in range(30)]
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    eventually(lambda: len(heard) >= 600)
    assert sorted(heard) == sorted((str(i), n) for i in range(30) for n in range(20))
    for i in range(30):
        assert [n for who, n in heard if who == str(i)] == list(range(20))


def test_a_listener_misses_nothing_while_the_server_is_killed(own_postgresql_server):
    server = own_postgresql_server
    with DataStore(server.url) as store:
        storage, _ = _opened(Location.parse(server.url))
        other = Service(storage, "a", lambda *_: None)
        heard = []
        store.service("a").created.subscribe(lambda it: heard.append(it["n"]))
        other.create({"n": 1})
        eventually(lambda: heard == [1])
        server.kill()
        time.sleep(0.5)
        server.start()
        other.create([{"n": 2}, {"n": 3}])
        eventually(lambda: heard[-1] == 3)
        server.kill()
        server.start()
        other.create({"n": 4})
        eventually(lambda: heard[-1] == 4)
        assert list(dict.fromkeys(heard)) == [1, 2, 3, 4]
        storage.close()


def test_nothing_is_told_twice_where_the_store_fails_on_the_way(store_with_two, monkeypatch):
    store, others = store_with_two
    told = []
    for name in "ab":
        store.service(name).created.subscribe(lambda it: told.append(it["n"]))
    with store._storage.lock:  # the listener waits meanwhile
        for n in range(20):
            others["ab"[n % 2]].create({"n": n})
            others["ab"[n % 2]].remove(None, {"n": -1})
        failing(store, monkeypatch)
    eventually(lambda: len(told) >= 20)
    others["a"].create({"n": 20})
    eventually(lambda: 20 in told)
    assert sorted(told) == list(range(21))


@pytest.fixture
def store_with_two(tmp_path):
    with DataStore(tmp_path / "store.db") as store:
        storage, _ = _opened(store._location)
        yield store, {name: Service(storage, name, lambda *_: None) for name in "ab"}
        storage.close()


def failing(store, monkeypatch):
    """Let every other read of documents fail."""
    read, calls = DocumentTable.records, []

    def fail(table, *given, **how):
        calls.append(1)
        if table.storage is store._storage and len(calls) % 2 == 0:
            raise Unavailable("no answer")
        return read(table, *given, **how)

    monkeypatch.setattr(DocumentTable, "records", fail)
