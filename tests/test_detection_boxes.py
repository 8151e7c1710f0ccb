import gc
import threading
import weakref
from typing import Any, cast

import numpy as np
import pytest

from marcelle_nb import image, timed_operators
from marcelle_nb.components.detection_boxes import DetectionBoxes
from marcelle_nb.models.detection import Detection
from marcelle_nb.models.object_detector_results import ObjectDetectorResults
from marcelle_nb.receipt import Receipt
from marcelle_nb.stream import Stream
from tests.eventually import eventually
from tests.fake_clock import FakeClock
from tests.fake_page import FakePage

HOSTILE = "<img src=x onerror=alert(1)>"
DOG = ObjectDetectorResults([Detection((1.0, 2.0, 3.0, 4.0), "dog", 0.925)])


def frame(number):
    return np.full((20, 30, 3), number, np.uint8)


def shade_as_label(pixels):
    """Play a detector: what it finds is named after the shade of the picture."""
    return ObjectDetectorResults([Detection((0, 0, 5, 5), str(pixels[0, 0, 0]), 0.9)])


@pytest.fixture
def images():
    return Stream[Any]()


@pytest.fixture
def results():
    return Stream[Any]()


@pytest.fixture
def boxes(images, results):
    boxes = DetectionBoxes(images, results)
    yield boxes
    boxes.close()


def drawing(page, last):
    """Answer each picture until the last label comes; give label and shade of each with marks."""
    drawn: list[tuple[int, int]] = []
    answered = 0

    def step():
        nonlocal answered
        sent = [it for it in page.sent if it[1].get("content", {}).get("kind") == "picture"]
        for _, data, buffers in sent[answered:]:
            content = data["content"]
            if content["marks"]:
                shade = image.decode(buffers[0])[0, 0, 0]
                drawn.append((int(content["marks"][0]["label"]), int(shade)))
            page.send(kind="drawn", number=content["number"])
        answered = len(sent)
        return drawn and drawn[-1][0] == last

    eventually(step)
    return drawn


def test_a_page_gets_picture_and_boxes_in_one_message(boxes, images, results):
    page = FakePage(boxes)
    images.set(frame(9))
    assert page.answer("picture")["marks"] is None
    page.send(kind="drawn", number=1)
    results.set(DOG)
    message = eventually(lambda: [it for it in page.messages("picture") if it["marks"]])[0]
    assert message["marks"] == [
        {"box": [1.0, 2.0, 3.0, 4.0], "label": "dog", "percent": 92, "color": 16}
    ]
    assert (message["width"], message["height"]) == (30, 20)


@pytest.mark.parametrize("is_heard_before", [True, False])
@pytest.mark.parametrize("is_slow", [True, False])
def test_every_picture_that_is_drawn_has_its_own_boxes(images, is_slow, is_heard_before):
    def predict(pixels):
        threading.Event().wait(0.02 if is_slow else 0)
        return shade_as_label(pixels)

    results = images.latest().map(predict) if is_slow else images.map(predict)
    if is_heard_before:
        results.subscribe(lambda _: None)
    boxes = DetectionBoxes(images, results)
    page = FakePage(boxes)
    for number in range(0, 250, 5):
        images.set(frame(number))
        threading.Event().wait(0.003)
    drawn = drawing(page, 245)
    assert all(abs(label - shade) < 3 for label, shade in drawn)
    boxes.close()


def test_a_result_whose_way_was_broken_is_drawn_over_the_newest_picture(images, monkeypatch):
    clock = FakeClock()
    monkeypatch.setattr(timed_operators, "scheduler", clock)
    boxes = DetectionBoxes(images, images.map(shade_as_label).delay(1))
    images.set(frame(10))
    clock.advance(0.5)
    images.set(frame(20))
    clock.advance(0.5)
    assert boxes._feed.picture is not None
    assert boxes._feed.picture[0][0, 0, 0] == 20
    assert boxes._marks()[0]["label"] == "10"
    boxes.close()


def test_values_have_receipts_only_while_boxes_are_shown_that_need_them(images):
    receipts = list[Any]()
    images.subscribe(lambda _: receipts.append(Receipt.current.get()))
    boxes = DetectionBoxes(images.map(lambda it: it), images.latest().map(shade_as_label))
    images.set(frame(1))
    boxes.shown.set(False)
    images.set(frame(2))
    boxes.shown.set(True)
    images.set(frame(3))
    boxes.close()
    images.set(frame(4))
    assert [receipt is not None for receipt in receipts] == [True, False, True, False]


def test_before_the_first_result_pictures_are_shown_alone_and_later_not(boxes, images, results):
    page = FakePage(boxes)
    images.set(frame(1))
    page.answer("picture")
    results.set(DOG)
    images.set(frame(2))
    assert boxes._feed.picture is not None
    assert boxes._feed.picture[0][0, 0, 0] == 1
    assert boxes._marks()


def test_no_result_shows_the_picture_alone(boxes, images, results):
    images.set(frame(1))
    results.set(DOG)
    results.set(None)
    assert boxes._marks() == []
    images.set(frame(2))
    assert boxes._feed.picture is not None
    assert boxes._feed.picture[0][0, 0, 0] == 2


@pytest.mark.parametrize("bad", [3, {"outputs": []}, "dog"])
def test_what_are_no_results_changes_nothing(boxes, images, results, bad, caplog):
    images.set(frame(1))
    results.set(DOG)
    results.set(bad)
    assert boxes._marks()[0]["label"] == "dog"
    assert "expected ObjectDetectorResults" in caplog.text


def test_results_without_a_picture_wait_for_one(boxes, images, results):
    results.set(DOG)
    assert repr(boxes) == "<DetectionBoxes picture: none yet>"
    images.set(frame(1))
    assert boxes._feed.picture is None  # whose picture that was is not known


@pytest.mark.parametrize("bad", [None, DOG, lambda: DOG])
def test_what_is_no_stream_is_refused(images, bad):
    with pytest.raises(TypeError, match="results: expected a stream"):
        DetectionBoxes(images, bad)
    with pytest.raises(TypeError, match="images: expected a stream"):
        DetectionBoxes(bad, images)


def test_repr_and_html_name_what_was_found(boxes, images, results):
    images.set(frame(1))
    results.set(DOG)
    assert repr(boxes) == "<DetectionBoxes found: dog 92 %>"
    assert "data:image/jpeg;base64," in boxes.static_html()
    assert "<li>dog 92 %</li>" in boxes.static_html()
    results.set(ObjectDetectorResults())
    assert repr(boxes) == "<DetectionBoxes found: nothing>"


def test_hostile_labels_are_text(boxes, images, results):
    images.set(frame(1))
    results.set(ObjectDetectorResults([Detection((0, 0, 1, 1), HOSTILE, 1.0)]))
    assert HOSTILE not in boxes.static_html()


def test_its_pipeline_stops_with_the_last_view_and_starts_again_with_the_next():
    images, predicted = Stream[Any](), list[int]()

    def predict(pixels):
        predicted.append(int(pixels[0, 0, 0]))
        return DOG

    boxes = DetectionBoxes(images, images.map(predict))
    page = FakePage(boxes)
    page.send(kind="hello", view="a", since=0)
    images.set(frame(1))
    page.send(kind="bye", view="a")
    eventually(lambda: not images._subscriptions)
    images.set(frame(2))
    page.send(kind="hello", view="b", since=0)
    eventually(lambda: len(images._subscriptions) == 2)
    images.set(frame(3))
    assert predicted == [1, 3]
    boxes.close()


def test_close_frees_everything(images, results):
    boxes = DetectionBoxes(images.map(lambda value: value), results.map(lambda value: value))
    gone = weakref.ref(boxes)
    boxes.close()
    del boxes
    assert images._subscriptions == results._subscriptions == ()
    eventually(lambda: (gc.collect(), gone() is None)[1])


def test_wrong_results_change_nothing_and_are_named(boxes, images, results, caplog):
    images.set(frame(1))
    results.set(DOG)
    results.set(ObjectDetectorResults([Detection((0, 0, 1, 1), "cat", cast("Any", "x"))]))
    assert boxes._marks()[0]["label"] == "dog"
    assert "results.outputs[0].confidence: expected a number, got 'x'" in caplog.text


def test_half_a_surrogate_pair_in_a_label_reaches_the_page_replaced(boxes, images, results):
    page = FakePage(boxes)
    page.send(kind="hello", view="v1", since=0)
    images.set(frame(1))
    results.set(ObjectDetectorResults([Detection((0, 0, 1, 1), "ca\ud800t", 1.0)]))
    eventually(lambda: "ca\ufffdt" in str(page.sent))
