"""A store in a file beside a bare `executemany`: writing, iterating, counting."""

from __future__ import annotations

import io
import shutil
import sqlite3
import tempfile
import time
import tracemalloc
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import marcelle_nb as mnb
from tests.benchmark.report import heading, median_s, row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from marcelle_nb.data.service import Service

ROWS, WIDTH, AT_ONCE = 100_000, 1_024, 1_000
LABELS = 10


def measure(n_rows: int = ROWS) -> None:
    """Print all figures of this module."""
    heading(f"Stores: {n_rows:,} rows of {WIDTH:,} float32 in SQLite, {AT_ONCE:,} a transaction")
    folder = Path(tempfile.mkdtemp(prefix="marcelle-stores-"))
    try:
        bare = _bare_s(folder / "bare.db", n_rows)
        with mnb.data_store(folder / "ours.db") as store:
            service = store.service("rows")
            ours = sum(_create_s(service, n_rows))
            row("written: ours", f"{n_rows / ours:,.0f} rows/s", f"{ours:.1f} s")
            row("  a bare executemany", f"{n_rows / bare:,.0f} rows/s", f"{bare:.1f} s")
            row("  speed, ours to bare", f"{bare / ours:.2f}", "at least 0.33")
            _read(service, n_rows)
    finally:
        shutil.rmtree(folder)


def _read(service: Service, n_rows: int) -> None:
    seconds = _seconds(lambda: _iterate(service))
    row("iterated", f"{n_rows / seconds:,.0f} rows/s", f"{seconds:.1f} s")
    tracemalloc.start()
    _iterate(service)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    row("  memory at most", f"{peak / 1e6:.0f} MB", "at most 200 MB")
    row("count", f"{1000 * median_s(service.count, 3):.1f} ms")
    row(
        "count of one label",
        f"{1000 * median_s(lambda: service.count({'y': 'label 3'}), 3):.0f} ms",
    )
    row("distinct labels", f"{1000 * median_s(lambda: service.find({'$distinct': 'y'}), 3):.0f} ms")


def _iterate(service: Service) -> None:
    for document in service.items():
        assert document["x"].shape == (WIDTH,)


def _create_s(service: Service, n_rows: int) -> Iterator[float]:
    for numbers in _parts(n_rows):
        documents = [{"x": x, "y": f"label {i % LABELS}"} for i, x in enumerate(numbers)]
        yield _seconds(partial(service.create, documents))


def _bare_s(path: Path, n_rows: int) -> float:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE rows (id INTEGER PRIMARY KEY, data BLOB)")

    def write(blobs: list[tuple[bytes]]) -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("INSERT INTO rows (data) VALUES (?)", blobs)
        connection.execute("COMMIT")

    # the blobs are made before, so that nothing but SQLite's own work is measured
    parts = ([_npy(x) for x in numbers] for numbers in _parts(n_rows))
    seconds = sum(_seconds(partial(write, blobs)) for blobs in parts)
    connection.close()
    return seconds


def _npy(x: np.ndarray) -> tuple[bytes]:
    file = io.BytesIO()
    np.save(file, x, allow_pickle=False)
    return (file.getvalue(),)


def _parts(n_rows: int) -> Iterator[np.ndarray]:
    random = np.random.default_rng(0)
    for _ in range(n_rows // AT_ONCE):
        yield random.normal(size=(AT_ONCE, WIDTH)).astype(np.float32)


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
