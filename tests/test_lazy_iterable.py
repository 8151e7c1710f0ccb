import asyncio
import threading
from itertools import islice
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marcelle_nb.data.lazy_iterable import LazyIterable

NUMBERS = st.lists(st.integers(), max_size=20)
COUNTS = st.integers(0, 25)
NUMBER: Any = 5


async def read(iterable):
    return [value async for value in iterable]


@given(NUMBERS, COUNTS, COUNTS)
def test_the_operators_agree_with_those_of_lists(numbers, skipped, taken):
    lazy = LazyIterable(numbers).skip(skipped).take(taken).map(lambda n: n + 1)
    expected = [n + 1 for n in numbers[skipped : skipped + taken]]
    assert lazy.to_array() == expected
    assert lazy.filter(lambda n: n % 2).to_array() == [n for n in expected if n % 2]
    assert lazy.zip(numbers).to_array() == list(zip(expected, numbers, strict=False))


@given(NUMBERS)
def test_it_can_be_read_again_and_asynchronously(numbers):
    lazy = LazyIterable(numbers).map(str)
    assert list(lazy) == list(lazy) == asyncio.run(read(lazy)) == [str(n) for n in numbers]


def test_nothing_is_made_before_it_is_asked_for():
    asked = []

    def endless():
        number = 0
        while True:
            asked.append(number)
            yield number
            number += 1

    lazy = LazyIterable(endless).filter(lambda n: n % 2)
    assert asked == []
    assert list(islice(lazy, 2)) == [1, 3]
    assert asked == [0, 1, 2, 3]


def test_taking_none_gives_none():
    assert LazyIterable([1, 2]).take(0).to_array() == []


def test_values_for_async_for_are_made_off_the_loops_thread():
    made_on = LazyIterable([1]).map(lambda _: threading.current_thread())
    assert asyncio.run(read(made_on)) != [threading.main_thread()]


def test_what_a_function_raises_reaches_the_reader():
    broken = LazyIterable([0]).map(lambda n: 1 / n)
    with pytest.raises(ZeroDivisionError):
        broken.to_array()
    with pytest.raises(ZeroDivisionError):
        asyncio.run(read(broken))


@pytest.mark.parametrize("count", [-1, True, 1.0, "1", None])
def test_a_count_is_a_whole_number(count):
    with pytest.raises(ValueError, match="count: expected a whole number >= 0"):
        LazyIterable([]).take(count)
    with pytest.raises(ValueError, match="count: expected a whole number >= 0"):
        LazyIterable([]).skip(count)


@pytest.mark.parametrize(
    "make",
    [
        lambda: LazyIterable(iter([1])),
        lambda: LazyIterable(NUMBER),
        lambda: LazyIterable([]).zip(iter([1])),
        lambda: LazyIterable([]).zip(NUMBER),
        lambda: LazyIterable([]).map(NUMBER),
        lambda: LazyIterable([]).filter(NUMBER),
    ],
)
def test_what_could_be_read_only_once_or_not_at_all_is_refused(make):
    with pytest.raises(TypeError, match="expected"):
        make()
