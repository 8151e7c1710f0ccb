import gc
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import func, select
from sqlalchemy.dialects import sqlite

from marcelle_nb.data import file_systems, sql_conditions, sqlite_connections, sqlite_file
from marcelle_nb.data.data_store import DataStore
from marcelle_nb.data.document_table import DocumentTable
from marcelle_nb.data.query import Query
from marcelle_nb.data.tables import documents
from marcelle_nb.errors import (
    BadRequest,
    Conflict,
    Forbidden,
    GeneralError,
    MethodNotAllowed,
    NotFound,
    StoreError,
    Unavailable,
    Unprocessable,
)
from tests import store_writers
from tests.stores import open_store

ROOT = Path(__file__).parent.parent


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_writer_killed_at_any_moment_leaves_the_old_or_the_new(tmp_path):
    place, acknowledged = str(tmp_path / "store.db"), str(tmp_path / "acknowledged")
    assert store_writers.kill_while_writing(place, acknowledged, times=200) > 200


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_two_processes_write_ten_thousand_times_each_into_one_file(tmp_path):
    place = str(tmp_path / "store.db")
    writers = [store_writers.start(store_writers.write_many, place, who, 10_000) for who in "ab"]
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    with DataStore(place) as store:
        store.check()
        found = [(it["who"], it["n"]) for it in store.service("both").items()]
    assert sorted(found) == [(who, n) for who in "ab" for n in range(10_000)]
    assert [n for who, n in found if who == "a"] == list(range(10_000))


def test_both_sides_of_a_fork_go_on(tmp_path):
    place = str(tmp_path / "store.db")
    process = store_writers.start(store_writers.write_and_fork, place)
    process.join()
    assert process.exitcode == 0
    with DataStore(place) as store:
        counts = dict(store.service("forked").counts("who"))
    assert counts == {"before": 1, "parent": 50, "child": 50}


def small_disks(folder):
    """Give the ways to get a small disk, best first."""
    mount = f'mount -t tmpfs -o size=5m none "{folder}" && exec "$@"'
    for unshare in (["unshare", "-m"], ["unshare", "-r", "-m"]):
        yield [*unshare, "sh", "-c", mount, "sh"], []
    yield [], ["limit"]


def test_a_full_disk_is_said_and_nothing_is_lost(tmp_path):
    for before, after in small_disks(tmp_path):
        if before and (
            not shutil.which(before[0])
            or subprocess.run([*before, "true"], check=False, capture_output=True).returncode
        ):
            continue
        command = [*before, sys.executable, "-m", "tests.full_disk", str(tmp_path), *after]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert "store.db: the disk" in done.stdout
        assert "nothing was changed" in done.stdout
        assert "nothing lost" in done.stdout
        return


def pragma(store, name):
    return store._storage.read(lambda it: it.exec_driver_sql(f"PRAGMA {name}").scalar())


def test_a_file_has_a_log_that_is_synchronised_in_full(tmp_path):
    with DataStore(tmp_path / "store.db") as store:
        assert pragma(store, "journal_mode") == "wal"
        assert pragma(store, "synchronous") == 2
        assert pragma(store, "foreign_keys") == 1


def test_on_a_network_it_has_a_journal(tmp_path, monkeypatch):
    DataStore(tmp_path / "store.db").close()
    mounts = tmp_path / "mountinfo"
    mounts.write_text(f"1 0 0:1 / / rw - ext4 a rw\n2 1 0:2 / {tmp_path} rw - nfs4 server:/ rw\n")
    monkeypatch.setattr(file_systems, "MOUNTS", mounts)
    with DataStore(tmp_path / "store.db") as store:
        assert pragma(store, "journal_mode") == "delete"
        assert pragma(store, "synchronous") == 3
        store.service("a").create({"x": np.zeros(3)})
        store.backup(tmp_path / "copy.db")


def test_where_a_log_is_not_to_be_had_it_has_a_journal(tmp_path, monkeypatch):
    monkeypatch.setattr(sqlite_file, "_uses_log", lambda _: False)
    with DataStore(tmp_path / "store.db") as store:
        assert pragma(store, "journal_mode") == "delete"
        assert pragma(store, "synchronous") == 3


@pytest.mark.parametrize(
    ("mount", "kind", "is_network"),
    [
        ("/home/ada", "nfs", True),
        ("/home/ada", "fuse.sshfs", True),
        ("/home", "cifs", True),
        ("/home/adam", "nfs", False),
        ("/home/ada/data", "ext4", False),
        ("/home/ada\\040b", "nfs", False),
        ("/", "9p", True),
        ("/", "tmpfs", False),
    ],
)
def test_a_network_is_known_by_its_mount(tmp_path, monkeypatch, mount, kind, is_network):
    mounts = tmp_path / "mountinfo"
    mounts.write_text(f"1 0 0:1 / / rw - ext4 a rw\n2 1 0:2 / {mount} rw shared:1 - {kind} b rw\n")
    monkeypatch.setattr(file_systems, "MOUNTS", mounts)
    assert file_systems.is_on_network(Path("/home/ada/data")) is is_network


def test_what_is_no_store_is_refused_and_left_as_it_is(tmp_path):
    other, text, newer = tmp_path / "other.db", tmp_path / "text.db", tmp_path / "newer.db"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE a (b)")
    connection.close()
    text.write_text("This is a letter to somebody, and no database at all. " * 100)
    DataStore(newer).close()
    with sqlite3.connect(newer) as connection:
        connection.execute("UPDATE marcelle_meta SET value = '2'")
    connection.close()
    for path, said in (
        (other, "a database of another program"),
        (text, "it is no store, but a file of another kind"),
        (newer, "expected a store of version 1, got one of version 2; a newer marcelle-nb wrote"),
    ):
        before = path.read_bytes()
        with pytest.raises(Unprocessable, match=f"{path.name}: .*{said}"):
            DataStore(path)
        assert path.read_bytes() == before
        assert sorted(it.name for it in tmp_path.iterdir()) == ["newer.db", "other.db", "text.db"]


def test_places_where_no_file_can_be_are_refused(tmp_path):
    cases: list[tuple[Any, type[StoreError], str]] = [
        (tmp_path, BadRequest, "got a folder"),
        (tmp_path / "none" / "a.db", NotFound, "make it first"),
        ("/dev/null", BadRequest, "got something else"),
        (tmp_path / ("a" * 300), NotFound, "too long"),
        ("a\0b", BadRequest, "location: expected"),
        ("", BadRequest, "location: expected"),
        (5, BadRequest, "location: expected"),
    ]
    for path, kind, said in cases:
        with pytest.raises(kind, match=said):
            DataStore(path)


def test_a_closed_store_says_so_and_can_be_opened_again(tmp_path):
    store = DataStore(tmp_path / "store.db")
    service = store.service("a")
    service.create({})
    store.close()
    store.close()
    with pytest.raises(Unavailable, match="it is closed"):
        service.find()
    with DataStore(tmp_path / "store.db") as again:
        assert again.service("a").count() == 1


def test_one_place_is_one_store_however_it_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "link.db").symlink_to(tmp_path / "class.db")
    with DataStore("class.db") as store:
        same = ["sqlite:///class.db", f"sqlite:///{tmp_path}/class.db", "~/class.db", "./link.db"]
        assert all(DataStore(it) is store for it in same)
        assert store.location == str(tmp_path / "class.db")
    assert DataStore() is DataStore("memory")


def test_a_file_that_was_replaced_is_opened_anew(tmp_path):
    first = DataStore(tmp_path / "store.db")
    first.service("a").create({})
    for path in tmp_path.iterdir():
        path.unlink()
    with DataStore(tmp_path / "store.db") as second:
        assert second is not first
        assert second.service("a").count() == 0
    first.close()


def test_a_backup_is_a_store_of_the_same(tmp_path):
    with DataStore(tmp_path / "store.db") as store:
        made = store.service("a").create([{"n": i, "x": np.full(100, i)} for i in range(50)])
        assert store.backup(tmp_path / "copy.db") == tmp_path / "copy.db"
        store.service("a").remove(None)
    assert [it.name for it in tmp_path.iterdir() if "copy" in it.name] == ["copy.db"]
    with DataStore(tmp_path / "copy.db") as copy:
        copy.check()
        assert [it["id"] for it in copy.service("a").items()] == [it["id"] for it in made]


def test_a_backup_of_memory_is_a_file(tmp_path):
    service = DataStore().service("kept from memory")
    made = service.create({"n": 1})
    DataStore().backup(tmp_path / "copy.db")
    with DataStore(tmp_path / "copy.db") as copy:
        assert copy.service(service.name).get(made["id"])["n"] == 1


def test_a_backup_is_made_while_others_write(tmp_path):
    place = str(tmp_path / "store.db")
    with DataStore(place) as store:
        writer = store_writers.start(store_writers.write_many, place, "a", 300)
        while writer.is_alive():
            store.backup(tmp_path / "copy.db")
            with DataStore(tmp_path / "copy.db") as copy:
                copy.check()
                numbers = [it["n"] for it in copy.service("both").items()]
            assert numbers == list(range(len(numbers)))
        writer.join()
        assert writer.exitcode == 0


def test_a_backup_goes_only_where_nothing_is_in_use(tmp_path):
    with DataStore(tmp_path / "store.db") as store, DataStore(tmp_path / "other.db") as other:
        other.service("a").create({})
        places: list[tuple[Any, type[StoreError]]] = [
            (tmp_path / "store.db", BadRequest),
            (tmp_path, BadRequest),
            (tmp_path / "none" / "copy.db", NotFound),
            (tmp_path / "other.db", Conflict),
            ("a\0b", BadRequest),
            ("\ud800", BadRequest),
            ("~nobody of this name/copy.db", BadRequest),
            ("", BadRequest),
            (b"copy.db", BadRequest),
            (None, BadRequest),
        ]
        for path, kind in places:
            with pytest.raises(kind):
                store.backup(path)
        if hasattr(os, "mkfifo"):
            os.mkfifo(tmp_path / "pipe")
            with pytest.raises(BadRequest, match="expected a file, got something else"):
                store.backup(tmp_path / "pipe")
            assert (tmp_path / "pipe").is_fifo()
        assert other.service("a").count() == 1


def test_a_backup_of_a_server_is_made_there(postgresql_url):
    with DataStore(postgresql_url) as store, pytest.raises(MethodNotAllowed, match="pg_dump"):
        store.backup("copy.db")


def test_a_locked_file_is_waited_for_and_then_said(tmp_path, monkeypatch):
    monkeypatch.setattr(sqlite_connections, "BUSY_S", 0.3)
    with DataStore(tmp_path / "store.db") as store:
        other = sqlite3.connect(tmp_path / "store.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable, match="another process keeps it locked: try again"):
            store.service("a").create({})
        other.execute("COMMIT")
        other.close()
        store.service("a").create({})


def test_a_file_that_may_not_be_written_is_said(tmp_path):
    with DataStore(tmp_path / "store.db") as store:
        made = store.service("a").create({"n": 1})
        read_only = lambda it: it.exec_driver_sql("PRAGMA query_only = ON")  # noqa: E731
        store._storage.read(read_only)
        with pytest.raises(Forbidden, match="may not be written"):
            store.service("a").patch(made["id"], {"n": 2})
        assert store.service("a").get(made["id"])["n"] == 1


def test_damage_is_found(tmp_path):
    path = tmp_path / "store.db"
    with DataStore(path) as store:
        store.service("a").create([{"n": i, "x": np.zeros(1_000)} for i in range(200)])
    data = bytearray(path.read_bytes())
    for at in range(40 * 4096, len(data) // 2, 4096):
        data[at : at + 64] = b"\xff" * 64
    path.write_bytes(data)
    with pytest.raises(StoreError, match=r"store\.db: "), DataStore(path) as store:
        store.check()


def lose(path, how):
    """Do to a store's file what users do, and give the file that they then have."""
    if how == "replaced":
        other = path.with_name("other.db")
        DataStore(other).close()
        other.replace(path)
        return path
    if how == "moved":
        return path.rename(path.with_name("moved.db"))
    shutil.rmtree(path.parent) if how == "folder" else path.unlink()
    return None


@pytest.mark.parametrize("how", ["deleted", "moved", "replaced", "folder"])
def test_what_would_be_written_to_a_lost_file_is_refused(tmp_path, how):
    path = tmp_path / "folder" / "store.db"
    path.parent.mkdir()
    with DataStore(path) as store:
        service = store.service("a")
        service.create({"n": 1})
        left = lose(path, how)
        for act in (lambda: service.create({"n": 2}), service.count, lambda: service.remove(None)):
            with pytest.raises(Unavailable, match="moved, replaced or deleted since it was opened"):
                act()
        if how == "moved":
            left.rename(path)
            service.create({"n": 3})
            assert [it["n"] for it in service.items()] == [1, 3]


def damaged(path, statement):
    with DataStore(path) as store:
        store.service("a").create({"n": 1, "x": np.zeros(3)})
    with sqlite3.connect(path) as connection:
        connection.execute(statement)
    connection.close()
    return DataStore(path)


BODY = "UPDATE marcelle_documents SET body ="


@pytest.mark.parametrize("body", ["'no JSON'", "'[1]'", "'5'", "'{}'", "'{\"id\": 5}'", "x'00'"])
def test_a_damaged_document_is_named(tmp_path, body):
    with damaged(tmp_path / "store.db", f"{BODY} {body}") as store:
        service = store.service("a")
        for act in (
            store.check,
            service.find,
            lambda: service.patch(None, {"a": 1}),
            lambda: service.remove(None),
            lambda: list(service.items()),
        ):
            with pytest.raises(GeneralError, match="damaged"):
                act()
        assert service.count() == 1


def test_damaged_arrays_are_said_and_can_be_removed(tmp_path):
    for number, statement in enumerate(("data = x'00'", "path = 'x'", "kind = 'pickle'")):
        place = tmp_path / f"{number}.db"
        with damaged(place, f"UPDATE marcelle_blobs SET {statement}") as store:
            with pytest.raises(GeneralError, match="array: expected"):
                store.service("a").find()
            if number != 1:
                assert len(store.service("a").remove(None, arrays=False)) == 1


@pytest.mark.parametrize(
    ("statement", "kind", "said"),
    [
        ("DROP TABLE marcelle_blobs", GeneralError, "the table marcelle_blobs is missing"),
        ("DELETE FROM marcelle_meta", Unprocessable, "one that says None"),
        ("UPDATE marcelle_meta SET value = x'00'", Unprocessable, "one that says b'"),
        ("ALTER TABLE marcelle_meta RENAME value TO a", Unprocessable, "of another program"),
    ],
)
def test_half_a_store_is_refused(tmp_path, statement, kind, said):
    with pytest.raises(kind, match=said):
        damaged(tmp_path / "store.db", statement)


def run(code, folder, *before):
    """Run some lines in a process of its own, in a folder, and give what it printed."""
    lines = f"import os, threading, time\nfrom marcelle_nb import data_store\n{code}"
    done = subprocess.run(
        [*before, sys.executable, "-W", "error", "-c", lines],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


TRY = """
try:
    service = data_store("store.db").service("a")
    print(service.count())
    service.create({})
except Exception as error:
    print(type(error).__name__, error)
"""


WITHOUT_RIGHTS = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--"]


def before_who_has_permissions_only(folder):
    """Give what goes before a command that is to do only what permissions allow.

    Root, who may do everything, gives up that right there, and stays the owner of all files:
    another user could perhaps not read this folder.
    """
    if os.name == "nt":
        pytest.skip("permissions are others there")
    (folder / "closed").touch(0o444)
    write = [sys.executable, "-c", "open('closed', 'a')"]
    for before in ([], WITHOUT_RIGHTS):
        if before and not shutil.which(before[0]):
            break
        done = subprocess.run([*before, *write], cwd=folder, check=False, capture_output=True)
        if b"PermissionError" in done.stderr:
            return before
    pytest.skip("root may do everything, and cannot give that up here")


@pytest.mark.parametrize(
    ("folder", "file", "said"),
    [
        (0o555, 0o444, ["1", "Forbidden", "may not be written: look at its permissions"]),
        (0o777, 0o444, ["1", "Forbidden", "may not be written: look at its permissions"]),
        (0o555, 0o666, ["1", "Forbidden", "may not be written: look at its permissions"]),
        (0o777, 0o000, ["NotFound", "cannot be opened"]),
        (0o555, None, ["NotFound", "cannot be opened: look whether its folder"]),
    ],
)
def test_missing_permissions_are_said(tmp_path, folder, file, said):
    before = before_who_has_permissions_only(tmp_path)
    place = tmp_path / "place"
    place.mkdir()
    if file is not None:
        with DataStore(place / "store.db") as store:
            store.service("a").create({})
        (place / "store.db").chmod(file)
    place.chmod(folder)
    try:
        printed = run(TRY, place, *before)
    finally:
        place.chmod(0o777)
    assert all(part in printed for part in said)


READ = (
    """
print(data_store("store.db").service("a").count())
data_store("store.db").service("a").changes.subscribe(print)
print(data_store("store.db").backup(os.environ["COPY"]))
"""
    + TRY
)


@pytest.mark.parametrize(
    ("log", "said"),
    [
        ("no log", ["1", "copy.db", "Forbidden", "may not be written: look at its permissions"]),
        ("a journal", ["1", "copy.db", "Forbidden", "may not be written: look at its permissions"]),
        ("a full log", ["Forbidden", "in a file beside it that only a writer can read"]),
    ],
)
def test_a_store_on_a_read_only_disk_can_be_read(tmp_path, monkeypatch, log, said):
    mount = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && cd "$0" && exec "$@"'
    disk = ["unshare", "-m", "sh", "-c", mount, str(tmp_path / "disk#?%41")]
    (tmp_path / "disk#?%41").mkdir()
    if not shutil.which("unshare") or (
        subprocess.run([*disk, "true"], check=False, capture_output=True).returncode
    ):
        pytest.skip("no disk can be mounted here")
    place = tmp_path / "disk#?%41" / "store.db"
    with DataStore(place) as store:
        store.service("a").create({})
        if log == "a full log":
            copies = {name: place.with_name(name).read_bytes() for name in ("store.db-wal",)}
    if log == "a journal":
        with closing(sqlite3.connect(place)) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")
    if log == "a full log":  # as a process that was killed leaves it, without its other file
        for name, data in copies.items():
            place.with_name(name).write_bytes(data)
    before = {it.name for it in place.parent.iterdir()}
    monkeypatch.setenv("COPY", str(tmp_path / "copy.db"))
    printed = run(TRY if log == "a full log" else READ, tmp_path, *disk)
    assert all(part in printed for part in said)
    assert {it.name for it in place.parent.iterdir()} == before


def test_a_process_ends_while_its_listener_runs(tmp_path):
    code = """
store = data_store("store.db")
store.service("a").changes.subscribe(lambda _: None)
store.service("a").create({})
time.sleep(0.3)
"""
    run(code, tmp_path)
    # the log was copied back, as the last connection was closed
    assert [it.name for it in tmp_path.iterdir()] == ["store.db"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on Windows")
@pytest.mark.parametrize("place", ["memory", "store.db"])
def test_a_process_forks_while_its_threads_write_and_listen(tmp_path, place):
    code = f"""
service, goes_on = data_store({place!r}).service("a"), True
service.changes.subscribe(lambda _: None)
def work():
    while goes_on:
        service.create({{}})
        service.count()
threads = [threading.Thread(target=work) for _ in range(3)]
[it.start() for it in threads]
for i in range(20):
    child = os.fork()
    if not child:
        made = service.create({{"child": i}})["id"]
        os._exit(0 if service.get(made)["child"] == i else 1)
    assert os.waitpid(child, 0)[1] == 0
goes_on = False
[it.join() for it in threads]
print(service.count({{"child": {{"$gte": 0}}}}))
"""
    assert run(code, tmp_path) == f"{0 if place == 'memory' else 20}\n"


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="only Linux tells")
def test_stores_let_go_of_their_files(tmp_path):
    def n_handles():
        gc.collect()
        return len(list(Path("/proc/self/fd").iterdir()))

    before = n_handles()
    for i in range(60):
        with DataStore(tmp_path / "store.db") as store:
            store.service("a").create({})
            if i % 10 == 0:
                store.service("a").changes.subscribe(lambda _: None)
        DataStore(tmp_path / f"{i}.db").service("a").create({})  # never closed
    assert n_handles() <= before + 3


INTERRUPTED = """
import logging, random, signal
logging.disable()  # SQLAlchemy says when it was interrupted once more while it put things in order
store = data_store(PLACE)
service, made, n_interrupted, goes_on = store.service("a"), [], 0, True
def interrupt():
    while goes_on:
        time.sleep(random.uniform(0.01, 0.03))
        if goes_on:
            signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
thread = threading.Thread(target=interrupt)
thread.start()
end = time.monotonic() + 3
while time.monotonic() < end:
    try:
        while time.monotonic() < end:
            made.append(service.create({"n": len(made)})["id"])
            service.patch(made[0], {"m": len(made)})
    except KeyboardInterrupt:
        n_interrupted += 1
while True:
    try:
        goes_on = False
        thread.join()
        break
    except KeyboardInterrupt:
        continue
store.check()
there = {it["id"] for it in service.items()}
assert set(made) <= there and len(there) <= len(made) + n_interrupted
service.create({})
store.close()
print(n_interrupted)
"""


@pytest.mark.skipif(os.name == "nt", reason="no such signals on Windows")
@pytest.mark.parametrize("place", ["memory", "store.db"])
def test_an_interrupted_writer_goes_on(tmp_path, place):
    assert int(run(INTERRUPTED.replace("PLACE", repr(place)), tmp_path)) > 20


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ({"id": "a", "datasetName": "d"}, "marcelle_documents_1 (service=? AND id=?)"),
        ({"id": {"$in": ["a", "b"]}, "datasetName": "d", "y": "l"}, "(service=? AND id=?)"),
        ({"datasetName": "d"}, "COVERING INDEX marcelle_documents_dataset (service=? AND dataset_"),
        ({"datasetName": "d", "y": "l"}, "COVERING INDEX marcelle_documents_label"),
        ({"y": {"$in": ["l", "m"]}}, "COVERING INDEX marcelle_documents_label"),
        ({}, "COVERING INDEX"),
    ],
)
def test_what_can_be_found_in_an_index_is(tmp_path, query, index):
    with DataStore(tmp_path / "store.db") as store:
        condition = sql_conditions.where(Query.parse(query).where, store._storage.values)
        statement = select(func.count()).where(documents.c.service == "a", condition)
        text = statement.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True})
        plan = store._storage.read(
            lambda it: it.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}").all()
        )
        assert index in plan[0][-1]


def test_labels_are_counted_without_a_look_at_the_documents(tmp_path):
    with DataStore(tmp_path / "store.db") as store:
        service = store.service("a")
        service.create([{"y": y} for y in ("b", "a", "b")])
        damage = "UPDATE marcelle_documents SET body = 'x' WHERE position > 2"
        store._storage.write(lambda it: it.exec_driver_sql(damage))
        assert service.counts("y") == [("b", 2), ("a", 1)]
        assert service.count({"y": "b"}) == 2


def test_damage_that_makes_the_text_of_errors_unreadable_is_said(tmp_path):
    path = tmp_path / "store.db"
    DataStore(path).close()
    data = path.read_bytes()
    old = b"CREATE TABLE marcelle_changes"
    assert old in data
    path.write_bytes(data.replace(old, b"\xdd" * len(old)))
    with pytest.raises(GeneralError, match="damaged: go back to a backup"):
        DataStore(path)


def test_an_index_that_names_rows_that_are_not_there_is_said(tmp_path, monkeypatch):
    with DataStore(tmp_path / "store.db") as store:
        service = store.service("a")
        service.create([{"y": "a"}, {"y": "b"}])
        real = DocumentTable.records
        monkeypatch.setattr(DocumentTable, "records", lambda *a, **k: real(*a, **k)[:-1])
        for act in (
            lambda: service.counts("y"),
            lambda: service.find({"$distinct": "y"}),
            lambda: service.patch(None, {"n": 1}),
        ):
            with pytest.raises(GeneralError, match="expected 2 rows that an index names, got 1"):
                act()


def test_a_closed_store_gives_no_connections(tmp_path, request):
    for kind in ("sqlite", "postgresql"):
        store = open_store(kind, request)
        store.close()
        with pytest.raises(Unavailable, match="it is closed"):
            store._storage.raw_connection()
        if kind == "sqlite":
            with pytest.raises(Unavailable, match="it is closed"):
                store.backup(tmp_path / "copy.db")
