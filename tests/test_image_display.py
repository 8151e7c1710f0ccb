from typing import Any

import numpy as np
import pytest
from PIL import Image

from marcelle_nb import image
from marcelle_nb.components.image_display import ImageDisplay
from marcelle_nb.stream import Stream
from tests.eventually import eventually
from tests.fake_page import FakePage

PICTURE = np.full((20, 30, 3), 200, np.uint8)


@pytest.fixture
def images():
    return Stream[Any]()


@pytest.fixture
def display(images):
    display = ImageDisplay(images)
    yield display
    display.close()


def test_a_page_gets_the_newest_picture(display, images):
    page = FakePage(display)
    images.set(PICTURE)
    message = page.answer("picture")
    assert (message["width"], message["height"]) == (30, 20)
    page.send(kind="drawn", number=1)
    images.set(PICTURE[:10])
    eventually(lambda: page.messages("picture")[-1]["height"] == 10)


@pytest.mark.parametrize("given", [PICTURE[:, :, 0], Image.fromarray(PICTURE), PICTURE.tolist()])
def test_pictures_of_every_kind_are_shown(display, images, given):
    page = FakePage(display)
    images.set(given)
    assert page.answer("picture")["width"] == 30


def test_none_takes_the_picture_away(display, images):
    page = FakePage(display)
    images.set(PICTURE)
    page.answer("picture")
    page.send(kind="drawn", number=1)
    images.set(None)
    eventually(lambda: page.messages("picture")[-1]["width"] == 0)


def test_what_is_no_picture_leaves_the_one_from_before(display, images, caplog):
    images.set(PICTURE)
    images.set("no picture")
    assert "expected the pixels of a picture" in caplog.text
    assert repr(display) == "<ImageDisplay picture: 30 × 20>"


def test_a_picture_is_in_the_static_form(display, images):
    assert "<img" not in display.static_html()
    images.set(PICTURE)
    assert "<img alt='The picture' src='data:image/jpeg;base64," in display.static_html()


def test_a_held_stream_shows_what_it_holds():
    display = ImageDisplay(Stream(PICTURE))
    page = FakePage(display)
    page.send(kind="look")  # it may have gone out before there was a page
    assert page.answer("picture")["width"] == 30
    display.close()


def test_it_listens_only_while_a_page_shows_it(display, images):
    page = FakePage(display)
    page.send(kind="hello", view="a", since=0)
    page.send(kind="bye", view="a")
    eventually(lambda: not images._subscriptions)
    page.send(kind="hello", view="b", since=0)
    eventually(lambda: images._subscriptions)


@pytest.mark.parametrize("bad", [None, PICTURE, lambda: PICTURE])
def test_what_is_no_stream_is_refused(bad):
    with pytest.raises(TypeError, match="images: expected a stream"):
        ImageDisplay(bad)


def test_pictures_larger_than_a_page_shows_are_made_small_once(display, images):
    page = FakePage(display)
    images.set(np.zeros((2000, 2000, 3), np.uint8))
    page.answer("picture")
    (jpeg,) = page.sent[-1][2]
    assert image.decode(jpeg).shape[0] == 1024
