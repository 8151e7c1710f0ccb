import threading
from contextvars import copy_context
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marcelle_nb.receipt import Receipt
from marcelle_nb.stream import Stream
from tests.at_once import at_once
from tests.eventually import eventually
from tests.one_in_flight import OneInFlight


def counted():
    """Give a receipt, and the list that grows when it says done."""
    done: list[int] = []
    return Receipt(lambda: done.append(1)), done


def test_a_receipt_that_nobody_holds_is_done_at_the_end_of_its_block():
    receipt, done = counted()
    with receipt:
        assert done == []
    assert done == [1]


def test_a_receipt_is_done_when_the_last_holder_lets_go():
    receipt, done = counted()
    with receipt:
        receipt.hold()
    assert done == []
    receipt.release()
    assert done == [1]


def test_a_block_that_raises_lets_go():
    receipt, done = counted()
    with pytest.raises(ValueError, match="broken"), receipt:
        raise ValueError("broken")
    assert done == [1]


def test_the_current_receipt_is_that_of_the_block():
    receipt, _ = counted()
    with receipt:
        assert Receipt.current.get() is receipt
    assert Receipt.current.get() is None


def test_the_current_receipt_goes_along_in_a_copied_context():
    receipt, _ = counted()
    with receipt:
        context = copy_context()
    assert context.run(Receipt.current.get) is receipt


def test_a_block_within_a_block_has_its_own():
    (outer, _), (inner, _) = counted(), counted()
    with outer:
        with inner:
            assert Receipt.current.get() is inner
        assert Receipt.current.get() is outer


@given(st.integers(0, 20))
def test_done_is_said_once_however_many_hold_it(holders):
    receipt, done = counted()
    with receipt:
        for _ in range(holders):
            receipt.hold()
    for _ in range(holders):
        receipt.release()
    assert done == [1]


def test_done_is_said_once_also_where_someone_takes_it_on_afterwards():
    receipt, done = counted()
    with receipt:
        pass
    receipt.hold()  # a training that a subscriber began runs on in the context of the frame
    receipt.release()
    assert done == [1]


def test_done_is_said_once_by_threads_that_let_go_at_once():
    receipt, done = counted()
    with receipt:
        for _ in range(8):
            receipt.hold()
    at_once(*[receipt.release] * 8)
    assert done == [1]


def test_the_last_to_let_go_says_done_on_its_own_thread():
    names: list[str] = []
    receipt = Receipt(lambda: names.append(threading.current_thread().name))
    with receipt:
        receipt.hold()
    thread = threading.Thread(target=receipt.release, name="last")
    thread.start()
    thread.join()
    assert names == ["last"]


# On a stream


def held_up(stream, seen):
    """Begin a delivery of `stream` on another thread; give what lets it go on."""
    began, go = threading.Event(), threading.Event()

    def subscriber(value):
        began.set()
        go.wait(20)
        seen.append(value)

    threading.Thread(target=stream.subscribe, args=[subscriber], daemon=True).start()
    assert began.wait(20)
    return go


def test_hold_current_without_a_receipt_is_none():
    assert Receipt.hold_current() is None


def test_hold_current_holds_the_receipt_that_is_being_delivered():
    receipt, done = counted()
    with receipt:
        held = Receipt.hold_current()
    assert (held, done) == (receipt, [])
    receipt.release()
    assert done == [1]


def test_a_value_behind_another_threads_delivery_is_done_when_it_was_delivered():
    stream, seen, at_done = Stream(0), list[int](), list[Any]()
    go = held_up(stream, seen)
    with Receipt(lambda: at_done.append(seen[:])):
        stream.set(1)
    assert at_done == []
    go.set()
    assert eventually(lambda: at_done) == [[0, 1]]


def test_each_value_is_delivered_under_its_own_setters_receipt():
    stream, currents = Stream(0), list[Any]()
    go = held_up(stream, list[int]())
    stream.subscribe(lambda _: currents.append(Receipt.current.get()))
    receipt, _ = counted()
    with receipt:
        stream.set(1)
    stream.set(2)
    go.set()
    eventually(lambda: len(currents) == 3)
    assert currents == [None, receipt, None]


def test_a_value_for_a_subscriber_that_left_is_done_and_not_delivered():
    stream, seen, late = Stream(0), list[int](), list[int]()
    go = held_up(stream, seen)
    stop = stream.subscribe(late.append)
    receipt, done = counted()
    with receipt:
        stream.set(1)
    stop()
    go.set()
    eventually(lambda: done)
    assert (seen, late) == ([0, 1], [])


def test_a_value_is_done_once_where_its_delivery_is_interrupted():
    def interrupt(_):
        raise KeyboardInterrupt

    stream, seen = Stream[int](), list[int]()
    stream.subscribe(interrupt)
    stream.subscribe(seen.append)
    receipt, done = counted()
    with pytest.raises(KeyboardInterrupt), receipt:
        stream.set(1)
    assert (seen, done) == ([1], [1])


@pytest.mark.parametrize(
    "derive",
    [lambda s: s, lambda s: s.map(int), lambda s: s.combine(max, Stream(0))],
    ids=["itself", "map", "combine"],
)
def test_a_cell_that_subscribes_to_a_slow_pipeline_returns_while_its_source_goes_on(derive):
    frames, threads = Stream(0), list[int]()

    def slower_than_the_source(_):
        threads.append(threading.get_ident())
        if len(threads) == 1:
            eventually(source.waits)

    with OneInFlight.running(frames) as source:
        source.goes_on()
        derive(frames).subscribe(slower_than_the_source)
        mine = threads.count(threading.get_ident())
        source.goes_on()
    assert mine < 10
    assert source.longest_queue <= 1


def test_after_undo_nothing_that_waited_is_delivered():
    frames, seen = Stream(0), list[int]()

    def slower_than_the_source(number):
        if not seen:
            eventually(source.waits)
        seen.append(number)

    with OneInFlight.running(frames) as source:
        source.goes_on()
        frames.subscribe(slower_than_the_source)()
        source.goes_on(2)  # one delivery may have been under way
        count = len(seen)
        source.goes_on()
        assert len(seen) == count
