import threading
from typing import Any

import numpy as np
import pytest

from marcelle_nb.components.frame_pairs import MAX_BYTES, MAX_FRAMES, FramePairs
from marcelle_nb.receipt import Receipt
from marcelle_nb.stream import Stream
from tests.eventually import DEADLINE_S, eventually


def frame(number):
    return np.full((2, 2, 3), number, np.uint8)


def wire(images, results, taken):
    """Pair both as a component does; `taken` gets the first pixel of each result's frame."""
    pairs = FramePairs(images, results)
    pairs.turn(True)

    def take(result):
        found = pairs.frame_of(result, images.value)
        taken.append((result, None if found is None else int(found[0, 0, 0])))

    def arrive(image):
        early = pairs.take_frame(image)
        if early is not None:
            taken.append((early, int(image[0, 0, 0])))

    images.subscribe(arrive)
    results.subscribe(take)
    return pairs


def number_of(image):
    return int(image[0, 0, 0])


def test_a_result_that_comes_at_once_belongs_to_the_frame_that_is_delivered():
    images, taken = Stream[Any](), list[Any]()
    wire(images, images.map(number_of), taken)
    for number in range(3):
        images.set(frame(number))
    assert taken == [(0, 0), (1, 1), (2, 2)]


def test_a_result_whose_pipeline_was_there_before_belongs_to_its_frame_too():
    images, taken = Stream[Any](), list[Any]()
    results = images.map(number_of)
    results.subscribe(lambda _: None)
    wire(images, results, taken)
    for number in range(3):
        images.set(frame(number))
    assert taken == [(0, 0), (1, 1), (2, 2)]


def test_a_late_result_belongs_to_the_frame_that_it_was_made_from():
    images, taken = Stream[Any](), list[Any]()
    begun, go = threading.Event(), threading.Semaphore(0)

    def slow(image):
        begun.set()
        go.acquire(timeout=20)
        return number_of(image)

    wire(images, images.latest().map(slow), taken)
    images.set(frame(1))
    assert begun.wait(20)
    for number in range(2, 9):
        images.set(frame(number))
    go.release(2)
    eventually(lambda: len(taken) == 2)
    assert taken[0] == (1, 1)
    assert taken[1] == (8, 8)


def slowly(begun, go):
    """Give a detector that says when it begins and goes on when it may."""

    def work(image):
        begun.release()
        assert go.acquire(timeout=DEADLINE_S)
        return number_of(image)

    return work


@pytest.mark.parametrize("change", [None, lambda image: image + 100])
def test_a_late_result_belongs_to_its_frame_also_where_others_heard_its_pipeline_before(change):
    source, taken = Stream[Any](), list[Any]()
    begun, go = threading.Semaphore(0), threading.Semaphore(0)
    results = source.latest().map(slowly(begun, go))
    results.subscribe(lambda _: None)
    wire(source if change is None else source.map(change), results, taken)
    source.set(frame(1))
    for number in range(2, 40, 2):
        assert begun.acquire(timeout=DEADLINE_S)
        source.set(frame(number))
        source.set(frame(number + 1))  # the one before is never worked on
        go.release()
    go.release()
    eventually(lambda: len(taken) == 20)
    more = 0 if change is None else 100
    assert taken == [(number, number + more) for number in range(1, 40, 2)]


def test_a_frame_that_is_worked_on_is_kept_however_many_others_come():
    images, taken = Stream[Any](), list[Any]()
    begun, go = threading.Semaphore(0), threading.Semaphore(0)
    pairs = wire(images, images.latest().map(slowly(begun, go)), taken)
    images.set(frame(0))
    assert begun.acquire(timeout=DEADLINE_S)
    for number in range(1, 2 * MAX_FRAMES):
        images.set(frame(number))
    assert len(pairs._frames) == MAX_FRAMES
    go.release(2)
    eventually(lambda: len(taken) == 2)
    last = 2 * MAX_FRAMES - 1
    assert taken == [(0, 0), (last, last)]


def test_a_slow_detector_s_frame_is_kept_while_a_fast_one_goes_on():
    images, taken = Stream[Any](), list[Any]()
    begun, go = threading.Semaphore(0), threading.Semaphore(0)
    slow = images.latest().map(slowly(begun, go))
    wire(images, slow.merge(images.map(lambda image: -number_of(image))), taken)
    images.set(frame(1))
    assert begun.acquire(timeout=DEADLINE_S)
    images.set(frame(2))
    go.release(2)
    eventually(lambda: len(taken) == 4)
    assert sorted(taken) == [(-2, 2), (-1, 1), (1, 1), (2, 2)]


def test_off_no_stream_makes_receipts_any_more():
    images, seen = Stream[Any](), list[Any]()
    pairs = wire(images, images.latest().map(number_of), [])
    images.subscribe(lambda _: seen.append(Receipt.current.get()))
    images.set(frame(1))
    pairs.turn(False)
    pairs.turn(False)
    images.set(frame(2))
    assert [receipt is None for receipt in seen] == [False, True]


def test_a_source_with_receipts_pairs_frames_that_were_changed_on_the_way():
    source, taken = Stream[Any](), list[Any]()
    images = source.map(lambda image: image + 100)
    results = source.latest().map(number_of)
    results.subscribe(lambda _: None)
    wire(images, results, taken)
    for number in range(5):
        done = threading.Event()
        with Receipt(done.set):
            source.set(frame(number))
        assert done.wait(20)
    last = dict(taken)  # what came early is given again where the frame has come
    assert last == {number: number + 100 for number in range(5)}


def test_a_result_that_is_set_by_hand_belongs_to_the_newest_frame():
    images, results, taken = Stream[Any](), Stream[Any](), list[Any]()
    wire(images, results, taken)
    results.set("none yet")
    images.set(frame(1))
    images.set(frame(2))
    results.set("a")
    assert taken == [("none yet", None), ("a", 2)]


def test_the_receipt_of_a_frame_is_gone_after_its_delivery():
    images = Stream[Any]()
    wire(images, Stream[Any](), [])
    images.set(frame(1))
    assert Receipt.current.get() is None


def test_frames_without_results_are_forgotten():
    pairs = FramePairs(Stream(), Stream())
    large = np.broadcast_to(np.zeros((), np.uint8), (1, MAX_BYTES // 4, 3))
    for given, most in ((frame(1), MAX_FRAMES), (large, 1)):
        for _ in range(2 * MAX_FRAMES):
            with Receipt(lambda: None):
                pairs.take_frame(given)
        assert len(pairs._frames) == most


def test_off_no_picture_is_kept():
    images, results = Stream[Any](), Stream[Any]()
    pairs = wire(images, results, [])
    images.set(frame(1))
    with Receipt(lambda: None):
        results.set("early")
    pairs.turn(False)
    assert pairs.frame_of("any", None) is None
    assert (pairs._frames, pairs._early) == ({}, None)
