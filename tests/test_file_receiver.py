import hashlib
import os
import re
import threading
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marcelle_nb import file_receiver as module
from marcelle_nb.file_receiver import MAX_CHUNK, FileReceiver
from marcelle_nb.message import Message
from marcelle_nb.runtime.running_servers import announce_server
from marcelle_nb.runtime.upload_offer import PART, UploadOffer, find_offer
from tests.eventually import eventually
from tests.fake_clock import FakeClock
from tests.kernel_place import kernel_place

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


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Be a kernel whose server runs on this machine."""
    with kernel_place(tmp_path, monkeypatch) as folder:
        server = announce_server("/")
        try:
            yield folder
        finally:
            server.close()


def offered(page, data, file=1, **told):
    """Ask for a place; put data there as the server does."""
    answer = page.tell(kind="offer", file=file, name="a.bin", size=len(data), count=1, **told)
    offer_path(answer["nonce"]).write_bytes(data)
    return answer["nonce"]


def offer_path(nonce):
    """Give the path of the file that the server makes for an offer."""
    found = find_offer(nonce)
    assert found is not None
    root, folders, _ = found
    return root.joinpath(*folders, "data")


def uploaded(page, data, file=1):
    before = len(page.answers)
    sha256 = hashlib.sha256(data).hexdigest()
    page.tell(kind="uploaded", file=file, sha256=sha256, index=0)
    return eventually(lambda: page.answers[before:])[0]


def test_a_file_comes_through_the_server_where_both_share_a_folder(place):
    page = Page()
    nonce = offered(page, b"large")
    assert page.tell(kind="offer", file=1, name="a.bin", size=5, count=1)["nonce"] == nonce
    assert uploaded(page, b"large") == {"kind": "received", "file": 1, "index": 0}
    assert uploaded(page, b"large")["kind"] == "received"  # the page asks again
    page.deliver(1)
    ((file,),) = eventually(lambda: page.batches)
    assert (file.name, file.content) == ("a.bin", b"large")
    assert find_offer(nonce) is None


@pytest.mark.parametrize("there", [b"larg", b"largE", b"larger"])
def test_what_the_server_put_there_is_checked(place, there):
    page = Page()
    nonce = offered(page, b"large")
    offer_path(nonce).write_bytes(there)
    assert uploaded(page, b"large")["kind"] == "refused"
    assert find_offer(nonce) is None
    page.deliver(1)
    assert page.batches == []


def test_a_link_in_the_place_of_an_upload_is_refused(place, tmp_path):
    (tmp_path / "secret").write_bytes(b"large")
    page = Page()
    data = offer_path(offered(page, b"large"))
    data.unlink()
    data.symlink_to(tmp_path / "secret")
    assert uploaded(page, b"large")["kind"] == "refused"


def test_an_upload_that_is_given_up_leaves_nothing(place):
    page = Page()
    nonce = offered(page, b"large")
    page.tell(kind="abandon", file=1)
    assert find_offer(nonce) is None


def test_without_a_server_and_for_too_large_a_file_no_place_is_offered(
    place, tmp_path, monkeypatch
):
    page = Page(max_bytes=10)
    assert page.tell(kind="offer", file=1, name="a", size=11, count=1)["nonce"] == ""
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "other"))
    assert page.tell(kind="offer", file=2, name="a", size=5, count=1)["nonce"] == ""
    assert uploaded(page, b"x", file=2)["kind"] == "refused"
    assert page.chunk(b"whole", file=3)["kind"] == "received"
    assert page.tell(kind="offer", file=4, name="../up", size=5, count=1)["nonce"] == ""


def test_a_name_that_leaves_a_folder_is_refused_with_an_offer_too(place):
    page = Page()
    assert page.tell(kind="offer", file=1, name="../up", size=5, count=1)["kind"] == "refused"
    assert [*place.rglob("offer.json")] == []


@pytest.fixture
def reading(monkeypatch):
    """Let uploads be read only from `go.set()` on; what is read last has set `done`."""
    go, real = threading.Event(), UploadOffer.take

    def take(offer, sha256):
        assert go.wait(20)
        return real(offer, sha256)

    monkeypatch.setattr(UploadOffer, "take", take)
    yield go
    go.set()


def all_read(page):
    done = threading.Event()
    page.receiver._uploads.put(done.set)
    assert done.wait(20)


def send_uploaded(page, data, file=1):
    page.tell(kind="uploaded", file=file, sha256=hashlib.sha256(data).hexdigest(), index=0)


def test_an_upload_that_is_given_up_while_it_is_read_does_not_disturb_its_pieces(place, reading):
    page = Page()
    offered(page, b"large")
    send_uploaded(page, b"large")
    page.tell(kind="abandon", file=1)
    page.chunk(b"abc", index=0, count=2, size=5)
    before = len(page.answers)
    reading.set()
    all_read(page)
    assert page.answers[before:] == []
    page.chunk(b"de", index=1, count=2, size=5)
    page.deliver(1)
    assert eventually(lambda: page.batches) == [[("a.bin", b"abcde")]]


def test_an_upload_that_is_told_twice_and_refused_does_not_disturb_its_pieces(place, reading):
    page = Page()

    def answer(content):
        page.answers.append(content)
        if content["kind"] == "refused":  # the page goes on in pieces at once
            page.tell(kind="abandon", file=1)
            page.chunk(b"abc", index=0, count=2, size=5)

    page.receiver._send = answer
    offer_path(offered(page, b"large")).write_bytes(b"other")
    send_uploaded(page, b"large")
    send_uploaded(page, b"large")
    reading.set()
    all_read(page)
    assert [it["kind"] for it in page.answers] == ["offered", "refused", "received"]
    page.chunk(b"de", index=1, count=2, size=5)
    page.deliver(1)
    assert eventually(lambda: page.batches) == [[("a.bin", b"abcde")]]


def test_an_upload_is_handed_on_only_when_it_was_read(place, reading):
    page = Page()
    offered(page, b"large")
    send_uploaded(page, b"large")
    page.deliver(1)
    reading.set()
    all_read(page)
    page.deliver(1)
    assert eventually(lambda: page.batches) == [[("a.bin", b"large")]]


def test_a_closed_receiver_takes_its_offers_back_and_makes_no_more(place):
    page = Page()
    nonce = offered(page, b"large")
    page.chunk(b"abc", file=2, index=0, count=2, size=5)
    page.receiver.close()
    page.receiver.close()
    assert find_offer(nonce) is None
    assert page.receiver._files == {}
    assert page.tell(kind="offer", file=3, name="a", size=5, count=1)["nonce"] == ""


def test_a_receiver_that_closes_while_an_upload_is_read_leaves_nothing(place, reading):
    page = Page()
    nonce = offered(page, b"large")
    send_uploaded(page, b"large")
    page.receiver.close()
    reading.set()
    all_read(page)
    assert find_offer(nonce) is None
    assert page.receiver._files == {}


def test_an_upload_that_the_server_still_writes_makes_no_room(place, clock):
    page = Page()
    data = offer_path(offered(page, bytes(600)))
    part = data.rename(data.with_name(PART))
    clock.advance(61)
    assert "together" in page.chunk(bytes(600), file=2)["reason"]
    assert part.exists()
    os.utime(part, (0, 0))
    assert page.chunk(bytes(600), file=2)["kind"] == "received"
    assert not part.exists()
