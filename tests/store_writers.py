"""Processes that write into a store: forked from a server that has imported what they need."""

from __future__ import annotations

import multiprocessing
import os
import random
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.data.data_store import DataStore
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.context import ForkServerProcess

WIDTH = 600
_DRIVER = "sqlalchemy.dialects.postgresql.psycopg"
_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(
    ["tests.store_writers", "marcelle_nb.data.postgresql_storage", _DRIVER]
)


def start(work: Callable[..., None], *args: Any) -> ForkServerProcess:
    """Start a function of this module in a process of its own."""
    process = _processes.Process(target=work, args=args, daemon=True)
    process.start()
    return process


def rewrite_forever(place: str, first: int, acknowledged: str) -> None:
    """Give all documents of "same" ever new versions, and add one to "log" for each.

    The number of every change that returned is appended to a file.
    """
    with DataStore(place) as store, open(acknowledged, "ab", buffering=0) as file:  # noqa: PTH123
        same, log = store.service("same"), store.service("log")
        for n in range(first, 2**31):
            new = {"n": n, "x": np.full(WIDTH, n)}
            if n % 5 == 0:
                same.remove(None, {"place": 3})
                same.create({"place": 3, **new})
            same.patch(None, new)
            log.create({"n": n, "x": np.full(WIDTH, n)})
            file.write(f"{n}\n".encode())


def check_after_kill(place: str, acknowledged: str, first: int) -> int:
    """Check what a killed writer left; give the number of its next change.

    `first` is the number it began with: all before were found in the store, though a writer
    killed between a change and its acknowledgement did not write the last of them down.
    """
    with open(acknowledged) as file:  # noqa: PTH123
        certain = max(first, 1 + max(map(int, file.read().split()), default=-1))
    with DataStore(place) as store:
        store.check()
        same, log = list(store.service("same").items()), list(store.service("log").items())
        for document in (*same, *log):
            assert (document["x"] == document["n"]).all()
            assert document["x"].shape == (WIDTH,)
        versions = {document["n"] for document in same}
        assert versions in ({certain - 1}, {certain}, {certain - 1, certain})
        assert len(same) in (4, 5)  # document 3 may just have been removed to be made anew
        assert [document["n"] for document in log] in (
            list(range(certain)),
            list(range(certain + 1)),
        )
        assert store.service("log").count() == len(log)
        return len(log)


def kill_while_writing(place: str, acknowledged: str, times: int) -> int:
    """Kill a writer `times` times at random moments, and check each time."""
    source = random.Random(0)
    with DataStore(place) as store:
        given = [{"place": i, "n": -1, "x": np.full(WIDTH, -1)} for i in range(5)]
        store.service("same").create(given)
    open(acknowledged, "wb").close()  # noqa: PTH123
    first = 0
    for i in range(times):
        size = os.path.getsize(acknowledged)  # noqa: PTH202
        process = start(rewrite_forever, place, first, acknowledged)
        if i % 5:  # of the others, some are still opening the store
            eventually(lambda size=size: os.path.getsize(acknowledged) > size)  # type: ignore[misc]  # noqa: PTH202
        time.sleep(source.uniform(0, 0.1))
        process.kill()
        process.join()
        first = check_after_kill(place, acknowledged, first)
    return first


def write_many(place: str, who: str, times: int) -> None:
    """Write one document after the other."""
    with DataStore(place) as store:
        service = store.service("both")
        for n in range(times):
            service.create({"who": who, "n": n})


def write_and_fork(place: str) -> None:
    """Write, fork, and write on in both processes."""
    store = DataStore(place)
    service = store.service("forked")
    service.created.subscribe(lambda _: None)
    service.create({"who": "before"})
    child = os.fork()
    who = "parent" if child else "child"
    for _ in range(50):
        service.create({"who": who})
    if not child:
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    store.check()
    store.close()


def patch_all(place: str, who: int, times: int) -> None:
    """Change all documents in one call, again and again."""
    with DataStore(place) as store:
        service = store.service("a")
        for n in range(times):
            assert len(service.patch(None, {f"by {who}": n, "who": who})) == 50
