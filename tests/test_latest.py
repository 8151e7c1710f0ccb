import gc
import threading
import weakref
from typing import Any

import pytest

from marcelle_nb import latest
from marcelle_nb.latest import LatestWorker
from marcelle_nb.receipt import Receipt
from marcelle_nb.stream import Stream
from tests.at_once import at_once, each
from tests.eventually import eventually


class Gate:
    """Work that can be held up."""

    def __init__(self):
        self.seen: list[Any] = []
        self.began = threading.Semaphore(0)
        self.open = threading.Semaphore(0)

    def work(self, value):
        self.began.release()
        assert self.open.acquire(timeout=20)
        self.seen.append(value)

    def let(self, count):
        self.open.release(count)


@pytest.fixture
def gate():
    gate = Gate()
    yield gate
    gate.let(1_000)


def counted(value, put):
    """Put a value under a receipt; give the list that grows when it is done with."""
    done: list[Any] = []
    with Receipt(lambda: done.append(value)):
        put(value)
    return done


def test_a_value_is_worked_on_another_thread():
    threads: list[int] = []
    LatestWorker[Any](lambda _: threads.append(threading.get_ident()), "test").put(1)
    assert eventually(lambda: threads) != [threading.get_ident()]


def test_of_the_values_that_wait_only_the_newest_is_worked_on(gate):
    worker = LatestWorker[Any](gate.work, "test")
    worker.put(0)
    gate.began.acquire(timeout=20)
    for value in range(1, 100):
        worker.put(value)
    gate.let(100)
    eventually(lambda: len(gate.seen) == 2)
    assert gate.seen == [0, 99]


def test_dropped_values_are_not_kept_alive(gate):
    class Frame:
        pass

    worker = LatestWorker[Any](gate.work, "test")
    worker.put(None)
    gate.began.acquire(timeout=20)
    frames = [Frame() for _ in range(10)]
    alive = weakref.WeakSet(frames)
    for frame in frames:
        worker.put(frame)
    del frame, frames
    gc.collect()
    assert len(alive) == 1


def test_a_finished_value_is_not_kept_alive():
    class Frame:
        pass

    worker = LatestWorker[Any](lambda _: None, "test")
    frame = Frame()
    gone = weakref.ref(frame)
    worker.put(frame)
    del frame
    eventually(lambda: gone() is None)


def test_the_newest_value_is_always_worked_on_in_order():
    seen: list[int] = []
    worker = LatestWorker[Any](seen.append, "test")
    at_once(each(worker.put, range(5_000)))
    eventually(lambda: seen[-1:] == [4_999])
    assert seen == sorted(set(seen))


def test_a_value_put_while_the_thread_ends_is_worked_on(monkeypatch):
    monkeypatch.setattr(latest, "IDLE_S", 0.0)
    seen: list[int] = []
    worker = LatestWorker[Any](seen.append, "test")
    for value in range(300):
        worker.put(value)
    assert eventually(lambda: seen[-1:] == [299])


def test_an_idle_worker_has_no_thread(monkeypatch):
    monkeypatch.setattr(latest, "IDLE_S", 0.01)
    LatestWorker[Any](lambda _: None, "an-idle-worker").put(1)
    eventually(lambda: "an-idle-worker" not in [t.name for t in threading.enumerate()])


@pytest.mark.parametrize("error", [SystemExit, ValueError])
def test_work_that_ends_its_thread_stops_nothing_that_comes_after(error, caplog):
    seen: list[int] = []

    def work(value):
        if value == 0:
            raise error
        seen.append(value)

    worker = LatestWorker[Any](work, "test")
    done = counted(0, worker.put)
    eventually(lambda: done)
    worker.put(1)
    assert eventually(lambda: seen) == [1]


# Receipts


def test_a_receipt_is_held_until_the_work_is_done(gate):
    done = counted(1, LatestWorker(gate.work, "test").put)
    gate.began.acquire(timeout=20)
    assert done == []
    gate.let(1)
    assert eventually(lambda: done) == [1]


def test_the_receipt_of_a_dropped_value_is_released_at_once(gate):
    worker = LatestWorker[Any](gate.work, "test")
    worker.put(0)
    gate.began.acquire(timeout=20)
    first = counted(1, worker.put)
    second = counted(2, worker.put)
    assert (first, second) == ([1], [])


def test_every_receipt_is_released_once_under_hard_writing():
    worker = LatestWorker[Any](lambda _: None, "test")
    lists: list[list[int]] = []
    at_once(*[each(lambda i: lists.append(counted(i, worker.put)), range(1_000))] * 2)
    eventually(lambda: all(lists))
    assert {len(done) for done in lists} == {1}


def test_two_workers_on_the_way_both_hold_the_receipt(gate):
    frames = Stream[int]()
    frames.latest().map(lambda v: v).latest().subscribe(gate.work)
    done = counted(1, frames.set)
    gate.began.acquire(timeout=20)
    assert done == []
    gate.let(1)
    assert eventually(lambda: done) == [1]


def test_the_receipt_is_released_where_a_subscriber_fails(caplog):
    frames = Stream[int]()
    frames.latest().subscribe(lambda value: 1 // value)
    done = counted(0, frames.set)
    assert eventually(lambda: done) == [0]


def test_the_receipt_is_released_where_the_stream_is_forgotten(gate):
    frames = Stream[int]()
    stream = frames.latest()
    stop = stream.subscribe(gate.work)
    frames.set(0)
    gate.began.acquire(timeout=20)
    done = counted(1, frames.set)
    stop()
    del stream, stop
    gc.collect()
    gate.let(2)
    assert eventually(lambda: done) == [1]


def test_a_receipt_without_listeners_is_released_at_once():
    assert counted(1, Stream[Any]().set) == [1]


# As an operator


def test_the_source_does_not_wait_for_a_slow_subscriber(gate):
    frames = Stream[int]()
    frames.latest().subscribe(gate.work)
    for value in range(100):
        frames.set(value)
    assert gate.seen == []
    gate.let(2)
    eventually(lambda: gate.seen[-1:] == [99])
    assert len(gate.seen) <= 2


def test_a_held_stream_gives_a_held_one_with_its_value():
    assert Stream(3).latest().value == 3


def test_a_held_value_is_replayed_to_each_subscriber_once():
    newest = Stream(3).latest()
    first, second = list[int](), list[int]()
    newest.subscribe(first.append)
    eventually(lambda: first)
    newest.subscribe(second.append)
    assert eventually(lambda: second) == first == [3]


def test_work_under_way_when_the_last_listener_left_is_not_given_to_the_next():
    numbers = Stream(1)
    began, go = threading.Event(), threading.Event()

    def slow(value):
        began.set()
        go.wait(20)
        return value

    results = numbers.latest().map(slow)
    stop = results.subscribe(print)
    began.wait(20)
    stop()
    numbers.set(2)
    seen: list[int] = []
    results.subscribe(seen.append)
    go.set()
    eventually(lambda: 2 in seen)
    assert seen == [2]
