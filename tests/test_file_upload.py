from typing import Any

import pytest

from marcelle_nb.components.file_upload import FileUpload
from tests.eventually import eventually
from tests.fake_page import FakePage


@pytest.fixture
def upload():
    upload = FileUpload()
    yield upload
    upload.close()


@pytest.fixture
def page(upload):
    return FakePage(upload)


def send(page, file, name, data):
    page.send(data, kind="chunk", file=file, name=name, index=0, count=1, size=len(data))


def test_files_that_were_dropped_together_are_one_event(upload, page):
    events: list[list[Any]] = []
    upload.files.subscribe(events.append)
    send(page, 1, "model.json", b"{}")
    send(page, 2, "weights.bin", b"1234")
    assert events == []
    page.send(kind="deliver", file=3, files=[1, 2])
    assert eventually(lambda: events) == [[("model.json", b"{}"), ("weights.bin", b"1234")]]
    assert page.answer("delivered") == {"kind": "delivered", "file": 3}


def test_files_are_events(upload):
    assert not upload.files.held


def test_what_a_subscriber_raises_shows(upload, page, caplog):
    def fail(_):
        raise ValueError("no model in it")

    upload.files.subscribe(fail)
    send(page, 1, "a", b"1")
    page.send(kind="deliver", file=2, files=[1])
    assert "no model in it" in eventually(lambda: upload.alert.value)


def test_the_page_knows_the_limit():
    upload = FileUpload(max_bytes=1_000)
    page = FakePage(upload)
    assert page.state["max_bytes"] == 1_000
    send(page, 1, "a", bytes(1_001))
    assert "together" in page.answer("refused")["reason"]
    upload.close()


@pytest.mark.parametrize("limit", [0, -1, 1.5, "1 MB"])
def test_a_bad_limit_is_refused(limit):
    with pytest.raises((TypeError, ValueError), match="max_bytes: expected a whole number >= 1"):
        FileUpload(limit)


def test_repr_counts_the_files(upload, page):
    send(page, 1, "a", b"1")
    page.send(kind="deliver", file=2, files=[1])
    eventually(lambda: upload.files.value)
    assert repr(upload) == "<FileUpload files: 1, limit: 500 MB>"


def test_closed_it_forgets_what_is_under_way(upload, page):
    page.send(b"12", kind="chunk", file=1, name="a", index=0, count=2, size=4)
    page.answer("received")
    assert upload._receiver._files
    upload.close()
    assert upload._receiver._files == {}
