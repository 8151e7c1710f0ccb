import pytest
from hypothesis import given
from hypothesis import strategies as st

from marcelle_nb.message_log import PIECE, MessageLog
from tests.at_once import at_once, each


def filled(count):
    log = MessageLog()
    for number in range(1, count + 1):
        log.append({"n": number})
    return log


def numbers(log, since=0):
    return [number for number, _ in log.since(since)[0]]


def test_an_empty_log_has_nothing_and_no_number():
    assert (MessageLog().newest, MessageLog().since(0)) == (0, ([], 0))


def test_numbers_begin_at_one_and_go_up():
    assert numbers(filled(3)) == [1, 2, 3]


def test_append_gives_the_number_and_emits_it():
    log, seen = MessageLog(), list[int]()
    log.appended.subscribe(seen.append)
    assert [log.append({}), log.append({})] == seen == [1, 2]


@given(st.integers(0, 30), st.integers(-40, 60))
def test_a_page_gets_what_came_after_the_last_it_knows(count, since):
    log = filled(count)
    expected = range(since + 1, count + 1) if 0 <= since <= count else range(1, count + 1)
    assert numbers(log, since) == list(expected)


def test_each_entry_keeps_its_number():
    entries, newest = filled(5).since(3)
    assert (entries, newest) == ([(4, {"n": 4}), (5, {"n": 5})], 5)


def test_a_restart_forgets_what_was_before_and_goes_on_counting():
    log = filled(5)
    log.append({"n": 6}, restart=True)
    log.append({"n": 7})
    assert numbers(log, 2) == [6, 7]


@pytest.mark.parametrize("since", [-5, 0, 10**30])
def test_a_page_of_another_kernel_gets_all_there_is(since):
    log = filled(5)
    log.append({}, restart=True)
    assert numbers(log, since) == [6]


def test_a_long_log_comes_in_pieces_that_join():
    log, known, pieces = filled(2 * PIECE + 5), list[int](), 0
    while (known or [0])[-1] < log.newest:
        known += numbers(log, (known or [0])[-1])
        pieces += 1
    assert (known, pieces) == (list(range(1, 2 * PIECE + 6)), 3)


def test_two_writers_use_every_number_once():
    log, given_numbers = MessageLog(), list[int]()
    at_once(*[each(lambda _: given_numbers.append(log.append({})), range(1_000))] * 2)
    assert sorted(given_numbers) == list(range(1, 2_001))


def test_a_reader_sees_no_gap_while_others_write():
    log = MessageLog()

    def read():
        for _ in range(200):
            entries, newest = log.since(0)
            assert [number for number, _ in entries] == list(range(1, min(newest, PIECE) + 1))

    at_once(lambda: [log.append({}) for _ in range(1_500)], read, read)
