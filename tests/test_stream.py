import gc
import logging
import threading
import weakref
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marcelle_nb.component import Component
from marcelle_nb.stream import Stream, described
from tests.at_once import at_once, each
from tests.eventually import eventually


class Shown(Component):
    view = "button"


def recorded(stream):
    """Subscribe a list."""
    seen: list[Any] = []
    stream.subscribe(seen.append)
    return seen


def fail(value):
    raise ValueError(f"no {value}")


# Held streams and events


def test_a_held_stream_replays_its_value():
    assert recorded(Stream(1)) == [1]


def test_an_event_stream_replays_nothing():
    stream = Stream[Any]()
    stream.set(1)
    assert recorded(stream) == []


def test_a_held_stream_without_a_value_replays_the_first_set():
    stream = Stream[Any](hold=True)
    assert recorded(stream) == []
    stream.set(1)
    assert recorded(stream) == [1]


def test_none_is_a_value_like_any_other():
    assert recorded(Stream(None)) == [None]


def test_value_before_the_first_is_none():
    assert Stream[Any]().value is None


def test_value_of_an_event_stream_is_the_last_event():
    stream = Stream[Any]()
    stream.set(3)
    assert stream.value == 3


def test_an_equal_value_is_emitted_again():
    stream = Stream(1)
    seen = recorded(stream)
    stream.set(1)
    assert seen == [1, 1]


@pytest.mark.parametrize("test", [bool, lambda s: s or 1, lambda s: not s])
def test_the_truth_of_a_stream_is_an_error_that_says_what_to_write(test):
    with pytest.raises(TypeError, match=r"use stream\.value"):
        test(Stream(True))


@pytest.mark.parametrize("stream", [Stream(4), Stream(4).map(str)])
def test_repr_names_the_class_and_the_kind(stream):
    assert "Stream held" in repr(stream)


def test_repr_of_a_held_stream_shows_its_value():
    assert repr(Stream("abc")) == "<Stream held: 'abc'>"


def test_repr_of_a_derived_stream_does_no_work():
    calls: list[int] = []
    repr(Stream(1).map(calls.append))
    assert calls == []


@pytest.mark.parametrize("function", [None, 3, "print"])
def test_what_cannot_be_called_cannot_subscribe(function):
    with pytest.raises(TypeError, match="expected a function of one value"):
        Stream(1).subscribe(function)


# Delivery


@given(st.lists(st.integers(), max_size=50), st.integers(1, 4))
def test_every_subscriber_gets_every_value_once_in_order(values, n_subscribers):
    stream = Stream[int]()
    seen = [recorded(stream) for _ in range(n_subscribers)]
    for value in values:
        stream.set(value)
    assert seen == [values] * n_subscribers


def test_a_set_during_a_delivery_queues_behind_it():
    stream = Stream[int]()
    stream.subscribe(lambda value: stream.set(value + 1) if value < 3 else None)
    seen = recorded(stream)
    stream.set(0)
    assert seen == [0, 1, 2, 3]


def test_a_cycle_of_streams_settles_before_the_outermost_set_returns():
    a, b = Stream[int](), Stream[int]()
    a.subscribe(lambda value: b.set(value + 1) if value < 10 else None)
    b.subscribe(a.set)
    a.set(0)
    assert (a.value, b.value) == (10, 10)


def test_undo_ends_a_subscription():
    stream = Stream[int]()
    seen: list[int] = []
    stop = stream.subscribe(seen.append)
    stream.set(1)
    stop()
    stream.set(2)
    assert seen == [1]


def test_undoing_twice_does_nothing():
    stream = Stream[int]()
    stop, seen = stream.subscribe(print), recorded(stream)
    stop()
    stop()
    stream.set(1)
    assert seen == [1]


def test_the_same_function_can_subscribe_twice_and_leave_once():
    stream = Stream[int]()
    seen = recorded(stream)
    stream.subscribe(seen.append)()
    stream.set(1)
    assert seen == [1]


def test_who_leaves_during_a_delivery_gets_nothing_more_of_it():
    stream = Stream[int]()
    stops: list[Any] = []
    stream.subscribe(lambda _: stops[0]())
    seen: list[int] = []
    stops.append(stream.subscribe(seen.append))
    stream.set(1)
    assert seen == []


def test_who_comes_during_a_delivery_of_a_held_stream_gets_its_value_once():
    stream = Stream(0)
    seen: list[int] = []
    once = [lambda: stream.subscribe(seen.append)]
    stream.subscribe(lambda value: once.pop()() if value == 1 and once else None)
    stream.set(1)
    assert seen == [1]


# Failing subscribers


def test_a_failing_subscriber_stops_nobody_else(caplog):
    stream = Stream[int]()
    before = recorded(stream)
    stream.subscribe(fail)
    after = recorded(stream)
    stream.set(1)
    stream.set(2)
    assert before == after == [1, 2]


def test_a_failing_subscriber_is_logged_with_its_traceback(caplog):
    stream = Stream[int]()
    stream.subscribe(fail)
    with caplog.at_level(logging.ERROR, "marcelle_nb"):
        stream.set(7)
    assert caplog.records[0].exc_info is not None
    assert "no 7" in caplog.text


@pytest.mark.parametrize(
    "derive", [lambda s: s, lambda s: s.map(str), lambda s: s.map(str).take(9)]
)
def test_a_failing_subscriber_shows_in_the_alert_line_of_the_component(derive):
    component = Shown()
    stream = component._stream()
    derive(stream).subscribe(fail)
    stream.set(7)
    assert component.alert.value == "no 7"


def test_a_failing_operator_shows_in_the_alert_line_of_the_component():
    component = Shown()
    stream = component._stream()
    recorded(stream.map(lambda value: 1 // value))
    stream.set(0)
    assert component.alert.value.startswith("ZeroDivisionError")


def test_a_failing_subscriber_of_the_alert_itself_is_only_logged(caplog):
    component = Shown()
    component.alert.subscribe(fail)
    component._raise_alert("broken")
    assert component.alert.value == "broken"


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, SystemExit])
def test_an_interrupted_delivery_raises_and_the_stream_lives_on(interrupt):
    def stop(_):
        raise interrupt

    stream = Stream[int]()
    undo = stream.subscribe(stop)
    with pytest.raises(interrupt):
        stream.set(1)
    undo()
    seen = recorded(stream)
    stream.set(2)
    assert seen[-1] == 2


def test_an_interrupted_delivery_takes_the_value_from_nobody_else():
    def stop(value):
        if value == 1:
            raise KeyboardInterrupt

    stream = Stream[int]()
    stream.subscribe(stop)
    seen = recorded(stream)
    with pytest.raises(KeyboardInterrupt):
        stream.set(1)
    stream.set(2)
    assert seen == [1, 2]


# Keys


def test_a_second_subscription_with_a_key_replaces_the_first():
    stream = Stream[int]()
    first, second = list[Any](), list[Any]()
    stream.subscribe(first.append, key="cell")
    stream.subscribe(second.append, key="cell")
    stream.set(1)
    assert (first, second) == ([], [1])


def test_other_keys_replace_nothing():
    stream = Stream[int]()
    first, second = list[Any](), list[Any]()
    stream.subscribe(first.append, key=1)
    stream.subscribe(second.append, key=2)
    stream.set(1)
    assert first == second == [1]


def test_the_undo_of_a_replaced_subscription_leaves_the_new_one():
    stream = Stream[int]()
    seen: list[int] = []
    stop = stream.subscribe(print, key="cell")
    stream.subscribe(seen.append, key="cell")
    stop()
    stream.set(1)
    stream.subscribe(print, key="cell")
    stream.set(2)
    assert seen == [1]


DERIVATIONS = {
    "map": lambda s: s.map(str),
    "filter": lambda s: s.filter(lambda _: True),
    "chain": lambda s: s.map(str).skip_repeats().take(100).map(int),
    "latest": lambda s: s.latest(),
    "combine": lambda s: s.combine(lambda a, b: a, Stream(1)),
}


@pytest.mark.parametrize("derive", DERIVATIONS.values(), ids=DERIVATIONS)
def test_a_cell_that_runs_twice_subscribes_once_also_on_a_new_derived_stream(derive):
    stream = Stream[int]()
    seen: list[int] = []
    for _ in range(3):
        derive(stream).subscribe(seen.append, key="cell")
    stream.set(1)
    eventually(lambda: seen)
    assert len(seen) == 1


@pytest.mark.parametrize("derive", DERIVATIONS.values(), ids=DERIVATIONS)
def test_a_cell_that_runs_often_leaves_no_subscriptions_behind(derive):
    stream = Stream(0)
    for _ in range(5):
        derive(stream).subscribe(print, key="cell")
    gc.collect()
    assert len(stream._subscriptions) == 1


def test_a_key_is_free_again_after_the_undo():
    stream = Stream[int]()
    stream.subscribe(print, key="cell")()
    assert stream._keys == {}


# Threads


def test_two_writers_deliver_every_value_once_to_all_in_one_order():
    stream = Stream[tuple[str, int]]()
    one, other = recorded(stream), recorded(stream)
    at_once(
        each(stream.set, [("a", i) for i in range(3_000)]),
        each(stream.set, [("b", i) for i in range(3_000)]),
    )
    assert one == other
    assert [n for name, n in one if name == "a"] == list(range(3_000))
    assert [n for name, n in one if name == "b"] == list(range(3_000))


def test_value_is_the_last_one_delivered_whoever_wrote_it():
    stream = Stream(0)
    seen = recorded(stream)
    at_once(*[each(stream.set, range(s, s + 2_000)) for s in (0, 10_000)])
    assert seen[-1] == stream.value


def test_no_delivery_overlaps_another_of_the_same_stream():
    stream = Stream[int]()
    inside = threading.Lock()
    overlaps: list[Any] = []

    def subscriber(_):
        if not inside.acquire(blocking=False):
            overlaps.append(1)
            return
        inside.release()

    stream.subscribe(subscriber)
    at_once(*[each(stream.set, range(2_000))] * 3)
    assert overlaps == []


@pytest.mark.parametrize(
    "derive", [lambda s: s, lambda s: s.map(lambda v: v), lambda s: s.filter(bool)]
)
def test_who_subscribes_while_another_thread_writes_misses_and_repeats_nothing(derive):
    stream = Stream(1)
    derived = derive(stream)
    lists: list[list[int]] = [[] for _ in range(200)]
    at_once(
        each(stream.set, range(2, 3_000)),
        each(lambda seen: derived.subscribe(seen.append), lists[:100]),
        each(lambda seen: derived.subscribe(seen.append), lists[100:]),
    )
    for seen in lists:
        assert seen == list(range(seen[0], 3_000))


def test_subscribing_and_leaving_under_writes_keeps_a_derived_stream_right():
    stream = Stream(0)
    derived = stream.map(lambda value: value)

    def come_and_go():
        for _ in range(300):
            seen: list[int] = []
            stop = derived.subscribe(seen.append)
            stop()
            got = seen[:]  # one more value may be on its way
            assert got == sorted(set(got))

    at_once(each(stream.set, range(1, 3_000)), come_and_go, come_and_go)
    assert stream._subscriptions == ()


def test_no_lock_is_held_while_a_subscriber_runs():
    stream, other = Stream[int](), Stream(5)
    answers: list[int] = []

    def ask_another_thread(_):
        thread = threading.Thread(target=lambda: answers.append(other.value), daemon=True)
        thread.start()
        thread.join(10)

    stream.subscribe(ask_another_thread)
    stream.set(1)
    assert answers == [5]


def test_a_key_replaced_from_two_threads_leaves_one_subscription():
    stream = Stream[int]()
    at_once(*[lambda: [stream.map(str).subscribe(print, key=1) for _ in range(300)]] * 2)
    assert len(stream._subscriptions) == 1


def test_a_forgotten_stream_is_collected():
    stream = Stream(1)
    recorded(stream)
    gone = weakref.ref(stream)
    del stream
    gc.collect()
    assert gone() is None


def test_what_failed_is_told_with_its_place_in_the_users_code_not_in_ours():
    with pytest.raises(TypeError) as raised:
        bool(Stream(0))
    assert described(raised.value).endswith(
        "(in test_what_failed_is_told_with_its_place_in_the_users_code_not_in_ours, line"
        f" {raised.tb.tb_lineno})"
    )


class Unreachable(Stream[int]):
    """A stream whose source cannot be reached now and then."""

    is_reachable = False

    def _joined(self):
        if not self.is_reachable:
            raise ConnectionError


@pytest.mark.parametrize("derive", [lambda s: s, lambda s: s.map(lambda v: v)])
def test_a_subscription_that_fails_is_not_there(derive):
    source = Unreachable(0)
    stream, seen = derive(source), list[int]()
    with pytest.raises(ConnectionError):
        stream.subscribe(seen.append, key="cell")
    assert (source._subscriptions, stream._subscriptions, stream._keys) == ((), (), {})
    source.is_reachable = True
    stream.subscribe(seen.append)
    source.set(1)
    assert seen == [0, 1]


def test_where_a_successor_fails_the_earlier_subscription_goes_on():
    stream, first, second = Unreachable(0), list[int](), list[int]()
    stream.is_reachable = True
    stream.subscribe(first.append, key="cell")
    stream.is_reachable = False
    with pytest.raises(ConnectionError):
        stream.subscribe(second.append, key="cell")
    stream.set(1)
    assert (first, second) == ([0, 1], [])
    stream.is_reachable = True
    stream.subscribe(second.append, key="cell")
    stream.set(2)
    assert (first, second) == ([0, 1], [1, 2])
