import os
import shutil
import signal
import sqlite3
from contextlib import closing

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


def numbers_in(path):
    with DataStore(path) as store:
        store.check()
        return [it["n"] for it in store.service("a").items()]


def refused(path):
    with pytest.raises(Conflict, match=f"got {path.name}-wal of another file"):
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
