import threading
from typing import Any

import numpy as np
import pytest

from marcelle_nb import image
from marcelle_nb.components import webcam as module
from marcelle_nb.components.webcam import SILENT_S, Webcam
from tests.eventually import eventually
from tests.fake_clock import FakeClock
from tests.fake_page import FakePage

FRAME = image.encode_jpeg(np.full((48, 64, 3), 120, np.uint8))


@pytest.fixture
def camera():
    camera = Webcam(width=64, height=48)
    yield camera
    camera.close()


@pytest.fixture
def page(camera):
    page = FakePage(camera)
    page.write(active=True)
    return page


def held_up(began, go):
    """Make a subscriber that says that it began, and goes on when it is let go."""

    def subscriber(_):
        began.set()
        go.wait(20)

    return subscriber


def taken(page, number):
    return eventually(lambda: [m for m in page.messages("taken") if m["id"] == number])


def test_the_page_gets_what_it_needs(camera, page):
    names = ("width", "height", "period", "active", "ready", "facing_mode")
    assert [page.state[name] for name in names] == [64, 48, 50, True, False, "user"]


def test_a_frame_becomes_an_image_with_its_thumbnail_before_it(camera, page):
    order: list[Any] = []
    camera.thumbnails.subscribe(lambda url: order.append(url[:22]))
    camera.images.subscribe(lambda pixels: order.append(pixels.shape))
    page.send(FRAME, kind="frame", id=1)
    taken(page, 1)
    assert order == ["data:image/jpeg;base64", (48, 64, 3)]


def test_images_and_thumbnails_are_held(camera, page):
    page.send(FRAME, kind="frame", id=1)
    taken(page, 1)
    assert camera.images.value.shape == (48, 64, 3)
    assert camera.images.held
    assert camera.thumbnails.held


def test_an_image_cannot_be_written_to_because_all_share_it(camera, page):
    page.send(FRAME, kind="frame", id=1)
    taken(page, 1)
    with pytest.raises(ValueError, match="read-only"):
        camera.images.value[0, 0] = 0


def test_the_first_frame_makes_it_ready(camera, page):
    page.send(FRAME, kind="frame", id=1)
    taken(page, 1)
    assert camera.ready.value is True


def test_a_frame_is_acknowledged_after_the_pipeline_has_taken_it(camera, page):
    go, began = threading.Event(), threading.Event()
    camera.images.subscribe(held_up(began, go))
    page.send(FRAME, kind="frame", id=1)
    began.wait(20)
    assert page.messages("taken") == []
    go.set()
    assert len(taken(page, 1)) == 1


def test_a_frame_is_acknowledged_after_the_slowest_latest_has_taken_it(camera, page):
    go, began = threading.Event(), threading.Event()
    camera.images.latest().subscribe(held_up(began, go))
    page.send(FRAME, kind="frame", id=1)
    began.wait(20)
    assert page.messages("taken") == []
    go.set()
    assert len(taken(page, 1)) == 1


def test_every_frame_is_acknowledged_once_also_those_that_were_dropped(camera, page):
    for number in range(1, 30):
        page.send(FRAME, kind="frame", id=number)
    eventually(lambda: len(page.messages("taken")) == 29)
    assert sorted(m["id"] for m in page.messages("taken")) == list(range(1, 30))


def test_a_failing_subscriber_stops_no_frame(camera, page, caplog):
    camera.images.subscribe(lambda _: 1 // 0)
    page.send(FRAME, kind="frame", id=1)
    taken(page, 1)
    page.send(FRAME, kind="frame", id=2)
    taken(page, 2)
    assert "ZeroDivisionError" in camera.alert.value


BAD_FRAMES = {
    "no picture": [b"abc"],
    "cut off": [FRAME[:200]],
    "empty": [b""],
    "another size": [image.encode_jpeg(np.zeros((10, 10, 3), np.uint8))],
}


@pytest.mark.parametrize("buffers", BAD_FRAMES.values(), ids=BAD_FRAMES)
def test_a_bad_frame_is_refused_and_acknowledged(camera, page, buffers):
    page.send(*buffers, kind="frame", id=1)
    taken(page, 1)
    assert page.answer("rejected")["reason"].startswith(("image:", "frame:"))
    assert camera.images.value is None
    page.send(FRAME, kind="frame", id=2)
    taken(page, 2)
    assert camera.images.value is not None


@pytest.mark.parametrize("content", [{}, {"id": "1"}, {"id": -1}, {"id": None}])
def test_a_frame_without_a_number_is_refused(camera, page, content):
    page.send(FRAME, kind="frame", **content)
    assert "id: expected a whole number" in page.answer("rejected")["reason"]


@pytest.mark.parametrize("buffers", [(), (FRAME, FRAME)])
def test_a_frame_without_one_buffer_is_refused(camera, page, buffers):
    page.send(*buffers, kind="frame", id=1)
    assert "expected one buffer" in page.answer("rejected")["reason"]


def test_a_frame_that_was_under_way_when_the_camera_was_switched_off_is_dropped(camera, page):
    camera.active.set(False)
    page.send(FRAME, kind="frame", id=1)
    taken(page, 1)
    assert (camera.images.value, camera.ready.value) == (None, False)


def test_the_kernel_can_switch_the_camera_off(camera, page):
    camera.active.set(False)
    assert eventually(lambda: page.state["active"] is False)


def test_the_page_can_choose_the_camera(camera, page):
    page.write(facing_mode="environment")
    assert camera.facing_mode.value == "environment"


@pytest.mark.parametrize("mode", ["left", 1, None])
def test_a_camera_that_does_not_exist_is_refused(camera, page, mode):
    page.write(facing_mode=mode)
    assert camera.facing_mode.value == "user"
    assert "expected one of user, environment" in page.answer("rejected")["reason"]


@pytest.mark.parametrize(
    "bad",
    [
        {"width": 0},
        {"height": 2_049},
        {"width": "64"},
        {"period": 0},
        {"facing_mode": "x"},
        {"width": True},
    ],
    ids=str,
)
def test_a_bad_size_is_refused_by_name(bad):
    with pytest.raises((TypeError, ValueError), match=f"^{next(iter(bad))}: expected"):
        Webcam(**bad)


def beat(camera, clock, seconds):
    """Live through some seconds with a heartbeat in each."""
    for _ in range(seconds):
        clock.advance(1)
        camera.heartbeat()


def test_a_camera_that_fell_silent_is_off(camera, page, monkeypatch):
    clock = FakeClock()
    monkeypatch.setattr(module, "time", clock)
    page.send(FRAME, kind="frame", id=1)
    taken(page, 1)
    beat(camera, clock, int(SILENT_S) - 1)
    assert camera.ready.value is True
    beat(camera, clock, 3)
    assert (camera.ready.value, camera.active.value) == (False, False)


def test_a_camera_with_a_long_period_may_be_silent_for_longer(monkeypatch):
    camera = Webcam(width=64, height=48, period=10_000)
    page = FakePage(camera)
    page.write(active=True)
    clock = FakeClock()
    monkeypatch.setattr(module, "time", clock)
    page.send(FRAME, kind="frame", id=1)
    taken(page, 1)
    states = []
    for seconds in (int(SILENT_S) + 9, 3):
        beat(camera, clock, seconds)
        states.append(camera.ready.value)
    assert states == [True, False]
    camera.close()


def test_a_camera_survives_a_network_that_was_down(camera, page, monkeypatch):
    clock = FakeClock()
    monkeypatch.setattr(module, "time", clock)
    page.send(FRAME, kind="frame", id=1)
    taken(page, 1)
    beat(camera, clock, 1)
    clock.advance(SILENT_S + 10)
    camera.heartbeat()
    assert camera.active.value is True


def test_a_camera_whose_pipeline_is_slow_is_not_silent(camera, page, monkeypatch):
    clock = FakeClock()
    monkeypatch.setattr(module, "time", clock)
    go, began = threading.Event(), threading.Event()
    page.send(FRAME, kind="frame", id=1)
    taken(page, 1)
    camera.images.skip(1).subscribe(held_up(began, go))
    page.send(FRAME, kind="frame", id=2)
    began.wait(20)
    clock.advance(SILENT_S + 60)
    camera.heartbeat()
    assert camera.ready.value is True
    go.set()
    taken(page, 2)


def test_close_switches_the_camera_off(camera, page):
    page.send(FRAME, kind="frame", id=1)
    taken(page, 1)
    camera.close()
    assert (camera.ready.value, camera.active.value) == (False, False)


def test_repr_and_html_say_whether_it_is_on(camera, page):
    assert "camera: starting" in repr(camera)
    page.send(FRAME, kind="frame", id=1)
    taken(page, 1)
    assert "camera: on" in repr(camera)
    assert "<img alt='last picture' src='data:image/jpeg;base64," in camera.static_html()


def test_repr_of_a_new_camera_says_that_it_is_off():
    assert repr(Webcam()) == "<Webcam size: 224 x 224, camera: off>"
