import random
import shutil
import sqlite3
import struct
import time
import tracemalloc
from contextlib import closing

import pytest

from marcelle_nb.data.logged_change import logged_changes


def logged(folder, script, page_size=4096, n_times=1):
    """Make a file with a log; each run of the script is a change, with its number as ?1."""
    with closing(sqlite3.connect(folder / "made.db", isolation_level=None)) as connection:
        connection.execute(f"PRAGMA page_size = {page_size}")
        connection.execute("PRAGMA journal_mode = WAL").fetchone()
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("CREATE TABLE t (n, x)")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        for number in range(n_times):
            connection.execute("BEGIN")
            connection.execute(f"PRAGMA user_version = {number + 1}")
            connection.execute(script, [number])
            connection.execute("COMMIT")
        for suffix in ("", "-wal"):
            shutil.copy(folder / f"made.db{suffix}", folder / f"file.db{suffix}")
    return folder / "file.db-wal"


def counts_in(log):
    return [
        int.from_bytes(change.first_page[60:64], "big") if change.first_page else None
        for change in logged_changes(log)
    ]


def read_by_sqlite(log, folder):
    """Give the count that SQLite finds, in a copy."""
    for suffix in ("", "-wal"):
        shutil.copy(log.with_name(f"file.db{suffix}"), folder / f"read.db{suffix}")
    (folder / "read.db-shm").unlink(missing_ok=True)
    with closing(sqlite3.connect(folder / "read.db")) as connection:
        return connection.execute("PRAGMA user_version").fetchone()[0]


def summed(data, words, a=0, b=0):
    """Add up as the format says."""
    for x, y in struct.iter_unpack(f"{words}II", data):
        a = (a + x + b) % 2**32
        b = (b + y + a) % 2**32
    return a, b


def with_highest_byte_first(data, page_size):
    """Give a log as a machine of the other byte order writes it."""
    header = struct.pack(">I", 0x377F0683) + data[4:24]
    total = summed(header, ">")
    parts = [header, struct.pack(">II", *total)]
    for at in range(32, len(data), 24 + page_size):
        head, page = data[at : at + 16], data[at + 24 : at + 24 + page_size]
        total = summed(head[:8] + page, ">", *total)
        parts += [head, struct.pack(">II", *total), page]
    return b"".join(parts)


INSERT = "INSERT INTO t VALUES (?1, randomblob(700))"


@pytest.mark.parametrize("page_size", [512, 4096, 65536])
@pytest.mark.parametrize("order", ["own", "other"])
def test_all_changes_are_read_at_each_page_size_and_byte_order(tmp_path, page_size, order):
    log = logged(tmp_path, INSERT, page_size, n_times=40)
    if order == "other":
        log.write_bytes(with_highest_byte_first(log.read_bytes(), page_size))
    assert counts_in(log) == [*range(1, 41)]
    assert read_by_sqlite(log, tmp_path) == 40


def test_a_damaged_log_is_read_as_far_as_sqlite_reads_it(tmp_path):
    log, source = logged(tmp_path, INSERT, n_times=30), random.Random(0)
    whole = log.read_bytes()
    found = set()
    for place in [*range(0, 56, 3), *(source.randrange(len(whole)) for _ in range(60))]:
        damaged = bytearray(whole)
        damaged[place] ^= 1 << source.randrange(8)
        if 4 <= place < 8:  # of a version that SQLite does not open
            continue
        log.write_bytes(damaged)
        counts = counts_in(log)
        assert counts == [*range(1, len(counts) + 1)]
        assert read_by_sqlite(log, tmp_path) == len(counts)
        found.add(len(counts))
    assert len(found) > 10


@pytest.mark.parametrize("left", [0, 1, 31, 32, 40, 56, 4_000, 5_000, 20_000, 100_000])
def test_a_log_that_was_cut_is_read_as_far_as_sqlite_reads_it(tmp_path, left):
    log = logged(tmp_path, INSERT, n_times=30)
    log.write_bytes(log.read_bytes()[:left])
    assert len(counts_in(log)) == read_by_sqlite(log, tmp_path)


@pytest.mark.parametrize("data", [bytes(100_000), b"abc", random.Random(0).randbytes(100_000)])
def test_nothing_is_in_what_is_no_log(tmp_path, data):
    (tmp_path / "log").write_bytes(data)
    assert counts_in(tmp_path / "log") == []
    assert counts_in(tmp_path / "none") == []
    assert counts_in(tmp_path) == []


def test_what_is_left_over_from_before_the_log_began_anew_is_left_out(tmp_path):
    path = tmp_path / "file.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL").fetchone()
        for number in range(1, 21):
            connection.execute(f"PRAGMA user_version = {number}")
        connection.execute("PRAGMA wal_checkpoint").fetchone()
        connection.execute("PRAGMA user_version = 21")
        assert counts_in(tmp_path / "file.db-wal") == [21]


def test_a_change_of_the_first_page_alone_is_told_from_others(tmp_path):
    path = tmp_path / "file.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL").fetchone()
        connection.execute("CREATE TABLE t (x)")
        connection.execute("PRAGMA wal_checkpoint").fetchone()
        connection.execute("PRAGMA user_version = 1")
        connection.execute("INSERT INTO t VALUES (1)")  # on a page that there is
        connection.execute("INSERT INTO t VALUES (zeroblob(3000000))")  # longer than what is read
        connection.execute("PRAGMA user_version = 2")
        changes = list(logged_changes(tmp_path / "file.db-wal"))
    assert [change.is_alone for change in changes] == [True, False, False, True]
    assert [change.first_page is None for change in changes] == [False, True, False, False]


def test_a_large_log_is_read_soon_and_in_little_memory(tmp_path):
    log = logged(tmp_path, "INSERT INTO t VALUES (?1, zeroblob(4000000))", n_times=16)
    assert log.stat().st_size > 64e6
    began = time.process_time()
    assert len(counts_in(log)) == 16
    assert time.process_time() - began < 1
    tracemalloc.start()
    try:
        assert len(counts_in(log)) == 16
        assert tracemalloc.get_traced_memory()[1] < 20e6
    finally:
        tracemalloc.stop()
