"""A store in a file beside a bare `executemany`: writing, iterating, counting."""

from __future__ import annotations

import io
import shutil
import sqlite3
import tempfile
import time
import tracemalloc
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import marcelle_nb as mnb
from tests.benchmark.report import heading, median_s, row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from marcelle_nb.data.dataset import Dataset
    from marcelle_nb.data.service import Service

ROWS, WIDTH, AT_ONCE = 100_000, 1_024, 1_000
LABELS = 10


def measure(n_rows: int = ROWS) -> None:
    """Print all figures of this module."""
    heading(f"Stores: {n_rows:,} rows of {WIDTH:,} float32 in SQLite, {AT_ONCE:,} a transaction")
    folder = Path(tempfile.mkdtemp(prefix="marcelle-stores-"))
    try:
        with (
            mnb.data_store(folder / "service.db") as store,
            mnb.data_store(folder / "dataset.db") as other_store,
            closing(_bare(folder / "bare.db")) as connection,
        ):
            service = store.service("rows")
            _write(connection, service, mnb.dataset("rows", other_store), n_rows)
            _read(service, n_rows)
    finally:
        shutil.rmtree(folder)


def _write(connection: sqlite3.Connection, service: Service, data: Dataset, n_rows: int) -> None:
    """Write in turns, so that what else the machine does falls on all alike."""
    bare = "a bare executemany"
    seconds = {bare: 0.0, "service.create": 0.0, "dataset.create": 0.0}
    for numbers in _parts(n_rows):
        # the blobs are made before, so that nothing but SQLite's own work is measured
        blobs = [_npy(x) for x in numbers]
        documents = [{"x": x, "y": f"label {i % LABELS}"} for i, x in enumerate(numbers)]
        acts: tuple[Callable[[], object], ...] = (
            partial(_insert, connection, blobs),
            partial(service.create, documents),
            partial(data.create, documents),
        )
        for name, act in zip(seconds, acts, strict=True):
            seconds[name] += _seconds(act)
    for name, taken in seconds.items():
        row(f"written by {name}", f"{n_rows / taken:,.0f} rows/s", f"{taken:.1f} s")
        if name != bare:
            row("  speed, to that of the bare one", f"{seconds[bare] / taken:.2f}", "at least 0.33")


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


def _bare(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE rows (id INTEGER PRIMARY KEY, data BLOB)")
    return connection


def _insert(connection: sqlite3.Connection, blobs: list[tuple[bytes]]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany("INSERT INTO rows (data) VALUES (?)", blobs)
    connection.execute("COMMIT")


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
