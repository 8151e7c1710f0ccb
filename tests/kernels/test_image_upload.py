"""Picture files from the page, in pieces."""

import io
import random

import numpy as np
import pytest
from PIL import Image

PIECE = 4_096


def png(seed, size=(70, 50)):
    """A picture that compresses badly, so that it comes in several pieces."""
    file = io.BytesIO()
    pixels = random.Random(seed).randbytes(size[0] * size[1] * 3)
    Image.frombytes("RGB", size, pixels).save(file, "PNG")
    return file.getvalue()


def pieces(file, data, piece=PIECE):
    parts = [data[start : start + piece] for start in range(0, len(data), piece)]
    content = {"kind": "chunk", "file": file, "name": "<b>a</b>.png", "count": len(parts)}
    return [
        ({**content, "index": index, "size": len(data)}, part) for index, part in enumerate(parts)
    ]


@pytest.fixture
def page(kernel):
    kernel.run("""
upload = mnb.image_upload()
seen = []
upload.images.subscribe(lambda image: seen.append([list(image.shape), image[0, 0].tolist()]))
""")
    page = kernel.show("upload")
    page.hello()
    return page


def send_file(page, file, data):
    for content, part in pieces(file, data):
        page.send(content, part)
        page.wait("received", file=file, index=content["index"])


def test_files_arrive_in_order_piece_by_piece(kernel, page):
    files = {number: png(number, (60 + number, 50)) for number in (1, 2, 3)}
    for number, data in files.items():
        assert len(pieces(number, data)) > 1
        send_file(page, number, data)
        page.wait("accepted", file=number)
    expected = []
    for data in files.values():
        pixels = np.asarray(Image.open(io.BytesIO(data)))
        expected.append([list(pixels.shape), pixels[0, 0].tolist()])
    assert kernel.value("seen") == expected
    assert not page.customs("refused")


def refused(kernel, page, file, sent):
    for content, part in sent:
        page.deliver(content, part)
    reason = page.wait("refused", file=file)["reason"]
    assert not page.customs("accepted")
    send_file(page, 99, png(99))  # it is no failure of the component
    page.wait("accepted", file=99)
    assert len(kernel.value("seen")) == 1
    return reason


def test_pieces_in_another_order_are_refused(kernel, page):
    first, _, *others = pieces(7, png(7))
    assert "expected number 1" in refused(kernel, page, 7, [first, others[0]])


def test_a_file_that_does_not_begin_is_refused(kernel, page):
    assert "expected number 0" in refused(kernel, page, 7, pieces(7, png(7))[1:2])


def test_more_bytes_than_were_announced_are_refused(kernel, page):
    (content, part), *_ = pieces(7, png(7))
    assert "expected 10 bytes" in refused(kernel, page, 7, [({**content, "size": 10}, part)])


def test_a_piece_over_the_limit_is_refused(kernel, page):
    (sent,) = pieces(7, bytes(512 * 1024 + 1), piece=1_000_000)
    assert "expected" in refused(kernel, page, 7, [sent])


def test_a_file_over_the_limit_is_refused_before_it_is_sent(kernel, page):
    (content, part), *_ = pieces(7, png(7))
    reason = refused(kernel, page, 7, [({**content, "size": 20_000_001, "count": 5_000}, part)])
    assert "from 1 to 20000000" in reason


def test_bytes_that_are_no_picture_are_refused_by_file(kernel, page):
    assert "bytes of another kind" in refused(kernel, page, 7, pieces(7, b"no picture" * 100))


def test_a_file_that_was_given_up_is_forgotten(kernel, page):
    first, second, *_ = pieces(7, png(7))
    page.send(*first)
    page.wait("received", file=7, index=0)
    page.deliver({"kind": "abandon", "file": 7})
    assert "expected number 0" in refused(kernel, page, 7, [second])
