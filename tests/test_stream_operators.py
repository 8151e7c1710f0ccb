import gc
import sys
import threading
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marcelle_nb import timed_operators
from marcelle_nb.stream import Stream
from tests.at_once import at_once, each
from tests.eventually import eventually
from tests.fake_clock import FakeClock

numbers = st.lists(st.integers(-3, 3), max_size=30)


@pytest.fixture
def clock(monkeypatch):
    clock = FakeClock()
    monkeypatch.setattr(timed_operators, "scheduler", clock)
    monkeypatch.setattr(timed_operators, "time", clock)
    return clock


def recorded(stream):
    seen: list[Any] = []
    stream.subscribe(seen.append)
    return seen


def through(operator, values):
    """Give what an operator on an event stream makes of values."""
    source = Stream[Any]()
    seen = recorded(operator(source))
    for value in values:
        source.set(value)
    return seen


def pair(a, b):
    return (a, b)


# Laws against the same thing on lists


@given(numbers)
def test_map_is_that_of_lists(values):
    assert through(lambda s: s.map(lambda v: v * 2), values) == [v * 2 for v in values]


@given(numbers)
def test_filter_is_that_of_lists(values):
    assert through(lambda s: s.filter(lambda v: v % 2), values) == [v for v in values if v % 2]


@given(numbers)
def test_tap_passes_everything_on(values):
    tapped: list[int] = []
    assert through(lambda s: s.tap(tapped.append), values) == tapped == values


@given(numbers, st.integers(0, 40))
def test_take_and_skip_divide_a_stream(values, count):
    assert through(lambda s: s.take(count), values) == values[:count]
    assert through(lambda s: s.skip(count), values) == values[count:]


@given(numbers)
def test_scan_gives_the_seed_and_then_each_total(values):
    totals = [sum(values[:n]) for n in range(len(values) + 1)]
    assert through(lambda s: s.scan(lambda total, v: total + v, 0), values) == totals


@given(numbers)
def test_skip_repeats_leaves_no_two_equal_neighbours(values):
    expected = [v for n, v in enumerate(values) if n == 0 or values[n - 1] != v]
    assert through(lambda s: s.skip_repeats(), values) == expected


@given(numbers)
def test_start_with_puts_a_value_before_the_others(values):
    assert through(lambda s: s.start_with(9), values) == [9, *values]


@given(numbers, numbers)
def test_zip_pairs_first_with_first(left, right):
    a, b = Stream[Any](), Stream[Any]()
    seen = recorded(a.zip(pair, b))
    for value in left:
        a.set(value)
    for value in right:
        b.set(value)
    assert seen == list(zip(left, right, strict=False))


# Details


def test_an_operator_that_fails_on_one_value_goes_on_with_the_next(caplog):
    assert through(lambda s: s.map(lambda v: 6 // v), [1, 0, 2]) == [6, 3]


def test_map_on_a_held_stream_replays():
    assert recorded(Stream(2).map(str)) == ["2"]


def test_filter_holds_the_last_value_that_passed():
    source = Stream(2)
    even = source.filter(lambda value: value % 2 == 0)
    source.set(3)
    assert (even.value, recorded(even)) == (2, [2])


def test_merge_passes_on_all_in_order_of_time():
    a, b, c = Stream[Any](), Stream[Any](), Stream[Any]()
    seen = recorded(a.merge(b, c))
    b.set(1)
    a.set(2)
    c.set(3)
    assert seen == [1, 2, 3]


def test_merge_is_held_where_one_source_is():
    assert Stream[Any]().merge(Stream(1)).held


def test_combine_takes_its_arguments_in_reading_order():
    a, b, c = Stream("a"), Stream("b"), Stream("c")
    assert recorded(a.combine(lambda *values: values, b, c)) == [("a", "b", "c")]


def test_combine_waits_until_all_have_a_value():
    a, b = Stream[Any](), Stream[Any]()
    seen = recorded(a.combine(pair, b))
    a.set(1)
    assert seen == []
    b.set(2)
    a.set(3)
    assert seen == [(1, 2), (3, 2)]


def test_combine_can_be_read_without_a_subscriber():
    a, b = Stream(1), Stream(2)
    both = a.combine(pair, b)
    b.set(3)
    assert both.value == (1, 3)


def test_combine_ends_with_the_newest_of_both_whichever_thread_was_slower():
    a, b = Stream(0), Stream(0)
    second = threading.Event()
    began = threading.Event()

    def slow(x, y):
        if (x, y) == (1, 0):  # made of an old b, and slow: it must not come out last
            began.set()
            second.wait(10)
        return (x, y)

    both = a.combine(slow, b)
    recorded(both)

    def set_b():
        began.wait(10)
        b.set(1)
        second.set()

    at_once(lambda: a.set(1), set_b)
    assert both.value == (1, 1)


def test_combine_under_two_writers_ends_with_the_last_values():
    a, b = Stream(0), Stream(0)
    seen = recorded(a.combine(pair, b))
    at_once(each(a.set, range(2_000)), each(b.set, range(2_000)))
    assert seen[-1] == (1_999, 1_999)
    assert seen == sorted(seen, key=sum)


def test_zip_under_two_writers_pairs_in_order():
    a, b = Stream[Any](), Stream[Any]()
    seen = recorded(a.zip(pair, b))
    at_once(each(a.set, range(2_000)), each(b.set, range(2_000)))
    assert seen == [(i, i) for i in range(2_000)]


@pytest.mark.parametrize("join", ["merge", "combine", "zip"])
@pytest.mark.parametrize("held", [(True, False), (False, True), (True, True), (False, False)])
def test_a_join_is_held_where_any_source_is(join, held):
    a, b = (Stream[Any](hold=hold) for hold in held)
    joined = a.merge(b) if join == "merge" else getattr(a, join)(pair, b)
    assert joined.held is any(held)


@pytest.mark.parametrize("join", ["combine", "zip"])
def test_a_join_of_an_event_and_a_held_stream_replays_its_last_result(join):
    a, b = Stream[Any](), Stream(2)
    joined = getattr(a, join)(pair, b)
    first = recorded(joined)
    assert first == []
    a.set(1)
    assert first == recorded(joined) == [(1, 2)]


class Unreachable(Stream[Any]):
    """A stream to which nobody can subscribe, as a service's where the store does not answer."""

    def _joined(self):
        raise OSError("no answer")


@pytest.mark.parametrize(
    "join",
    [
        lambda a, b: a.merge(b),
        lambda a, b: a.combine(pair, b),
        lambda a, b: a.zip(pair, b),
        lambda a, b: a.until(b),
    ],
    ids=["merge", "combine", "zip", "until"],
)
def test_a_join_that_fails_at_its_second_source_lets_go_of_the_first(join):
    a, b = Stream(1), Unreachable(2)
    for _ in range(3):
        with pytest.raises(OSError, match="no answer"):
            join(a, b).subscribe(print)
    assert a._subscriptions == b._subscriptions == ()


def test_until_ends_where_its_first_value_brings_the_signal():
    source, signal = Stream[Any](hold=True), Stream[Any]()
    seen = recorded(source.tap(signal.set).until(signal))
    source.set(1)
    source.set(2)
    assert (seen, source._subscriptions) == ([], ())


def test_sample_gives_the_newest_of_the_other():
    ticks, values = Stream[Any](), Stream[Any]()
    seen = recorded(ticks.sample(values))
    ticks.set(None)
    values.set(1)
    values.set(2)
    ticks.set(None)
    ticks.set(None)
    assert seen == [2, 2]


def test_sample_reads_a_lazy_stream():
    ticks, values = Stream[Any](), Stream(4)
    seen = recorded(ticks.sample(values.map(str)))
    ticks.set(None)
    assert seen == ["4"]


def test_snapshot_takes_its_arguments_in_reading_order():
    ticks, values = Stream[Any](), Stream("b")
    seen = recorded(ticks.snapshot(pair, values))
    ticks.set("a")
    assert seen == [("a", "b")]


def test_scan_is_always_held():
    total = Stream[Any]().scan(lambda total, _: total + 1, 0)
    assert (total.held, total.value) == (True, 0)


def test_skip_repeats_compares_arrays_by_their_elements():
    one, same, other = np.array([1, 2]), np.array([1, 2]), np.array([1, 3])
    assert len(through(lambda s: s.skip_repeats(), [one, same, other])) == 2


def test_skip_repeats_takes_arrays_of_different_shapes_as_different():
    arrays = [np.zeros(2), np.zeros(3), np.zeros((2, 2)), "text", np.zeros(0)]
    assert len(through(lambda s: s.skip_repeats(), arrays)) == len(arrays)


def test_skip_repeats_takes_empty_and_other_arrays_as_different():
    assert len(through(lambda s: s.skip_repeats(), [np.zeros(1), np.zeros(0)])) == 2


@pytest.mark.parametrize("count", [0, 1, 3])
def test_take_lets_go_of_its_source_with_the_last_value(count):
    source = Stream[Any]()
    first = source.take(count)
    seen = recorded(first)
    for value in range(count):
        assert len(source._subscriptions) == 1
        source.set(value)
    assert (source._subscriptions, seen) == ((), list(range(count)))


def test_take_of_a_held_stream_that_has_given_enough_lets_go_at_once():
    source = Stream(1)
    first = source.take(1)
    source.set(2)
    assert (source._subscriptions, first.value) == ((), 1)


def test_take_holds_its_last_value_after_its_end():
    source = Stream(1)
    first = source.take(2)
    for value in (2, 3):
        source.set(value)
    assert recorded(first) == [2]


def test_take_passes_on_no_more_than_it_should_where_a_subscriber_sets_its_source():
    source = Stream[Any]()
    first = source.take(2)
    seen = recorded(first)
    first.subscribe(lambda value: source.set(value + 1))
    source.set(0)
    assert (seen, source._subscriptions) == ([0, 1], ())


def test_until_lets_go_of_its_source_with_the_signal():
    source, signal = Stream[Any](), Stream[Any](0)
    recorded(ended := source.until(signal))
    signal.set(1)
    assert source._subscriptions == ()
    del ended
    assert eventually(lambda: (gc.collect(), signal._subscriptions == ())[1])


def test_until_holds_its_last_value_after_its_end():
    source, signal = Stream(1), Stream[Any]()
    ended = source.until(signal)
    signal.set(None)
    source.set(2)
    assert recorded(ended) == [1]


def test_until_ends_with_the_signal():
    source, signal = Stream[Any](), Stream[Any]()
    seen = recorded(source.until(signal))
    source.set(1)
    signal.set(None)
    source.set(2)
    assert seen == [1]


@pytest.mark.parametrize(
    "signal", [Stream(0), Stream(0).map(str), Stream(0).filter(lambda _: True)]
)
def test_until_does_not_count_what_a_signal_holds_already(signal):
    source = Stream[Any]()
    seen = recorded(source.until(signal))
    source.set(1)
    assert seen == [1]


@pytest.mark.parametrize("hold", [True, False])
def test_until_counts_the_first_value_of_a_signal_without_one(hold):
    source, signal = Stream[Any](), Stream[Any](hold=hold)
    seen = recorded(source.until(signal))
    signal.set(0)
    source.set(1)
    assert seen == []


def test_until_counts_the_next_value_of_a_held_signal():
    source, signal = Stream[Any](), Stream(0)
    seen = recorded(source.until(signal))
    signal.set(1)
    source.set(1)
    assert seen == []


def test_start_with_is_held():
    assert recorded(Stream[Any]().start_with(3)) == [3]
    assert Stream[Any]().start_with(3).value == 3


# Time


def test_throttle_passes_a_value_and_then_nothing_for_a_while(clock):
    source = Stream[Any]()
    seen = recorded(source.throttle(1))
    for value in range(25):
        source.set(value)
        clock.advance(0.1)
    assert seen == [0, 10, 20]


def test_throttle_on_a_held_stream_counts_the_value_held(clock):
    source = Stream(0)
    seen = recorded(source.throttle(1))
    source.set(1)
    assert seen == [0]


def test_debounce_passes_the_last_value_after_silence(clock):
    source = Stream[Any]()
    seen = recorded(source.debounce(1))
    for value in range(3):
        source.set(value)
        clock.advance(0.9)
    assert seen == []
    clock.advance(0.2)
    assert seen == [2]


def test_debounce_passes_each_burst_once(clock):
    source = Stream[Any]()
    seen = recorded(source.debounce(1))
    for value in (1, 2):
        source.set(value)
        clock.advance(5)
    assert seen == [1, 2]


def test_delay_passes_every_value_later_in_order(clock):
    source = Stream[Any]()
    seen = recorded(source.delay(1))
    source.set(1)
    source.set(2)
    clock.advance(0.9)
    assert seen == []
    clock.advance(0.2)
    assert seen == [1, 2]


def test_a_forgotten_delay_emits_to_nobody(clock):
    source = Stream[Any]()
    seen: list[int] = []
    source.delay(1).subscribe(seen.append)()
    source.set(1)
    clock.advance(2)
    assert seen == []


# reactivex


def test_pipe_takes_operators_of_reactivex():
    from reactivex import operators

    source = Stream[Any]()
    seen = recorded(source.pipe(operators.pairwise(), operators.map(sum)))
    for value in (1, 2, 3):
        source.set(value)
    assert seen == [3, 5]


def test_pipe_on_a_held_stream_is_held():
    from reactivex import operators

    assert recorded(Stream(2).pipe(operators.map(str))) == ["2"]


def test_an_error_in_a_pipe_is_reported(caplog):
    from reactivex import operators

    source = Stream[Any]()
    recorded(source.pipe(operators.map(lambda value: 1 // value)))
    source.set(0)
    assert "ZeroDivisionError" in caplog.text


def test_pipe_without_reactivex_says_what_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "reactivex", None)
    with pytest.raises(ImportError, match="reactivex"):
        Stream[Any]().pipe()


@pytest.mark.parametrize("operator", ["map", "tap", "filter", "combine", "zip"])
def test_what_is_no_function_is_refused_at_once(operator):
    with pytest.raises(TypeError, match=f"^{operator}: expected a function first, got 3"):
        getattr(Stream(0), operator)(3)
