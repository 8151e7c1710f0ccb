import gc
import weakref
from typing import Any

import pytest

from marcelle_nb.stream import Stream
from tests.at_once import at_once
from tests.eventually import eventually

LAZY = {
    "map": lambda s: s.map(lambda v: v),
    "tap": lambda s: s.tap(lambda v: v),
    "combine": lambda s: s.combine(lambda a, b: a, Stream(1)),
    "skip_repeats": lambda s: s.skip_repeats(),
    "start_with": lambda s: s.start_with(0),
    "latest": lambda s: s.latest(),
    "chain": lambda s: s.map(lambda v: v).skip_repeats().tap(lambda v: v),
}
LIVE = {
    "filter": lambda s: s.filter(lambda _: True),
    "merge": lambda s: s.merge(Stream[Any]()),
    "zip": lambda s: s.zip(lambda a, b: a, Stream[Any]()),
    "snapshot": lambda s: s.snapshot(lambda a, b: a, Stream(1)),
    "scan": lambda s: s.scan(lambda a, b: a, 0),
    "throttle": lambda s: s.throttle(0),
    "debounce": lambda s: s.debounce(0),
    "delay": lambda s: s.delay(0),
    "take": lambda s: s.take(1),
    "skip": lambda s: s.skip(1),
    "until": lambda s: s.until(Stream[Any]()),
    "chain": lambda s: s.map(lambda v: v).filter(bool).map(str),
}
ALL = {
    f"{kind}-{name}": f
    for kind, all_of in (("lazy", LAZY), ("live", LIVE))
    for name, f in all_of.items()
}


@pytest.mark.parametrize("derive", LAZY.values(), ids=LAZY)
def test_a_lazy_stream_listens_only_while_someone_listens_to_it(derive):
    source = Stream(1)
    derived = derive(source)
    listeners = [len(source._subscriptions)]
    stop = derived.subscribe(print)
    listeners.append(len(source._subscriptions))
    stop()
    assert [*listeners, len(source._subscriptions)] == [0, 1, 0]


def test_a_lazy_stream_does_no_work_unsubscribed():
    calls: list[int] = []
    source = Stream(1)
    source.map(calls.append)
    source.set(2)
    assert calls == []


def test_a_lazy_stream_works_once_for_many_subscribers():
    calls: list[int] = []
    source = Stream[int]()
    derived = source.map(calls.append)
    derived.subscribe(print)
    derived.subscribe(print)
    source.set(1)
    assert calls == [1]


def test_the_value_of_a_lazy_stream_is_computed_when_it_is_read():
    source = Stream(2)
    derived = source.map(lambda value: value * 10)
    source.set(3)
    assert derived.value == 30


def test_the_value_of_a_lazy_stream_without_a_source_value_is_none():
    assert Stream[Any]().map(lambda value: 1 // 0).value is None


@pytest.mark.parametrize("derive", LIVE.values(), ids=LIVE)
def test_a_live_stream_listens_from_its_creation(derive):
    source = Stream[int]()
    derived = derive(source)
    assert len(source._subscriptions) == 1, derived


@pytest.mark.parametrize("derive", ALL.values(), ids=ALL)
def test_a_forgotten_stream_is_collected_and_leaves_its_source(derive):
    source = Stream[int]()
    derived = derive(source)
    gone = weakref.ref(derived)
    del derived
    gc.collect()
    assert (gone(), source._subscriptions) == (None, ())


@pytest.mark.parametrize("derive", ALL.values(), ids=ALL)
def test_a_stream_whose_last_subscriber_left_is_collected_when_forgotten(derive):
    source = Stream[int]()
    derived = derive(source)
    gone = weakref.ref(derived)
    derived.subscribe(print)()
    del derived
    gc.collect()
    assert (gone(), source._subscriptions) == (None, ())


@pytest.mark.parametrize("derive", [*LAZY.values(), *LIVE.values()], ids=[*LAZY, *LIVE])
def test_a_stream_without_a_name_lives_while_it_is_subscribed_to(derive):
    source = Stream[int]()
    derive(source).subscribe(print)
    gc.collect()
    assert len(source._subscriptions) == 1


@pytest.mark.parametrize("derive", LIVE.values(), ids=LIVE)
def test_a_pipeline_that_is_replaced_by_key_is_collected(derive):
    source = Stream[int]()
    first = derive(source)
    gone = weakref.ref(first)
    first.subscribe(print, key="cell")
    del first
    second = derive(source)
    second.subscribe(print, key="cell")
    gc.collect()
    assert gone() is None


def test_a_subscription_replaced_before_it_connects_is_not_kept_alive():
    source = Stream[int]()
    at_once(*[lambda: [source.filter(bool).subscribe(print, key=1) for _ in range(200)]] * 2)
    source.subscribe(print, key=1)()

    def is_left():
        gc.collect()  # does nothing where another thread is collecting
        return source._subscriptions == ()

    assert eventually(is_left)


@pytest.mark.parametrize("others", [0, 30])
@pytest.mark.parametrize("goes", [False, True], ids=["comes", "goes"])
def test_a_stream_that_is_collected_while_another_subscriber_comes_or_goes_leaves(goes, others):
    left = []
    before = gc.get_threshold()
    gc.freeze()  # a collection looks at what this test makes alone: it is quick
    for allocations in range(1, 40):  # wherever the collection happens on the way
        source = Stream[int]()
        for _ in range(others):
            source.subscribe(print)
        act = source.subscribe(print) if goes else lambda: source.subscribe(print)  # noqa: B023
        gc.collect()
        gc.disable()
        forgotten: Any = source.filter(bool)
        forgotten.own = forgotten  # a cycle
        del forgotten
        gc.set_threshold(gc.get_count()[0] + allocations)
        gc.enable()
        try:
            act()
        finally:
            gc.set_threshold(*before)
        gc.collect()
        left.append(len(source._subscriptions))
    gc.unfreeze()
    assert set(left) == {others if goes else others + 1}


def test_a_subscriber_that_leaves_at_its_first_value_disconnects_a_lazy_stream():
    source = Stream[int]()
    derived = source.map(lambda value: value)
    stops: list[Any] = []
    stops.append(derived.subscribe(lambda _: stops[0]()))
    source.set(1)
    assert source._subscriptions == ()


def test_a_lazy_stream_that_is_heard_again_starts_from_the_newest_value():
    source = Stream(1)
    derived = source.map(lambda value: value)
    derived.subscribe(print)()
    source.set(2)
    seen: list[int] = []
    derived.subscribe(seen.append)
    assert seen == [2]


def test_what_a_connection_delivers_after_its_end_is_not_replayed_to_the_next_subscriber():
    source = Stream(1)
    stops: list[Any] = []

    def slow(value):
        while stops:  # the last subscriber leaves while the function works
            stops.pop()()
        return value

    derived = source.map(slow)
    stops.append(derived.subscribe(print))
    source.set(2)
    seen: list[int] = []
    derived.subscribe(seen.append)
    assert seen == [2]


def test_a_derived_stream_that_was_left_reads_the_newest_value_not_an_old_one():
    source = Stream(1)
    stops: list[Any] = []

    def slow(value):
        while stops:
            stops.pop()()
        return value

    derived = source.map(slow)
    stops.append(derived.subscribe(print))
    source.set(2)
    source.set(3)
    assert derived.value == 3


@pytest.mark.parametrize("held", [True, False])
def test_an_operator_keeps_whether_its_source_is_held(held):
    source = Stream(1) if held else Stream[int]()
    for derive in (LAZY["map"], LAZY["chain"], LIVE["filter"], LIVE["throttle"], LIVE["take"]):
        assert derive(source).held is held


@pytest.mark.parametrize(
    "derive",
    [
        lambda s: s.map(str),
        lambda s: s.filter(bool),
        lambda s: s.take(1),
        lambda s: s.until(Stream[int]()),
        lambda s: s.zip(max, s),
        lambda s: s.map(str).skip(1).filter(bool),
    ],
    ids=["map", "filter", "take", "until", "zip", "chain"],
)
def test_a_forgotten_source_is_collected_with_what_is_heard_of_it(derive):
    stream = Stream(1)
    derive(stream).subscribe(lambda _: None)
    stream.set(2)
    gone = weakref.ref(stream)
    del stream
    gc.collect()
    assert gone() is None
