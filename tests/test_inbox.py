import threading
import weakref
from functools import partial

import pytest

from marcelle_nb import inbox
from marcelle_nb.inbox import Inbox
from tests.at_once import at_once, each
from tests.eventually import eventually


def test_work_is_done_in_order():
    box, seen = Inbox("test"), list[int]()
    for number in range(100):
        box.put(partial(seen.append, number))
    eventually(lambda: len(seen) == 100)
    assert seen == list(range(100))


def test_work_of_each_thread_keeps_its_order():
    box, seen = Inbox("test"), list[tuple[str, int]]()

    put_all = [
        each(box.put, [partial(seen.append, (name, n)) for n in range(500)]) for name in "abc"
    ]
    at_once(*put_all)
    eventually(lambda: len(seen) == 1_500)
    assert all([n for who, n in seen if who == name] == list(range(500)) for name in "abc")


def test_no_two_pieces_of_work_overlap():
    box, busy, overlaps, done = Inbox("test"), threading.Lock(), list[int](), list[int]()

    def work():
        if not busy.acquire(blocking=False):
            overlaps.append(1)
        else:
            busy.release()
        done.append(1)

    at_once(*[each(box.put, [work] * 300)] * 3)
    eventually(lambda: len(done) == 900)
    assert overlaps == []


def test_put_returns_while_work_goes_on():
    box, gate, done = Inbox("test"), threading.Event(), threading.Event()
    box.put(lambda: gate.wait(20))
    box.put(done.set)
    assert not done.is_set()
    gate.set()
    assert done.wait(20)


@pytest.mark.parametrize("error", [SystemExit, ValueError])
def test_work_that_ends_its_thread_stops_nothing_that_comes_after(error, caplog):
    def leave():
        raise error

    box, done = Inbox("test"), threading.Event()
    box.put(leave)
    box.put(done.set)
    assert done.wait(20)


def test_an_idle_inbox_has_no_thread(monkeypatch):
    monkeypatch.setattr(inbox, "IDLE_S", 0.01)
    box = Inbox("an-idle-inbox")
    box.put(lambda: None)
    eventually(lambda: "an-idle-inbox" not in [t.name for t in threading.enumerate()])
    done = threading.Event()
    box.put(done.set)
    assert done.wait(20)


def test_work_put_while_the_thread_ends_is_done(monkeypatch):
    monkeypatch.setattr(inbox, "IDLE_S", 0.0)
    box, done = Inbox("test"), list[int]()
    at_once(*[each(box.put, [lambda: done.append(1)] * 300)] * 2)
    assert eventually(lambda: len(done) == 600)


def test_finished_work_is_not_kept_alive():
    class Thing:
        def go(self):
            pass

    thing, box = Thing(), Inbox("test")
    gone = weakref.ref(thing)
    box.put(thing.go)
    del thing
    eventually(lambda: gone() is None)
