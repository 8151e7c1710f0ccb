import gc
import threading
import weakref
from typing import Any

import numpy as np
import pytest

from marcelle_nb import image
from marcelle_nb.components import recorder as module
from marcelle_nb.components.image_upload import ImageUpload
from marcelle_nb.components.recorder import Recorder
from marcelle_nb.components.webcam import Webcam
from marcelle_nb.data.data_store import DataStore
from marcelle_nb.data.dataset import Dataset
from marcelle_nb.errors import InstanceRejected
from marcelle_nb.stream import Stream
from tests.eventually import eventually
from tests.fake_page import FakePage
from tests.one_in_flight import OneInFlight

HOSTILE = "<img src=x onerror=alert(1)>"


def picture(value=0):
    return np.full((6, 8, 3), value, np.uint8)


@pytest.fixture
def data(request):
    data = Dataset(f"recorder {request.node.name}")
    yield data
    data.clear()


@pytest.fixture
def images():
    return Stream[Any](hold=True)


@pytest.fixture
def recorder(images, data):
    recorder = Recorder(images, data)
    recorder.label.set("wave")
    yield recorder
    recorder.close()


@pytest.fixture
def events():
    return Stream[Any]()


@pytest.fixture
def waiting(events, data):
    """A recorder on a source that emits now and then."""
    recorder = Recorder(events, data)
    recorder.label.set("wave")
    yield recorder
    recorder.close()


def values(data):
    return [int(instance["x"].flat[0]) for instance in data.items()]


# Holding


def test_pictures_are_recorded_only_while_it_is_held(recorder, images, data):
    for value in range(6):
        recorder.recording.set(2 <= value < 4)
        images.set(picture(value))
    assert [value for value in values(data) if value != 1] == [2, 3]


def test_an_instance_has_the_label_and_the_thumbnail(recorder, images, data):
    recorder.recording.set(True)
    images.set(picture())
    (instance,) = data.items()
    assert instance["y"] == "wave"
    assert instance["thumbnail"].startswith("data:image/jpeg;base64,")


def test_the_thumbnail_is_that_of_the_source(data):
    camera = Webcam(width=8, height=6)
    recorder = Recorder(camera, data)
    recorder.label.set("a")
    camera.ready.set(True)
    recorder.recording.set(True)
    camera._emit(picture(200).copy())
    assert next(iter(data.items()))["thumbnail"] == camera.thumbnails.value
    recorder.close()
    camera.close()


def test_process_makes_x(images, data):
    recorder = Recorder(images, data, process=lambda pixels: [float(pixels.mean()), 1.0])
    recorder.label.set("a")
    recorder.recording.set(True)
    images.set(picture(7))
    assert next(iter(data.items()))["x"].tolist() == [7, 1]
    recorder.close()


def test_the_label_is_trimmed(recorder, images, data):
    recorder.label.set("  wave ")
    recorder.recording.set(True)
    images.set(picture())
    assert data.labels == ["wave"]


def test_without_a_label_nothing_is_recorded_and_it_says_so(recorder, images, data):
    recorder.label.set("  ")
    recorder.recording.set(True)
    images.set(picture())
    assert (data.count.value, recorder.recording.value) == (0, False)
    assert "type one first" in recorder.alert.value


def test_from_a_camera_that_is_off_nothing_is_recorded_and_it_says_so(data):
    camera = Webcam()
    recorder = Recorder(camera, data)
    recorder.label.set("a")
    recorder.recording.set(True)
    assert recorder.recording.value is False
    assert "press Start camera first" in recorder.alert.value
    recorder.close()
    camera.close()


def test_two_recorders_of_one_source_and_dataset_record_a_picture_once(recorder, images, data):
    again = Recorder(images, data)
    again.label.set("wave")
    for each in (recorder, again):
        each.recording.set(True)
    images.set(picture(1))
    assert values(data) == [1]
    again.close()


def test_two_recorders_of_two_datasets_both_record(recorder, images, data):
    other_data = Dataset(f"{data.name} other")
    other = Recorder(images, other_data)
    other.label.set("clap")
    for each in (recorder, other):
        each.recording.set(True)
    images.set(picture())
    assert (data.count.value, other_data.count.value) == (1, 1)
    other.close()
    other_data.clear()


def test_a_process_that_raises_ends_the_recording_and_records_nothing(images, data, caplog):
    recorder = Recorder(images, data, process=lambda pixels: 1 / 0)
    recorder.label.set("a")
    recorder.recording.set(True)
    images.set(picture())
    assert (recorder.recording.value, data.count.value) == (False, 0)
    recorder.close()


def test_the_label_is_that_of_the_moment_when_the_picture_came(images, data):
    def process(pixels):
        late.label.set("too late")
        return pixels

    late = Recorder(images, data, process)
    late.label.set("in time")
    late.recording.set(True)
    images.set(picture())
    assert data.labels == ["in time"]
    late.close()


def test_a_release_ends_the_recording_of_a_source_that_is_faster_than_process(images, data):
    processed: list[Any] = []
    began = threading.Event()

    def slower_than_the_source(pixels):
        began.set()
        if not processed:
            eventually(source.waits)
        processed.append(1)
        return pixels

    recorder = Recorder(images, data, slower_than_the_source)
    page = FakePage(recorder)
    with OneInFlight.running(images, lambda number: picture(number % 256)) as source:
        source.goes_on()
        page.send(kind="press", n=1, label="a")
        began.wait(20)  # a tap that ends before the next picture records none
        page.send(kind="release", n=2)
        eventually(lambda: processed and not images._subscriptions)
        source.goes_on(2)  # one delivery may have been under way
        count = data.count.value
        source.goes_on()
        assert (recorder.recording.value, data.count.value) == (False, count)
    assert source.longest_queue <= 1
    recorder.close()


def test_a_hold_ends_with_the_page(recorder, images, data):
    page = FakePage(recorder)
    page.send(kind="hello", view="a", since=0)
    page.send(kind="press", n=1)
    eventually(lambda: recorder.recording.value)
    page.send(kind="bye", view="a")
    assert eventually(lambda: not recorder.recording.value)


def test_press_and_release_of_the_page_record(recorder, images, data):
    page = FakePage(recorder)
    page.write(label="clap")
    page.send(kind="press", n=1)
    eventually(lambda: recorder.recording.value)
    images.set(picture(5))
    page.send(kind="release", n=2)
    eventually(lambda: not recorder.recording.value)
    images.set(picture(6))
    assert (values(data), data.labels) == ([5], ["clap"])


def test_datasets_of_one_name_in_two_stores_record_from_one_camera(images, data, tmp_path):
    with DataStore(tmp_path / "a.db") as store:
        other = Dataset(data.name, store)
        recorders = [Recorder(images, dataset) for dataset in (data, other)]
        for recorder in recorders:
            recorder.label.set("wave")
            recorder.recording.set(True)
        images.set(picture(7))
        for recorder in recorders:
            recorder.close()
        assert (values(data), values(other)) == ([7], [7])


# A source that emits now and then


def test_pictures_wait_until_they_are_added(waiting, events, data):
    for value in range(3):
        events.set(picture(value))
    assert (data.count.value, waiting._n_pending.value) == (0, 3)
    waiting.add()
    assert (values(data), waiting._n_pending.value) == ([0, 1, 2], 0)


def test_pictures_can_be_discarded(waiting, events, data):
    events.set(picture())
    waiting.discard()
    waiting.add()
    assert (data.count.value, waiting._n_pending.value) == (0, 0)


def test_without_a_label_pictures_go_on_waiting(waiting, events, data):
    waiting.label.set("")
    events.set(picture())
    with pytest.raises(ValueError, match="There is no label"):
        waiting.add()
    assert waiting._n_pending.value == 1


def camera_gone(pixels):
    if pixels[0, 0, 0] == 1:
        raise RuntimeError("camera gone")
    return pixels


def test_a_picture_that_cannot_be_processed_shows_an_alert_and_goes_on_waiting(data, caplog):
    upload = ImageUpload()
    recorder = Recorder(upload, data, camera_gone)
    recorder.label.set("a")
    for value in range(3):
        upload._emit(picture(value).copy())
    assert (data.count.value, recorder._n_pending.value) == (0, 3)
    assert upload.alert.value.startswith("RuntimeError: camera gone (in camera_gone, line")
    with pytest.raises(RuntimeError, match="camera gone"):
        recorder.add()
    assert (values(data), recorder._n_pending.value) == ([0, 2], 1)
    recorder.close()
    upload.close()


def test_a_picture_is_processed_once_when_it_comes(events, data):
    processed: list[int] = []

    def process(pixels):
        processed.append(int(pixels[0, 0, 0]))
        return [1.0]

    recorder = Recorder(events, data, process)
    recorder.label.set("a")
    for value in range(2):
        events.set(picture(value))
    assert processed == [0, 1]
    recorder.add()
    assert processed == [0, 1]
    recorder.close()


def test_a_picture_that_the_dataset_refuses_does_not_stop_those_behind_it(events, data):
    recorder = Recorder(events, data, lambda pixels: "none" if pixels[0, 0, 0] == 0 else pixels)
    recorder.label.set("a")
    for value in range(2):
        events.set(picture(value))
    with pytest.raises(InstanceRejected):
        recorder.add()
    assert (values(data), recorder._n_pending.value) == ([1], 1)
    recorder.discard()
    assert recorder._n_pending.value == 0
    recorder.close()


def test_a_picture_that_could_not_be_processed_waits_until_it_can(events, data, caplog):
    works: list[bool] = []
    recorder = Recorder(events, data, lambda pixels: pixels if works else 1 / 0)
    recorder.label.set("a")
    events.set(picture(7))
    with pytest.raises(ZeroDivisionError):
        recorder.add()
    works.append(True)
    recorder.add()
    assert (values(data), recorder._n_pending.value) == ([7], 0)
    recorder.close()


def test_pictures_that_come_while_it_is_held_do_not_wait(waiting, events, data):
    waiting.recording.set(True)
    events.set(picture(3))
    assert (values(data), waiting._n_pending.value) == ([3], 0)


def test_of_pictures_that_take_too_much_memory_the_oldest_are_dropped(
    waiting, events, data, monkeypatch
):
    monkeypatch.setattr(module, "MAX_PENDING_BYTES", 3 * picture().nbytes)
    for value in range(5):
        events.set(picture(value))
    waiting.add()
    assert values(data) == [2, 3, 4]


def test_add_and_discard_of_the_page(waiting, events, data):
    page = FakePage(waiting)
    events.set(picture(1))
    page.send(kind="add")
    eventually(lambda: data.count.value == 1)
    events.set(picture(2))
    page.send(kind="discard")
    eventually(lambda: waiting._n_pending.value == 0)
    assert values(data) == [1]


def test_an_add_of_the_page_without_a_label_says_why(waiting, events):
    waiting.label.set("")
    page = FakePage(waiting)
    events.set(picture())
    page.send(kind="add")
    assert "type one first" in page.answer("rejected")["reason"]


def test_the_thumbnail_of_a_waiting_picture_is_its_own(data):
    upload = ImageUpload()
    recorder = Recorder(upload, data)
    recorder.label.set("a")
    urls: list[Any] = []
    for value in (0, 255):
        upload._emit(picture(value).copy())
        urls.append(upload.thumbnails.value)
    recorder.add()
    assert [instance["thumbnail"] for instance in data.items()] == urls
    recorder.close()
    upload.close()


# The page


def test_the_page_gets_labels_and_counts(recorder, images, data):
    page = FakePage(recorder)
    data.create([{"x": [1], "y": "b"}, {"x": [1], "y": HOSTILE}, {"x": [1], "y": "b"}])
    eventually(lambda: page.state["labels"] == ["b", HOSTILE])
    eventually(lambda: page.state["counts"] == [["b", 2], [HOSTILE, 1]])
    assert (page.state["live"], page.state["dataset_name"]) == (True, data.name)


def test_counts_follow_only_while_a_page_shows_it(recorder, data):
    recorder.view_seen("a")
    recorder.view_gone("a")
    eventually(lambda: not data.changes._subscriptions)
    data.create({"x": [1], "y": "b"})
    assert recorder._counts.value == []
    recorder.view_seen("b")
    assert eventually(lambda: recorder._counts.value) == [("b", 1)]


def test_repr_counts_also_what_was_recorded_while_no_page_showed_it(recorder, data):
    recorder.view_seen("a")
    recorder.view_gone("a")
    eventually(lambda: not data.changes._subscriptions)
    data.create({"x": [1], "y": "b"})
    assert "recorded: b: 1" in repr(recorder)


def test_the_page_is_told_what_kind_of_source_it_is(waiting):
    assert FakePage(waiting).state["live"] is False


@pytest.mark.parametrize("label", [None, 3, "x" * 101, "\ud800"])
def test_a_label_that_is_none_is_refused(recorder, label):
    page = FakePage(recorder)
    page.write(label=label)
    assert recorder.label.value == "wave"
    assert page.answer("rejected")["reason"].startswith("label: expected")


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ((3, Dataset("x")), "source"),
        ((Stream[Any](), "x"), "dataset"),
        ((Stream[Any](), Dataset("x"), 3), "process"),
    ],
)
def test_a_wrong_argument_is_refused_by_name(arguments, name):
    with pytest.raises(TypeError, match=f"^{name}: expected"):
        Recorder(*arguments)


def test_repr_and_html_say_what_was_recorded(recorder, data):
    data.create({"x": [1], "y": HOSTILE})
    assert f"recorded: {HOSTILE}: 1" in repr(recorder)
    assert "<img" not in recorder.static_html()


# Life


def test_close_frees_everything(images, data):
    recorder = Recorder(images, data)
    recorder.label.set("a")
    recorder.recording.set(True)
    gone = weakref.ref(recorder)
    recorder.close()
    del recorder
    assert images._subscriptions == data.count._subscriptions == data.changes._subscriptions == ()
    eventually(lambda: (gc.collect(), gone() is None)[1])


def test_a_jpeg_is_not_needed(recorder, images, data):
    recorder.recording.set(True)
    images.set(image.as_rgb(np.zeros((5, 5), np.uint8)))
    assert next(iter(data.items()))["x"].shape == (5, 5, 3)
