import base64
import time
from typing import Any

import numpy as np
import pytest

from marcelle_nb import image
from marcelle_nb.components import thumbnail_cache as module
from marcelle_nb.components.thumbnail_cache import ThumbnailCache
from marcelle_nb.data.dataset import Dataset

IMAGE = np.full((8, 12, 3), 90, np.uint8)
PIXEL = "data:image/png;base64," + base64.b64encode(b"pixel").decode()


@pytest.fixture
def data(request):
    data = Dataset(f"thumbnails {request.node.name}"[:180])
    yield data
    data.clear()


def test_a_page_has_the_thumbnails_there_are_and_those_of_images(data):
    own = image.thumbnail(np.zeros((4, 4, 3), np.uint8))
    rows: list[Any] = [
        {"x": [1], "thumbnail": own},
        {"x": IMAGE},
        {"x": [1]},
        {"x": np.ones((8, 12, 3))},
    ]
    ids = data.create([row | {"y": "a"} for row in rows])
    items, total = ThumbnailCache(data).page("a", 0, 10)
    assert [item["id"] for item in items] == ids
    assert [item["thumbnail"] for item in items] == [own, image.thumbnail(IMAGE), "", ""]
    assert total == 4


def test_a_thumbnail_is_made_once_and_anew_for_another_image(data, monkeypatch):
    made: list[int] = []

    def thumbnail(x):
        made.append(int(x[0, 0, 0]))
        return PIXEL

    monkeypatch.setattr(module, "thumbnail", thumbnail)
    identifier = data.create({"x": IMAGE, "y": "a"})
    cache = ThumbnailCache(data)
    for _ in range(3):
        assert cache.page("a", 0, 10)[0][0]["thumbnail"] == PIXEL
    data.patch(identifier, {"x": IMAGE + 1})
    cache.page("a", 0, 10)
    assert made == [90, 91]


def test_only_so_many_are_kept(data, monkeypatch):
    monkeypatch.setattr(module, "MAX_KEPT", 2)
    data.create([{"x": IMAGE + n, "y": "a"} for n in range(5)])
    cache = ThumbnailCache(data)
    assert all(item["thumbnail"] for item in cache.page("a", 0, 10)[0])
    assert len(cache._made) == 2


@pytest.mark.parametrize(
    "url", ["https://example.org/a.png", PIXEL + '" onerror="', 5, "javascript:1"]
)
def test_what_is_no_picture_in_text_is_left_out(data, url):
    data._collection.service.create(
        {"x": [1], "y": "a", "thumbnail": url, "datasetName": data.name}
    )
    assert ThumbnailCache(data).page("a", 0, 10)[0][0]["thumbnail"] == ""


def test_thumbnails_are_found_by_id(data):
    rows: list[Any] = [{"x": [1], "thumbnail": PIXEL}, {"x": IMAGE}, {"x": [1]}]
    own, of_image, without = data.create(rows)
    found = ThumbnailCache(data).of([own, of_image, without, "unknown"])
    assert found == {own: PIXEL, of_image: image.thumbnail(IMAGE), without: ""}


def test_after_some_time_no_more_are_made(data, monkeypatch):
    now = [0.0]

    def slow(x):
        now[0] += 1
        return PIXEL

    monkeypatch.setattr(module, "thumbnail", slow)
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    data.create([{"x": IMAGE + n, "y": "a"} for n in range(4)])
    cache = ThumbnailCache(data)
    items, _ = cache.page("a", 0, 10, until=1.5)
    assert [item["thumbnail"] for item in items] == [PIXEL, PIXEL, "", ""]
    items, _ = cache.page("a", 0, 10)
    assert [item["thumbnail"] for item in items] == [PIXEL] * 4


def test_an_address_that_is_too_long_is_none(data, monkeypatch):
    monkeypatch.setattr(module, "MAX_LENGTH", 10)
    data.create({"x": [1], "y": "a", "thumbnail": PIXEL})
    assert ThumbnailCache(data).page("a", 0, 10)[0][0]["thumbnail"] == ""
