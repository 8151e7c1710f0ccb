import re
import threading
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marcelle_nb import file_receiver as module
from marcelle_nb.file_receiver import MAX_CHUNK, FileReceiver
from marcelle_nb.message import Message
from tests.eventually import eventually
from tests.fake_clock import FakeClock

if TYPE_CHECKING:
    from marcelle_nb.received_file import ReceivedFile


class Page:
    """A receiver, what it answered, and what it handed on."""

    def __init__(self, max_bytes=1_000):
        self.answers: list[Any] = []
        self.batches: list[list[ReceivedFile]] = []
        self.receiver = FileReceiver(self.answers.append, self.batches.append, max_bytes)

    def tell(self, *buffers, **content):
        self.receiver.handlers()[content["kind"]](Message(content, buffers))
        return self.answers[-1] if self.answers else None

    def chunk(self, data, file=1, index=0, count=1, size=None, name="a.bin"):
        size = len(data) if size is None else size
        content = {"file": file, "index": index, "count": count, "size": size, "name": name}
        return self.tell(data, kind="chunk", **content)

    def deliver(self, *files, file=99):
        return self.tell(kind="deliver", file=file, files=list(files))


@pytest.fixture
def page():
    return Page()


@pytest.fixture
def clock(monkeypatch):
    clock = FakeClock()
    monkeypatch.setattr(module, "time", clock)
    return clock


def test_files_are_put_together_and_handed_on_in_the_order_asked_for(page):
    page.chunk(b"abc", index=0, count=2, size=5)
    page.chunk(b"de", index=1, count=2, size=5)
    page.chunk(b"xyz", file=2, name="folder/b.bin")
    assert page.deliver(2, 1) == {"kind": "delivered", "file": 99}
    (batch,) = eventually(lambda: page.batches)
    assert [*batch] == [("folder/b.bin", b"xyz"), ("a.bin", b"abcde")]


def test_each_piece_is_answered(page):
    page.chunk(b"abc", index=0, count=2, size=5)
    page.chunk(b"de", index=1, count=2, size=5)
    assert page.answers == [{"kind": "received", "file": 1, "index": i} for i in (0, 1)]


def test_a_piece_that_comes_twice_counts_once(page):
    for _ in range(2):
        answer = page.chunk(b"abc", index=0, count=2, size=5)
        assert answer == {"kind": "received", "file": 1, "index": 0}
    for _ in range(2):
        page.chunk(b"de", index=1, count=2, size=5)
    page.deliver(1)
    assert eventually(lambda: page.batches) == [[("a.bin", b"abcde")]]


def test_asked_again_for_what_was_handed_on_it_answers_and_hands_on_nothing(page):
    page.chunk(b"abc")
    for _ in range(3):
        assert page.deliver(1)["kind"] == "delivered"
    eventually(lambda: page.batches)
    done = threading.Event()
    page.receiver._deliveries.put(done.set)
    assert done.wait(20)
    assert len(page.batches) == 1


def test_an_empty_file_is_a_file(page):
    page.chunk(b"")
    page.deliver(1)
    assert eventually(lambda: page.batches) == [[("a.bin", b"")]]


def test_what_is_done_with_files_does_not_hold_up_the_next():
    go = threading.Event()
    page = Page()
    page.receiver._take = lambda files: go.wait(20)
    page.chunk(b"abc")
    page.deliver(1)
    assert page.chunk(b"abc", file=2) == {"kind": "received", "file": 2, "index": 0}
    go.set()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"index": 1}, "expected number 0, got 1"),
        ({"index": -1}, "index: expected a whole number >= 0"),
        ({"count": 0}, "count: expected a whole number from 1"),
        ({"count": 2}, "expected 3 bytes in all|expected number"),
        ({"size": 2}, "expected 2 bytes in all, got more"),
        ({"size": 4}, "expected 4 bytes in all, got 3"),
        ({"size": 10**12}, "expected at most 0 MB together"),
        ({"size": -1}, "size: expected"),
        ({"name": None}, "name: expected a text"),
        ({"name": "n" * 1_001}, "name: expected at most"),
    ],
    ids=str,
)
def test_a_piece_that_cannot_be_is_refused(page, changes, reason):
    given = {"file": 1, "index": 0, "count": 1, "size": 3, "name": "a.bin", **changes}
    page.tell(b"abc", kind="chunk", **given)
    if given["count"] == 2:  # only the next piece shows that it cannot be
        page.tell(b"d", kind="chunk", **{**given, "index": 1})
    answer = page.answers[-1]
    assert answer["kind"] == "refused"
    assert re.search(reason, answer["reason"])
    assert page.receiver._files == {}


@pytest.mark.parametrize(
    "name",
    [
        "../a",
        "/etc/passwd",
        "a/../../b",
        "",
        "a//b",
        ".",
        "..",
        "C:\\a",
        "a\\b",
        "a:b",
        "a\x00b",
        "a\nb",
    ],
)
def test_a_name_that_leaves_its_folder_is_refused(page, name):
    assert "name: expected that of a file" in page.chunk(b"abc", name=name)["reason"]


def test_a_piece_that_is_too_large_is_refused():
    page = Page(10 * MAX_CHUNK)
    assert page.chunk(bytes(MAX_CHUNK + 1))["kind"] == "refused"


def test_an_abandoned_file_is_forgotten(page):
    page.chunk(b"abc", index=0, count=2, size=5)
    page.tell(kind="abandon", file=1)
    page.tell(kind="abandon", file=7)
    assert page.receiver._files == {}
    assert page.chunk(b"de", index=1, count=2, size=5)["kind"] == "refused"


def test_more_than_fits_is_refused_before_it_is_sent(page):
    page.chunk(bytes(600))
    assert "together" in page.chunk(b"a", file=2, count=400, size=500)["reason"]


def test_what_pages_left_behind_makes_room(page, clock):
    page.chunk(bytes(600))
    clock.advance(61)
    assert page.chunk(bytes(600), file=2)["kind"] == "received"
    assert [*page.receiver._files] == [2]


def test_a_file_is_not_handed_on_before_it_is_whole(page):
    page.chunk(b"abc", index=0, count=2, size=5)
    page.chunk(b"xyz", file=2, name="b")
    page.deliver(1, 2)
    assert eventually(lambda: page.batches) == [[("b", b"xyz")]]


field = st.one_of(st.none(), st.integers(-2, 4), st.text(max_size=2), st.just(10**20))


@given(
    st.lists(st.tuples(st.integers(0, 2), field, field, field, st.binary(max_size=5)), max_size=20)
)
def test_whatever_a_page_sends_memory_is_bounded_and_files_work_afterwards(messages):
    page = Page()
    for file, index, count, size, data in messages:
        content = {"file": file, "index": index, "count": count, "size": size, "name": "a"}
        page.tell(data, kind="chunk", **content)
    assert sum(file.data.tell() for file in page.receiver._files.values()) <= 100
    assert page.chunk(b"abc", file=77)["kind"] == "received"
    page.deliver(77)
    assert eventually(lambda: page.batches)[-1] == [("a.bin", b"abc")]


def test_file_that_is_named_twice_is_handed_on_once(page):
    page.chunk(b"abc", file=3)
    page.chunk(b"de", file=5)
    assert page.deliver(3, 3, 5, 3) == {"kind": "delivered", "file": 99}
    assert eventually(lambda: page.batches) == [[("a.bin", b"abc"), ("a.bin", b"de")]]
