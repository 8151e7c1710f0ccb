import os
import shutil
import signal
import sqlite3
import struct
from contextlib import closing, suppress

import pytest

from marcelle_nb.data.data_store import DataStore
from marcelle_nb.errors import Conflict, Unavailable

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a process to kill")


def write(store, *numbers):
    """Make documents in which there is more than fits on a page."""
    store.service("a").create([{"n": n, "text": "q" * 2_000} for n in numbers])


def killed_while_open(path, *numbers):
    """Write, and leave the log behind."""
    child = os.fork()
    if not child:
        store = DataStore(path)
        for n in numbers:
            write(store, n)
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    assert path.with_name(path.name + "-wal").stat().st_size


def killed_at(path, work):
    """Call in a process that is killed after it, and leaves the log behind."""
    child = os.fork()
    if not child:
        with suppress(BaseException):
            work(sqlite3.connect(path, isolation_level=None))
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    assert path.with_name(path.name + "-wal").stat().st_size


def numbers_in(path):
    with DataStore(path) as store:
        store.check()
        return [it["n"] for it in store.service("a").items()]


def refused(path):
    with pytest.raises(Conflict, match=f"log of its own .*, got {path.name}-wal, which goes on"):
        DataStore(path)


@needs_fork
@pytest.mark.parametrize("made", ["before the log", "within the log", "by hand", "elsewhere"])
def test_a_file_is_not_opened_beside_the_log_of_the_one_before(tmp_path, made):
    path, copy = tmp_path / "store.db", tmp_path / "copy.db"
    with DataStore(tmp_path / "copy.db" if made == "elsewhere" else path) as store:
        write(store, *range(300))
        if made == "before the log":
            store.backup(copy)
    if made == "by hand":  # of a closed store, with the same number in it
        shutil.copy(path, copy)
    if made != "elsewhere":
        with DataStore(path) as store:
            if made == "within the log":
                store.backup(copy)
            store.service("a").remove(None, {"n": {"$gte": 100}})
    killed_while_open(path, *range(300, 330))
    killed_log = path.with_name("store.db-wal").read_bytes()
    copy.replace(path)
    refused(path)
    assert path.with_name("store.db-wal").read_bytes() == killed_log
    path.with_name("store.db-wal").rename(tmp_path / "away")
    assert numbers_in(path) == [*range(300)]


def test_a_backup_put_in_place_of_an_open_store_is_not_damaged_by_its_log(tmp_path):
    path = tmp_path / "store.db"
    with DataStore(path) as store:
        write(store, *range(100))
        store.backup(tmp_path / "copy.db")
        write(store, *range(100, 150))
        (tmp_path / "copy.db").replace(path)
        with pytest.raises(Unavailable, match="close this store"):
            write(store, 1)
        refused(path)
    path.with_name("store.db-wal").rename(tmp_path / "away")
    assert numbers_in(path) == [*range(100)]


@needs_fork
def test_the_log_of_a_file_that_was_moved_is_not_deleted(tmp_path):
    path = tmp_path / "store.db"
    killed_while_open(path, 1, 2)
    path.rename(tmp_path / "moved.db")
    refused(path)
    assert not path.exists()
    (tmp_path / "moved.db").rename(path)
    assert numbers_in(path) == [1, 2]


@needs_fork
def test_a_file_that_is_no_database_is_left_alone_beside_a_log(tmp_path):
    path = tmp_path / "store.db"
    killed_while_open(path, 1)
    path.write_text("notes" * 1_000)
    refused(path)
    assert path.read_text() == "notes" * 1_000


@needs_fork
def test_the_own_log_is_read_however_much_of_it_was_copied_back(tmp_path):
    path = tmp_path / "store.db"
    killed_while_open(path, *range(20))
    with closing(sqlite3.connect(path)) as reader, closing(sqlite3.connect(path)) as other:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM marcelle_documents").fetchone()
        with DataStore(path) as store:
            write(store, *range(20, 40))
            other.execute("PRAGMA wal_checkpoint").fetchone()  # up to where the reader is
            for suffix in ("", "-wal"):
                shutil.copy(f"{path}{suffix}", f"{tmp_path / 'copy.db'}{suffix}")
    assert numbers_in(tmp_path / "copy.db") == [*range(40)]
    killed_while_open(path, *range(40, 45))
    assert numbers_in(path) == [*range(45)]


@needs_fork
def test_the_own_log_is_read_where_the_file_itself_is_torn(tmp_path):
    path = tmp_path / "store.db"
    killed_while_open(path, *range(20))
    with path.with_name("store.db-wal").open("rb") as log, path.open("r+b") as file:
        pages = {}
        log.seek(32)
        while frame := log.read(24):
            pages[int.from_bytes(frame[:4], "big")] = log.read(4096)
        file.write(pages[1])  # says that there are more pages than were copied
    assert numbers_in(path) == [*range(20)]


@needs_fork
def test_a_store_of_an_earlier_release_which_did_not_count_is_opened(tmp_path, monkeypatch):
    path = tmp_path / "store.db"
    with monkeypatch.context() as context:
        for place in ("sqlite_file.start_count", "sqlite_connections.count_on"):
            context.setattr(f"marcelle_nb.data.{place}", lambda _: None)
        killed_while_open(path, 1, 2)
    killed_while_open(path, 3)
    assert numbers_in(path) == [1, 2, 3]
    killed_while_open(path, 4)
    assert numbers_in(path) == [1, 2, 3, 4]


def test_a_file_under_two_names_is_refused_also_where_it_is_open(tmp_path):
    path = tmp_path / "store.db"
    with DataStore(path) as store:
        write(store, 1)
        (tmp_path / "other.db").hardlink_to(path)
        with pytest.raises(Exception, match="expected a file of one name, got one of 2"):
            DataStore(tmp_path / "other.db")
        write(store, 2)
    (tmp_path / "other.db").unlink()
    assert numbers_in(path) == [1, 2]


@needs_fork
@pytest.mark.parametrize(
    ("n_changes", "text"), [(1, "q" * 2_000), (8, "q" * 2_000), (20, "q"), (60, "q")]
)
def test_a_copy_that_was_changed_elsewhere_is_not_opened_beside_the_log(tmp_path, n_changes, text):
    path, copy = tmp_path / "store.db", tmp_path / "copy.db"
    with DataStore(path) as store:
        write(store, *range(100))
    killed_while_open(path, *range(100, 120))
    shutil.copy(path, copy)
    with DataStore(copy) as store:
        for n in range(n_changes):
            store.service("a").create({"n": 1_000 + n, "text": text})
    ours = path.rename(tmp_path / "ours.db")
    shutil.copy(copy, path)
    refused(path)
    ours.replace(path)  # as advised
    assert numbers_in(path) == [*range(120)]
    assert numbers_in(copy) == [*range(100), *range(1_000, 1_000 + n_changes)]


def test_an_older_log_is_not_opened_beside_a_newer_file(tmp_path):
    path, log = tmp_path / "store.db", tmp_path / "store.db-wal"
    with DataStore(path) as store:
        write(store, *range(20))
        shutil.copy(log, tmp_path / "older")
        store.service("a").remove(None, {"n": {"$lt": 10}})
        write(store, *range(100, 150))
    shutil.copy(tmp_path / "older", log)
    with pytest.raises(Conflict, match="another state or copy"):
        DataStore(path)
    log.unlink()
    assert numbers_in(path) == [*range(10, 20), *range(100, 150)]


UPDATE = "UPDATE marcelle_documents SET label = 'x' WHERE position = 1"
TABLE = "CREATE TABLE more (x); INSERT INTO more VALUES (zeroblob(20000)); DROP TABLE more"


@needs_fork
@pytest.mark.parametrize("script", [UPDATE, TABLE, "VACUUM", f"{UPDATE}; {TABLE}; {UPDATE}"])
@pytest.mark.parametrize("is_killed", [True, False])
def test_what_another_program_left_in_the_log_is_no_reason_to_refuse(tmp_path, script, is_killed):
    path = tmp_path / "store.db"
    with DataStore(path) as store:
        write(store, *range(20))
    if is_killed:
        killed_at(path, lambda tool: tool.executescript(script))
        assert numbers_in(path) == [*range(20)]
        return
    with closing(sqlite3.connect(path, isolation_level=None)) as tool:
        tool.executescript(script)
        assert numbers_in(path) == [*range(20)]
        killed_while_open(path, 20, 21)
        tool.execute("PRAGMA wal_checkpoint").fetchone()
        tool.executescript(script)  # the log begins anew
        assert numbers_in(path) == [*range(22)]


@needs_fork
def test_a_log_without_the_first_page_is_not_deleted_where_the_file_is_gone(tmp_path):
    path = tmp_path / "store.db"
    with DataStore(path) as store:
        write(store, 1)
    killed_at(path, lambda tool: tool.executescript(UPDATE))
    path.rename(tmp_path / "moved.db")
    refused(path)
    (tmp_path / "moved.db").rename(path)
    assert numbers_in(path) == [1]


@needs_fork
@pytest.mark.parametrize(
    "script",
    [
        "PRAGMA user_version = 3",
        "PRAGMA user_version = 1234567890",
        f"BEGIN; {TABLE}; PRAGMA user_version = 3; COMMIT",
        f"{UPDATE}; PRAGMA user_version = -5; {UPDATE}",
    ],
)
@pytest.mark.parametrize("n_before", [0, 3])
def test_changes_after_a_program_set_the_count_are_not_refused(tmp_path, script, n_before):
    path = tmp_path / "store.db"
    with DataStore(path) as store:
        write(store, 100)

    def work(tool):
        store = DataStore(path)
        write(store, *range(n_before)) if n_before else None
        tool.executescript(script)
        for n in range(n_before, 50):
            write(store, n)

    killed_at(path, work)
    assert numbers_in(path) == [100, *range(50)]
    killed_while_open(path, 50)
    assert numbers_in(path) == [100, *range(51)]


@needs_fork
def test_changes_of_an_earlier_release_that_was_killed_are_not_refused(tmp_path, monkeypatch):
    path = tmp_path / "store.db"
    with DataStore(path) as store:
        write(store, *range(20))
    with monkeypatch.context() as context:
        context.setattr("marcelle_nb.data.sqlite_connections.count_on", lambda _: None)
        killed_while_open(path, *range(20, 40))
    assert numbers_in(path) == [*range(40)]


@needs_fork
@pytest.mark.parametrize("torn", [0, 1, 5])
def test_a_log_that_was_torn_by_a_power_cut_is_read_as_far_as_it_is_whole(tmp_path, torn):
    path, log = tmp_path / "store.db", tmp_path / "store.db-wal"
    with DataStore(path) as store:
        write(store, *range(20))
    killed_while_open(path, *range(20, 30))
    with log.open("r+b") as file:
        file.seek(32 + torn * (24 + 4096) + 24)
        file.write(bytes(4096))
    (tmp_path / "store.db-shm").unlink()
    shutil.copytree(tmp_path, tmp_path / "as_is")
    with closing(sqlite3.connect(tmp_path / "as_is" / "store.db")) as connection:
        (expected,) = connection.execute("SELECT count(*) FROM marcelle_documents").fetchone()
    assert numbers_in(path) == [*range(expected)]
    assert expected >= 20


@needs_fork
def test_a_log_whose_last_change_is_not_whole_is_not_opened_beside_another_store(tmp_path):
    path = tmp_path / "store.db"
    with DataStore(path) as store:
        write(store, *range(20))
        store.backup(tmp_path / "copy.db")
    killed_while_open(path, *range(20, 30))
    (tmp_path / "copy.db").replace(path)
    log = path.with_name("store.db-wal").read_bytes()
    path.with_name("store.db-wal").write_bytes(log[:-100])  # the last change is not whole
    refused(path)


@needs_fork
def test_counts_go_on_after_the_last_there_is(tmp_path):
    path = tmp_path / "store.db"
    with DataStore(path) as store:
        write(store, 0)
    for first in (1, 3):
        with closing(sqlite3.connect(path, isolation_level=None)) as tool:
            tool.execute(f"PRAGMA user_version = {-1 if first == 1 else 2**31 - 1}")
        killed_while_open(path, first, first + 1)
        assert path.read_bytes()[60:64] == struct.pack(">I", 2**32 - 1 if first == 1 else 2**31 - 1)
        assert numbers_in(path) == [*range(first + 2)]
