from typing import Any

import numpy as np
import pytest

from marcelle_nb.components import plotted_points
from marcelle_nb.components.plotted_points import PlottedPoints
from marcelle_nb.components.point_reader import PointReader
from marcelle_nb.components.sent_points import SentPoints
from marcelle_nb.components.thumbnail_cache import ThumbnailCache
from marcelle_nb.data.dataset import Dataset
from marcelle_nb.errors import MessageRejected
from marcelle_nb.message import Message


@pytest.fixture
def data():
    data = Dataset("sent points")
    data.clear()
    data.create([{"x": [n, -n], "y": "a"} for n in range(3)])
    yield data
    data.clear()


@pytest.fixture
def sent():
    return list[tuple[dict[str, Any], list[bytes]]]()


@pytest.fixture
def points(data, sent):
    plotted = PlottedPoints(data, lambda: PointReader((0, 1), "y", None), print)
    plotted.read()
    return SentPoints(plotted, lambda content, buffers: sent.append((content, buffers)))


def ids(data):
    return [instance["id"] for instance in data.items()]


def choice(reading, *numbers):
    content = {"kind": "select", "reading": reading, "request": 7}
    return Message(content, (np.array(numbers, "<u4").tobytes(),))


def test_points_are_followed_by_which_are_selected(data, points, sent):
    points.send_all(ids(data)[2:])
    (first, (xy, _)), (second, (numbers,)) = sent
    assert (first["kind"], first["total"], second["kind"]) == ("points", 3, "selected")
    assert np.frombuffer(xy).tolist() == [0, 0, 1, -1, 2, -2]
    assert np.frombuffer(numbers, "<u4").tolist() == [2]


def test_what_a_page_chose_of_another_reading_is_of_no_use(data, points):
    assert points.chosen(choice(1, 2, 0, 99)) == [ids(data)[2], ids(data)[0]]
    assert points.chosen(choice(0, 2)) is None
    assert points.id_of(choice(0), 2) == ""
    assert points.id_of(choice(1), 2) == ids(data)[2]


def test_an_answer_carries_the_number_of_the_last_choice(points, sent):
    points.chosen(choice(0))
    points.send_selection([])
    assert sent[-1][0]["request"] == 7


def test_numbers_of_another_size_are_refused(points):
    message = Message({"kind": "select", "reading": 1, "request": 1}, (b"abc",))
    with pytest.raises(MessageRejected, match="4 bytes, got 3 bytes"):
        points.chosen(message)


def test_nothing_is_told_of_an_instance_that_was_removed_just_now(data, points, sent):
    thumbnails = ThumbnailCache(data)
    points.tell_of(data, thumbnails, ids(data)[1], 1)
    assert (sent[0][0]["point"], sent[0][0]["id"]) == (1, ids(data)[1])
    points.tell_of(data, thumbnails, "gone", 1)
    assert len(sent) == 1


def test_what_is_read_later_follows_as_a_change(data, sent, monkeypatch):
    monkeypatch.setattr(plotted_points, "FIRST_S", -1)
    monkeypatch.setattr(plotted_points, "EVERY_S", -1)
    plotted = PlottedPoints(data, lambda: PointReader((0, 1), "y", None), print)
    points = SentPoints(plotted, lambda content, buffers: sent.append((content, buffers)))
    last = ids(data)[2]
    assert plotted.read(lambda: points.send_more([last]))
    by_kind = [(it["kind"], it.get("total")) for it, _ in sent]
    assert by_kind[:3] == [("points", 1), ("selected", None), ("moved", 2)]
    moved = [it for it in sent if it[0]["kind"] == "moved"]
    assert [it["newest"] for it, _ in moved] == [[1, 1], [1, 2]]
    assert [np.frombuffer(numbers, "<u4").tolist() for _, (numbers, *_) in moved] == [[1], [2]]
    assert np.frombuffer(sent[-1][1][0], "<u4").tolist() == [2]
