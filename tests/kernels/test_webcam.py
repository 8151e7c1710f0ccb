"""Frames from the page."""

import io
import zlib

import pytest
from PIL import Image

SIZE = (224, 224)


def jpeg(colour=(200, 30, 60), size=SIZE):
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, "JPEG", quality=90)
    return file.getvalue()


def bomb(side):
    """A small PNG that claims many pixels: the claim alone, and pixels that deflate to nothing."""

    def chunk(kind, data):
        length, check = len(data).to_bytes(4, "big"), zlib.crc32(kind + data).to_bytes(4, "big")
        return length + kind + data + check

    header = side.to_bytes(4, "big") * 2 + bytes([1, 0, 0, 0, 0])
    pixels = zlib.compress(bytes((side // 8 + 1) * 100), 9)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


@pytest.fixture
def page(kernel):
    kernel.run("""
camera = mnb.webcam()
seen = []
def note(image):
    seen.append([str(image.dtype), list(image.shape), image[100, 100].tolist()])
camera.images.subscribe(note)
""")
    page = kernel.show("camera")
    page.hello()
    page.write(active=True)
    kernel.becomes("camera.active.value", True)
    return page


def test_frames_arrive_as_arrays_and_are_acknowledged_one_by_one(kernel, page):
    for number in range(5):
        page.send({"kind": "frame", "id": number}, jpeg())
        page.wait("taken", id=number)
    assert [taken["id"] for taken in page.customs("taken")] == [0, 1, 2, 3, 4]
    page.knows(ready=True)
    seen = kernel.value("seen")
    assert len(seen) == 5
    for dtype, shape, colour in seen:
        assert (dtype, shape) == ("uint8", [224, 224, 3])
        assert colour == pytest.approx([200, 30, 60], abs=4)
    assert kernel.value("camera.thumbnails.value").startswith("data:image/jpeg;base64,")


def test_a_frame_is_acknowledged_when_a_slow_pipeline_has_taken_it(kernel, page):
    kernel.run("""
gate, processed = threading.Event(), []
def slow_step(image):
    gate.wait(20)
    return image.mean()
camera.images.latest().map(slow_step).subscribe(lambda mean: processed.append(float(mean)))
""")
    page.send({"kind": "frame", "id": 1}, jpeg())
    kernel.becomes("len(seen)", 1)
    kernel.never(lambda: page.customs("taken"), "an acknowledgement")
    assert kernel.run("answer = 1").seconds < 1
    kernel.run("gate.set()")
    page.wait("taken", id=1)
    assert len(kernel.value("processed")) == 1


def test_a_frame_that_came_after_the_camera_was_switched_off_is_not_emitted(kernel, page):
    page.write(active=False)
    kernel.becomes("camera.active.value", False)
    page.send({"kind": "frame", "id": 1}, jpeg())
    page.wait("taken", id=1)
    assert kernel.value("seen") == []


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "got none"),
        (b"\x00" * 1_000, "got bytes of another kind"),
        (jpeg()[:500], "damaged"),
        (jpeg(size=(8, 8)), "expected 224 x 224 pixels, got 8 x 8"),
        (bomb(9_000), "expected 1 to 25,000,000 pixels"),
        (bomb(60_000), "pixels"),
    ],
    ids=["empty", "garbage", "half", "small", "bomb", "huge bomb"],
)
def test_what_is_no_frame_is_refused_and_the_camera_goes_on(kernel, page, data, reason):
    page.send({"kind": "frame", "id": 1}, data)
    page.wait("taken", id=1)
    assert reason in page.wait("rejected")["reason"]
    kernel.until(lambda: reason in page.state["alert"], "an alert")
    assert kernel.value("seen") == []
    page.send({"kind": "frame", "id": 2}, jpeg())
    page.wait("taken", id=2)
    kernel.becomes("len(seen)", 1)


def test_a_frame_whose_subscriber_fails_is_acknowledged(kernel, page):
    kernel.run("camera.images.subscribe(lambda image: 1 / 0)")
    page.send({"kind": "frame", "id": 1}, jpeg())
    page.wait("taken", id=1)
    text = "ZeroDivisionError: division by zero (in "
    kernel.until(lambda: page.state["alert"].startswith(text), "an alert that says where")
