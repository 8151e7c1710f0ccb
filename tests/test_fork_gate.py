import os
import subprocess
import sys
import threading
import time
from contextlib import ExitStack

import pytest

from marcelle_nb.data import fork_gate
from marcelle_nb.data.fork_gate import ForkGate

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on Windows")

BEGIN = """
import os, sys, tempfile, threading, time
import numpy as np
from marcelle_nb.data.data_store import DataStore
from marcelle_nb.data.dataset import Dataset
folder = tempfile.mkdtemp(dir=sys.argv[1])
def ends(child):
    end = time.monotonic() + 10
    while not os.waitpid(child, os.WNOHANG)[0]:
        if time.monotonic() > end:
            os.kill(child, 9)
            os.waitpid(child, 0)
            return False
        time.sleep(0.005)
    return True
"""


FORKS = """
threading.Thread(target=work, daemon=True).start()
for _ in range(40):
    time.sleep(0.02)
    child = os.fork()
    if not child:
        n = data.count.value
        data.create({"x": [2.0]})
        os._exit(0)
    if not ends(child):
        print("hung")
        break
print("done", flush=True)
os._exit(0)
"""
"""Forks again and again while a thread is at `work`, and writes `data` in each child."""


def run(code, folder):
    """Give the lines that a process of its own prints: forks have no place in a test's own."""
    command = [sys.executable, "-c", BEGIN + code, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.mark.parametrize("place", ["memory", "file"])
def test_the_child_of_a_process_with_subscribers_can_go_on(tmp_path, place):
    code = f"""
place = "memory" if {place!r} == "memory" else folder + "/a.db"
data, other = Dataset("a", place), Dataset("a", place)
data.create([{{"x": [1.0] * 500, "y": "a"}} for _ in range(3000)])
counts = []
data.count.subscribe(counts.append)
def work():
    while True:
        other.create({{"x": [1.0]}})
        data.sift()
"""
    assert run(code + FORKS, tmp_path) == ["done"]


@pytest.mark.parametrize(
    "work", ['data.store.backup(folder + "/b.db")', 'DataStore(f"{folder}/{n}.db").close()']
)
def test_a_child_goes_on_whatever_a_thread_does_with_sqlite(tmp_path, work):
    code = f"""
data = Dataset("a", folder + "/a.db")
data.create([{{"x": [1.0] * 500, "y": "a"}} for _ in range(3000)])
def work():
    n = 0
    while True:
        {work}
        n += 1
"""
    assert run(code + FORKS, tmp_path) == ["done"]


def test_a_child_can_import_what_a_thread_imports_in_the_parent(tmp_path):
    (tmp_path / "slow_module.py").write_text("import time\ntime.sleep(0.3)\n")
    code = """
sys.path.insert(0, sys.argv[1])
thread = threading.Thread(target=lambda: __import__("slow_module"))
thread.start()
time.sleep(0.05)
child = os.fork()
if not child:
    import slow_module
    os._exit(0)
print(ends(child))
thread.join()
import xml.sax.handler  # others can go on
print("xml.sax.handler" in sys.modules)
"""
    assert run(code, tmp_path) == ["True", "True"]


def test_a_child_is_told_of_what_others_do_once_it_changes_something(tmp_path):
    code = """
data = Dataset("a", folder + "/a.db")
counts, told = [], []
data.count.subscribe(counts.append)
data.changes.subscribe(told.append)
data.create({"x": [1.0]})
there, ready = os.pipe()
child = os.fork()
if not child:
    data.create({"x": [2.0]})
    os.write(ready, b".")
    end = time.monotonic() + 10
    while counts[-1] != 3 and time.monotonic() < end:
        time.sleep(0.01)
    os._exit(0 if counts[-1] == 3 and len(told) >= 2 else 1)
os.read(there, 1)
data.create({"x": [3.0]})
print(os.waitpid(child, 0)[1])
"""
    assert run(code, tmp_path) == ["0"]


def test_a_subscriber_in_the_child_hears_the_newest_count(tmp_path):
    code = """
data = Dataset("a", folder + "/a.db")
data.count.subscribe(lambda _: None)
there, ready = os.pipe()
child = os.fork()
if not child:
    os.read(there, 1)
    counts = []
    data.count.subscribe(counts.append)
    os._exit(counts[0])
data.create([{"x": [1.0]}] * 7)
os.write(ready, b".")
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    assert run(code, tmp_path) == ["7"]


def test_what_a_dead_thread_was_delivering_goes_on_in_the_child(tmp_path):
    code = """
from marcelle_nb.stream import Stream
stream, begun, seen = Stream(), threading.Event(), []
def slow(value):
    if value == 1 and threading.current_thread() is not threading.main_thread():
        begun.set()
        time.sleep(2)
stream.subscribe(slow)
stream.subscribe(seen.append)
threading.Thread(target=stream.set, args=(1,), daemon=True).start()
begun.wait()
child = os.fork()
if not child:
    stream.set(2)
    os._exit(0 if seen == [1, 2] else 1)
print(os.waitpid(child, 0)[1])
"""
    assert run(code, tmp_path) == ["0"]


def test_a_fork_that_is_interrupted_holds_up_nobody_afterwards(tmp_path):
    code = """
import signal
from marcelle_nb import stream
from marcelle_nb.data import fork_gate
fork_gate.LONGEST_S = 30
def fork():
    child = os.fork()
    if not child:
        with fork_gate.gate, stream.lock:
            os._exit(0)
    return ends(child)
fork()
begun, stop = threading.Event(), threading.Event()
def work():
    with fork_gate.gate:
        begun.set()
        stop.wait()
threading.Thread(target=work, daemon=True).start()
begun.wait()
threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
try:
    print(fork())
except KeyboardInterrupt:
    print("interrupted")
stop.set()
def enter():
    with fork_gate.gate, stream.lock:
        import xml.sax.handler
thread = threading.Thread(target=enter, daemon=True)
thread.start()
thread.join(10)
print(thread.is_alive(), fork(), flush=True)
os._exit(0)
"""
    assert run(code, tmp_path)[1:] == ["False", "True"]


def test_who_is_within_can_go_in_once_more_while_another_thread_forks(monkeypatch):
    monkeypatch.setattr(fork_gate, "LONGEST_S", 20)
    gate, begun = ForkGate(), time.monotonic()
    with gate:
        forker = threading.Thread(target=gate.close)
        forker.start()
        while not gate._forking:
            time.sleep(0.001)
        with gate:
            pass
        assert forker.is_alive()
    forker.join()
    assert time.monotonic() - begun < 10


def test_nobody_begins_while_a_thread_forks():
    gate, order = ForkGate(), []

    def work():
        with gate:
            order.append("work")

    gate.close()
    with gate:  # who forks may work itself
        worker = threading.Thread(target=work)
        worker.start()
        time.sleep(0.05)
        order.append("forked")
    gate.open()
    worker.join()
    assert order == ["forked", "work"]


def test_a_fork_does_not_wait_for_who_waits_for_another_process(tmp_path):
    code = """
import sqlite3
data = Dataset("a", folder + "/a.db")
data.create({"x": [1.0]})
other = sqlite3.connect(folder + "/a.db", isolation_level=None, check_same_thread=False)
other.execute("BEGIN IMMEDIATE")
writer = threading.Thread(target=data.create, args=({"x": [2.0]},))
writer.start()
time.sleep(0.2)
slowest = 0
for _ in range(5):
    begun = time.monotonic()
    child = os.fork()
    if not child:
        n = data.count.value
        Dataset("b", data.store).find()
        os._exit(10 + n)
    slowest = max(slowest, time.monotonic() - begun)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
other.execute("COMMIT")
writer.join()
child = os.fork()
if not child:
    data.create({"x": [3.0]})
    os._exit(0)
print(ends(child), slowest < 2, len(data.find()["data"]))
"""
    assert run(code, tmp_path) == ["11"] * 5 + ["True", "True", "3"]


@pytest.mark.parametrize(("times", "meanwhile"), [(1, []), (2, [2])])
def test_who_sleeps_within_lets_others_fork_unless_within_twice(monkeypatch, times, meanwhile):
    gate, slept = ForkGate(), list[object]()
    look = lambda seconds: slept.append((seconds, [*gate._depths.values()]))  # noqa: E731
    monkeypatch.setattr(time, "sleep", look)
    with ExitStack() as stack:
        for _ in range(times):
            stack.enter_context(gate)
        gate.sleep(0.3)
        assert slept == [(0.3, meanwhile)]
        assert gate._depths == {threading.get_ident(): times}
    assert gate._depths == {}


def test_an_interrupt_on_the_way_in_leaves_nobody_within(monkeypatch):
    gate = ForkGate()

    class Lock:
        def __init__(self, lock):
            self.lock, self.n = lock, 0

        def __enter__(self):
            self.lock.acquire()

        def __exit__(self, *_):
            self.lock.release()
            self.n += 1
            if self.n == 1:
                raise KeyboardInterrupt

    gate._lock = Lock(gate._lock)  # type: ignore[assignment]
    with pytest.raises(KeyboardInterrupt), gate:
        pass
    assert gate._depths == {}
