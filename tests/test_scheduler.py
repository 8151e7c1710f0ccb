import os
import threading
import time
from types import SimpleNamespace

import pytest

from marcelle_nb.scheduler import Scheduler
from tests.at_once import at_once
from tests.eventually import eventually


@pytest.fixture
def scheduler():
    return Scheduler("test-clock")


def test_calls_come_in_order_of_time(scheduler):
    seen: list[str] = []
    scheduler.call_later(0.05, lambda: seen.append("late"))
    scheduler.call_later(0.01, lambda: seen.append("early"))
    eventually(lambda: len(seen) == 2)
    assert seen == ["early", "late"]


def test_calls_of_one_moment_come_in_order_of_asking(scheduler, monkeypatch):
    seen: list[int] = []
    now = time.monotonic()
    monkeypatch.setattr("marcelle_nb.scheduler.time", SimpleNamespace(monotonic=lambda: now))
    for number in range(100):
        scheduler.call_later(0, lambda number=number: seen.append(number))
    eventually(lambda: len(seen) == 100)
    assert seen == list(range(100))


def test_no_call_comes_early(scheduler):
    times: list[float] = []
    due = time.monotonic() + 0.05
    scheduler.call_later(0.05, lambda: times.append(time.monotonic()))
    assert eventually(lambda: times)[0] >= due


@pytest.mark.parametrize("error", [ValueError, SystemExit])
def test_a_failing_call_stops_no_other(scheduler, error, caplog):
    def fail():
        raise error("broken")

    done = threading.Event()
    scheduler.call_later(0, fail)
    scheduler.call_later(0.01, done.set)
    assert done.wait(20)


def test_all_calls_come_on_one_thread(scheduler):
    names: list[int] = []
    at_once(*[lambda: scheduler.call_later(0, lambda: names.append(threading.get_ident()))] * 8)
    eventually(lambda: len(names) == 8)
    assert len(set(names)) == 1


def test_nothing_runs_before_the_first_call():
    assert Scheduler("idle-clock")._thread is None


def test_a_call_is_not_kept_alive_after_it_was_made(scheduler):
    import weakref

    class Thing:
        def go(self):
            pass

    thing = Thing()
    gone = weakref.ref(thing)
    scheduler.call_later(0, thing.go)
    del thing
    eventually(lambda: gone() is None)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_clock_runs_in_a_forked_process_too(scheduler):
    done = threading.Event()
    scheduler.call_later(0, done.set)
    assert done.wait(20)
    child = os.fork()
    if child == 0:
        done.clear()
        scheduler.call_later(0, done.set)
        os._exit(0 if done.wait(20) else 1)
    assert os.waitpid(child, 0)[1] == 0
