import threading
from typing import Any

import numpy as np
import pytest

from marcelle_nb import image
from marcelle_nb.components import picture_feed
from marcelle_nb.components.picture_feed import PictureFeed
from marcelle_nb.errors import MessageRejected
from marcelle_nb.message import Message
from marcelle_nb.receipt import Receipt
from tests.eventually import DEADLINE_S, eventually
from tests.fake_clock import FakeClock

DARK, LIGHT = (np.full((20, 30, 3), value, np.uint8) for value in (10, 240))


class Page:
    """Keeps what is sent, and answers when it is told to."""

    def __init__(self) -> None:
        self.sent: list[tuple[dict[str, Any], list[bytes]]] = []
        self.feed = PictureFeed(lambda content, buffers: self.sent.append((dict(content), buffers)))

    def got(self, count):
        eventually(lambda: len(self.sent) >= count)
        self.idle()
        assert len(self.sent) == count
        return self.sent[-1]

    def answer(self, number):
        self.feed.handlers()["drawn"](Message({"kind": "drawn", "number": number}))

    def idle(self):
        """Wait until the worker has done all that it was given: what comes last has a receipt."""
        done = threading.Event()
        with Receipt(done.set):
            self.feed._worker.put(None)
        assert done.wait(DEADLINE_S)


@pytest.fixture
def clock(monkeypatch):
    clock = FakeClock()
    monkeypatch.setattr(picture_feed, "time", clock)
    return clock


@pytest.fixture
def page(clock):
    return Page()


def test_a_picture_goes_out_as_a_jpeg_with_its_size_and_what_belongs_to_it(page):
    page.feed.put(DARK, {"marks": []})
    content, (jpeg,) = page.got(1)
    assert content == {"kind": "picture", "number": 1, "width": 30, "height": 20, "marks": []}
    assert abs(image.decode(jpeg).astype(int) - 10).max() < 4


def test_while_a_page_draws_only_the_newest_waits(page):
    page.feed.put(DARK)
    page.got(1)
    for number in range(20):
        page.feed.put(DARK if number < 19 else LIGHT)
    page.idle()
    assert len(page.sent) == 1
    page.answer(1)
    content, (jpeg,) = page.got(2)
    assert content["number"] == 2
    assert image.decode(jpeg).mean() > 200


def test_a_page_that_does_not_answer_gets_the_next_all_the_same(page, clock):
    page.feed.put(DARK)
    page.got(1)
    page.feed.put(LIGHT)
    page.idle()
    assert len(page.sent) == 1
    clock.advance(picture_feed.ANSWER_S + 0.1)
    page.feed.retry()
    page.got(2)


def test_nothing_new_is_sent_once(page):
    page.feed.put(DARK)
    page.got(1)
    page.answer(1)
    page.feed.retry()
    page.got(1)


def test_a_page_that_comes_gets_what_is_there(page):
    page.feed.put(DARK)
    page.got(1)
    page.feed.handlers()["look"](Message({"kind": "look"}))
    assert page.got(2)[0]["number"] == 2


def test_a_page_that_comes_first_learns_that_there_is_none(page):
    page.feed.handlers()["look"](Message({"kind": "look"}))
    assert page.got(1) == ({"kind": "picture", "number": 1, "width": 0, "height": 0}, [])


def test_an_answer_to_a_picture_that_was_never_sent_is_none(page):
    page.feed.put(DARK)
    page.got(1)
    page.answer(99)
    page.feed.put(LIGHT)
    page.got(2)
    page.feed.put(DARK)
    page.idle()
    assert len(page.sent) == 2


@pytest.mark.parametrize("bad", [None, -1, "1", True, 1.5])
def test_an_answer_with_another_number_is_refused(page, bad):
    with pytest.raises((MessageRejected, TypeError, ValueError)):
        page.answer(bad)


def test_a_large_picture_is_sent_smaller_with_its_own_size(page):
    page.feed.put(np.zeros((3000, 1500, 3), np.uint8))
    content, (jpeg,) = page.got(1)
    assert (content["width"], content["height"]) == (1500, 3000)
    assert image.decode(jpeg).shape == (1024, 512, 3)
