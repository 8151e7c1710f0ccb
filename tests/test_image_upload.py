import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marcelle_nb import image
from marcelle_nb.components.image_upload import MAX_CHUNK, MAX_OPEN_FILES, ImageUpload
from marcelle_nb.message import Message
from tests.eventually import eventually
from tests.fake_page import FakePage

PICTURE = image.encode_jpeg(
    np.random.default_rng(0).integers(0, 256, (300, 400, 3), dtype=np.uint8)
)


@pytest.fixture
def upload():
    upload = ImageUpload()
    yield upload
    upload.close()


@pytest.fixture
def page(upload):
    return FakePage(upload)


def chunks(data, size=4_096):
    return [data[i : i + size] for i in range(0, len(data), size)]


def send(page, file, data=PICTURE, **changes):
    parts = chunks(data)
    for index, part in enumerate(parts):
        content = {
            "file": file,
            "name": "a.jpg",
            "index": index,
            "count": len(parts),
            "size": len(data),
        }
        page.send(part, kind="chunk", **{**content, **changes})


def outcome(page, file):
    """Wait until a file was taken or refused."""
    return eventually(
        lambda: [
            m for m in page.messages() if m["kind"] in {"accepted", "refused"} and m["file"] == file
        ]
    )


def test_a_file_in_pieces_becomes_one_image_with_its_thumbnail(upload, page):
    images, thumbnails = list[np.ndarray](), list[str]()
    upload.images.subscribe(images.append)
    upload.thumbnails.subscribe(thumbnails.append)
    send(page, 1)
    assert outcome(page, 1)[0]["kind"] == "accepted"
    assert [pixels.shape for pixels in images] == [(300, 400, 3)]
    assert thumbnails[0].startswith("data:image/jpeg;base64,")


def test_each_piece_is_acknowledged_in_order(upload, page):
    send(page, 1)
    outcome(page, 1)
    assert [m["index"] for m in page.messages("received")] == list(range(len(chunks(PICTURE))))


def test_files_come_in_the_order_in_which_they_were_sent(upload, page):
    means: list[int] = []
    upload.images.subscribe(lambda pixels: means.append(round(float(pixels.mean()))))
    for file in range(5):
        send(page, file, image.encode_jpeg(np.full((10, 10, 3), 40 * file, np.uint8)))
    outcome(page, 4)
    assert means == [0, 40, 80, 120, 160]


def test_images_are_events(upload):
    assert not upload.images.held


def test_the_longest_side_is_at_most_2048(upload, page):
    send(page, 1, image.encode_jpeg(np.zeros((1_000, 4_096, 3), np.uint8)))
    outcome(page, 1)
    assert upload.images.value.shape == (500, 2_048, 3)


def test_a_size_that_was_asked_for_is_filled():
    upload = ImageUpload(width=64, height=32)
    page = FakePage(upload)
    send(page, 1)
    outcome(page, 1)
    assert upload.images.value.shape == (32, 64, 3)
    upload.close()


@pytest.mark.parametrize("data", [b"no picture", PICTURE[:500], b"<svg/>"])
def test_a_file_that_is_no_picture_is_refused_with_the_reason(upload, page, data):
    send(page, 1, data)
    assert outcome(page, 1)[0]["reason"].startswith("image: expected")
    assert upload.images.value is None
    assert upload._files == {}


@pytest.mark.parametrize(
    "changes",
    [
        {"index": 1},
        {"index": -1},
        {"index": "0"},
        {"count": 0},
        {"count": 10**9},
        {"size": 1},
        {"size": 0},
        {"size": 10**12},
        {"name": None},
        {"name": "n" * 1_001},
    ],
    ids=str,
)
def test_a_piece_that_cannot_be_is_refused(upload, page, changes):
    send(page, 1, PICTURE[:4_096], **changes)
    assert outcome(page, 1)[0]["kind"] == "refused"
    assert upload._files == {}


@pytest.mark.parametrize("file", [None, "1", -1, 1.5])
def test_a_piece_of_no_file_is_refused(upload, page, file):
    send(page, file, PICTURE[:100])
    assert "file: expected a whole number" in page.answer("rejected")["reason"]


def test_a_piece_that_is_too_large_is_refused(upload, page):
    data = bytes(MAX_CHUNK + 1)
    page.send(data, kind="chunk", file=1, name="a", index=0, count=2, size=2 * len(data))
    assert outcome(page, 1)[0]["kind"] == "refused"


def test_a_piece_without_bytes_is_refused(upload, page):
    page.send(kind="chunk", file=1, name="a", index=0, count=2, size=10)
    assert "expected one buffer" in outcome(page, 1)[0]["reason"]


def test_a_file_begun_again_starts_from_the_beginning(upload, page):
    page.send(PICTURE[:100], kind="chunk", file=1, name="a", index=0, count=9, size=len(PICTURE))
    send(page, 1)
    assert outcome(page, 1)[0]["kind"] == "accepted"


def test_an_abandoned_file_is_forgotten(upload, page):
    page.send(PICTURE[:100], kind="chunk", file=1, name="a", index=0, count=9, size=len(PICTURE))
    eventually(lambda: upload._files)
    page.send(kind="abandon", file=1)
    page.send(kind="abandon", file=77)
    assert eventually(lambda: not upload._files)


def test_files_begun_and_never_ended_do_not_fill_the_memory(upload, page):
    for file in range(50):
        page.send(b"x", kind="chunk", file=file, name="a", index=0, count=9, size=100)
    eventually(lambda: len(page.messages("received")) == 50)
    assert list(upload._files) == list(range(50 - MAX_OPEN_FILES, 50))
    assert page.messages("refused") == []


def test_a_file_that_was_forgotten_for_newer_ones_is_refused_when_it_goes_on(upload, page):
    for file in range(MAX_OPEN_FILES + 1):
        page.send(b"x", kind="chunk", file=file, name="a", index=0, count=9, size=100)
    page.send(b"x", kind="chunk", file=0, name="a", index=1, count=9, size=100)
    assert "expected number 0 of 9, got 1" in outcome(page, 0)[0]["reason"]


@pytest.mark.parametrize("through", [lambda s: s, lambda s: s.latest()], ids=["itself", "latest"])
def test_a_file_is_accepted_after_the_pipeline_has_taken_its_picture(upload, page, through):
    began, go = threading.Event(), threading.Event()

    def slow(_):
        began.set()
        go.wait(20)

    through(upload.images).subscribe(slow)
    send(page, 1)
    assert began.wait(20)
    assert page.messages("accepted") == []
    go.set()
    assert outcome(page, 1)[0]["kind"] == "accepted"


def test_a_file_is_accepted_once_though_a_subscriber_fails(upload, page, caplog):
    upload.images.subscribe(lambda _: 1 // 0)
    send(page, 1)
    outcome(page, 1)
    assert page.messages("accepted") == [{"kind": "accepted", "file": 1}]
    assert "ZeroDivisionError" in upload.alert.value


def test_two_pages_can_send_at_once(upload, page):
    one, other = chunks(PICTURE), chunks(PICTURE)
    for index, parts in enumerate(zip(one, other, strict=True)):
        for file, part in enumerate(parts):
            page.send(
                part,
                kind="chunk",
                file=file,
                name="a",
                index=index,
                count=len(one),
                size=len(PICTURE),
            )
    assert [outcome(page, file)[0]["kind"] for file in (0, 1)] == ["accepted"] * 2


field = st.one_of(st.none(), st.integers(-2, 4), st.text(max_size=2), st.just(10**20))


@given(
    st.lists(st.tuples(st.integers(0, 2), field, field, field, st.binary(max_size=5)), max_size=20)
)
def test_whatever_a_page_sends_memory_is_bounded_and_files_work_afterwards(messages):
    upload, answers = ImageUpload(), list[Message]()
    upload.outbox.subscribe(answers.append)

    def send_chunk(data, **content):
        upload._on_chunk(Message({"kind": "chunk", "name": "a", **content}, (data,)))

    for file, index, count, size, data in messages:
        send_chunk(data, file=file, index=index, count=count, size=size)
    assert sum(len(part) for parts in upload._files.values() for part in parts) <= 100
    send_chunk(PICTURE, file=99, index=0, count=1, size=len(PICTURE))
    assert answers[-1].kind == "accepted"


@pytest.mark.parametrize("size", [(64, 0), (0, 64), (-1, 5), (5_000, 5_000), ("64", 64)])
def test_a_bad_size_is_refused(size):
    with pytest.raises((TypeError, ValueError), match="expected"):
        ImageUpload(*size)


def test_repr_counts_the_pictures(upload, page):
    send(page, 1)
    outcome(page, 1)
    assert repr(upload) == "<ImageUpload size: as it is, at most 2,048, pictures: 1>"
