import gc
import weakref
from typing import Any

import numpy as np
import pytest

from marcelle_nb import image
from marcelle_nb.components import plotted_points, retried
from marcelle_nb.components.dataset_scatter import DatasetScatter
from marcelle_nb.components.point_cloud import NUMBER
from marcelle_nb.data.collection import Collection
from marcelle_nb.data.dataset import Dataset
from marcelle_nb.errors import Unavailable
from marcelle_nb.stream import Stream
from tests.eventually import eventually
from tests.fake_page import FakePage

HOSTILE = "<img src=x onerror=alert(1)>"
THUMBNAIL = image.thumbnail(np.zeros((4, 4, 3), np.uint8))


@pytest.fixture
def data(request):
    data = Dataset(f"scatter {request.node.name}")
    data.create(
        [
            {"x": [n, 2 * n, 5], "y": "ab"[n % 2], "thumbnail": THUMBNAIL, "score": n / 2}
            for n in range(6)
        ]
    )
    yield data
    data.sift()
    data.clear()


@pytest.fixture
def scatter(data):
    scatter = DatasetScatter(data)
    yield scatter
    scatter.close()


class Plot(FakePage):
    """A page that puts the points together from the messages."""

    def buffers(self, kind):
        custom = [it for it in self.sent if it[1].get("method") == "custom"]
        return [(d["content"], b) for _, d, b in custom if d["content"]["kind"] == kind]

    def read(self):
        before = len(self.buffers("points"))
        self.send(kind="points", request=1)
        eventually(lambda: len(self.buffers("points")) > before)
        return self.points()

    def points(self):
        """Where the newest reading put the points, and their labels."""
        content, buffers = self.buffers("points")[-1]
        return self._as_points(content, *buffers)

    @staticmethod
    def _as_points(content, xy, codes, values=None):
        names = dict(enumerate(content["labels"]))
        places = np.frombuffer(xy, "<f8").reshape(-1, 2).tolist()
        numbers = [None] * len(places) if values is None else np.frombuffer(values).tolist()
        return [
            (*place, number if code == NUMBER else names.get(code))
            for place, code, number in zip(
                places, np.frombuffer(codes, "<u2").tolist(), numbers, strict=True
            )
        ]

    def selected(self):
        content, (numbers,) = self.buffers("selected")[-1]
        return content["request"], np.frombuffer(numbers, "<u4").tolist()

    @property
    def reading(self):
        return self.buffers("points")[-1][0]["newest"][0]


@pytest.fixture
def page(scatter):
    return Plot(scatter)


def ids(data):
    return [instance["id"] for instance in data.items()]


def test_points_are_two_components_of_x_with_their_labels(page):
    assert page.read() == [(n, 2 * n, "ab"[n % 2]) for n in range(6)]
    fields = {"axes": ["score"], "colors": ["y", "score"], "size": 3}
    eventually(lambda: page.state["fields"] == fields)


def test_coordinates_travel_in_binary_and_never_as_traits(page):
    page.read()
    assert {"x", "y", "newest", "fields", "given", "reading"} <= set(page.state)
    content, buffers = page.buffers("points")[-1]
    assert [len(it) for it in buffers] == [6 * 16, 6 * 2]
    assert content["total"] == 6


def test_axes_are_chosen_in_the_page_and_from_python(page, scatter):
    page.read()
    page.write(x="score", color="score")
    eventually(lambda: page.points()[1] == (0.5, 2, 0.5))
    scatter.y.set(2)
    eventually(lambda: page.points()[1] == (0.5, 5, 0.5))
    scatter.color.set("y")
    eventually(lambda: page.points()[1] == (0.5, 5, "b"))


def test_an_instance_without_a_value_is_nowhere(page, data):
    data.create({"x": [7]})
    x, y, label = page.read()[-1]
    assert (x, label) == (7, "")
    assert np.isnan(y)


def test_nothing_is_read_before_a_page_asks(scatter, data, monkeypatch):
    monkeypatch.setattr(scatter, "_read", lambda: pytest.fail("read"))
    data.create({"x": [1, 2]})
    scatter.x.set(1)
    eventually(lambda: not scatter._inbox._work)


# Given coordinates


def test_coordinates_can_be_a_function(page, scatter):
    page.read()
    scatter.coordinates.set(lambda instance: (instance["score"], -1))
    eventually(lambda: page.points()[3][:2] == (1.5, -1))
    eventually(lambda: page.state["given"] is True)
    scatter.coordinates.set(None)
    eventually(lambda: page.points()[3][:2] == (3, 6))


def test_an_array_of_coordinates_stays_with_its_instances(data):
    scatter = DatasetScatter(data, coordinates=np.arange(12).reshape(6, 2))
    page = Plot(scatter)
    data.remove(ids(data)[0])
    data.create({"x": [1, 2]})
    places = page.read()
    assert [place[:2] for place in places[:2]] == [(2, 3), (4, 5)]
    assert np.isnan(places[-1][0])
    scatter.close()


def test_a_stream_of_coordinates_is_followed(data):
    stream: Stream[Any] = Stream(np.zeros((6, 2)))
    scatter = DatasetScatter(data, coordinates=stream)
    page = Plot(scatter)
    assert page.read()[5][:2] == (0, 0)
    stream.set(np.ones((6, 2)))
    eventually(lambda: page.points()[5][:2] == (1, 1))
    stream.set(np.ones((3, 2)))
    eventually(lambda: "expected 6 rows" in scatter.alert.value)
    scatter.close()
    assert stream._subscriptions == ()


def test_a_function_that_fails_leaves_the_point_out_and_is_told(page, scatter, data):
    page.read()
    bad = ids(data)[2]

    def where(instance):
        if instance["id"] == bad:
            raise ValueError("no place for this one")
        return instance["x"][:2]

    scatter.coordinates.set(where)
    eventually(lambda: "no place for this one" in scatter.alert.value)
    eventually(lambda: np.isnan(page.points()[2][0]))
    assert page.points()[3][:2] == (3, 6)


def test_bad_arguments_are_refused_by_name(data):
    for arguments, error, message in (
        ({"x": -1}, ValueError, "x: expected a whole number"),
        ({"y": 1.5}, TypeError, "y: expected a whole number"),
        ({"color": "a'b"}, ValueError, "color: expected a field"),
        ({"coordinates": np.zeros((2, 2))}, ValueError, "coordinates: expected 6 rows"),
        ({"coordinates": 3}, ValueError, "coordinates: expected an array"),
    ):
        with pytest.raises(error, match=message):
            DatasetScatter(data, **arguments)
    with pytest.raises(TypeError, match="dataset: expected a Dataset"):
        DatasetScatter("gestures")  # type: ignore[arg-type]


# Following the dataset


def test_changes_travel_alone_and_together(page, data):
    page.read()
    first, second, *_ = ids(data)
    data.patch(first, {"y": "c"})
    data.remove(second)
    data.create({"x": [9, 9, 9], "y": "a"})
    eventually(lambda: page.buffers("moved"))
    content, buffers = page.buffers("moved")[-1]
    assert content["newest"] == [page.reading, 1]
    assert np.frombuffer(buffers[0], "<u4").tolist() == [0, 1, 6]
    (moved, gone, new) = page._as_points(content, *buffers[1:])
    assert (moved, new) == ((0, 0, "c"), (9, 9, "a"))
    assert np.isnan(gone[0])
    assert len(page.buffers("moved")) == 1
    eventually(lambda: page.state["newest"] == content["newest"])


def test_changes_of_many_at_once_come_with_their_places(page, data):
    page.read()
    data.create([{"x": [n, -n], "y": "many"} for n in range(300)])
    eventually(lambda: page.buffers("moved"))
    content, buffers = page.buffers("moved")[-1]
    assert page._as_points(content, *buffers[1:])[299] == (299, -299, "many")


def test_a_sifted_dataset_is_read_anew(page, data):
    page.read()
    data.sift({"y": "a"})
    eventually(lambda: [it[2] for it in page.points()] == ["a"] * 3)


def test_a_second_page_gets_what_there_is(page, scatter, data):
    page.read()
    first = page.reading
    data.create({"x": [9, 9, 9], "y": "a"})
    second = Plot(scatter, second=True)
    assert second.read()[-1] == (9, 9, "a")
    assert second.reading == first


def test_what_no_page_shows_is_forgotten(page, scatter, data):
    scatter.view_seen("a")
    page.read()
    scatter.view_gone("a")
    eventually(lambda: scatter._points.cloud is None and not data.changes._subscriptions)
    scatter.view_seen("b")
    data.create({"x": [9, 9, 9], "y": "a"})
    assert page.read()[-1] == (9, 9, "a")


# What the page does


def test_a_selection_travels_as_numbers_of_points(page, scatter, data):
    page.read()
    numbers = np.array([4, 1], "<u4").tobytes()
    page.send(numbers, kind="select", request=77, reading=page.reading)
    eventually(lambda: scatter.selection.value == [ids(data)[4], ids(data)[1]])
    eventually(lambda: page.selected() == (77, [4, 1]))
    scatter.selection.set([ids(data)[5], "unknown"])
    eventually(lambda: page.selected() == (77, [5]))


def test_a_selection_among_points_that_were_read_anew_since_changes_nothing(page, scatter):
    page.read()
    page.send(np.array([1], "<u4").tobytes(), kind="select", request=5, reading=page.reading + 1)
    eventually(lambda: page.selected() == (5, []))
    assert scatter.selection.value == []


def test_what_is_removed_leaves_the_selection(page, scatter, data):
    page.read()
    first, second, *_ = ids(data)
    scatter.selection.set([first, second])
    data.remove(first)
    eventually(lambda: scatter.selection.value == [second])


def test_what_a_sift_takes_away_leaves_the_selection(scatter, data):
    first, second, *_ = ids(data)
    scatter.selection.set([first, second])
    data.sift({"y": "b"})
    eventually(lambda: scatter.selection.value == [second])


def test_what_was_removed_unseen_leaves_the_selection(scatter, data):
    first, second, *_ = ids(data)
    scatter.selection.set([first, second])
    scatter.view_seen("a")
    scatter.view_gone("a")
    eventually(lambda: not data.changes._subscriptions)
    data.remove(first)
    scatter.view_seen("b")
    eventually(lambda: scatter.selection.value == [second])


def failing(monkeypatch, method, times):
    """Let a method of the store fail some times."""
    real = getattr(Collection, method)
    left = [Unavailable("the server does not answer")] * times

    def try_(self, *arguments):
        if left:
            raise left.pop()
        return real(self, *arguments)

    monkeypatch.setattr(retried, "FIRST_WAIT_S", 0.01)
    monkeypatch.setattr(Collection, method, try_)


@pytest.mark.parametrize("method", ["items", "find"])
def test_points_follow_after_the_store_has_failed(page, scatter, data, monkeypatch, method):
    page.read()
    failing(monkeypatch, method, 1)
    if method == "items":
        data.create([{"x": [9, 9, 9], "y": "a"}])
    else:
        data.sift({})
    eventually(lambda: page.reading == 2)
    assert len(page.points()) == data.count.value
    eventually(lambda: scatter.alert.value == "")


def test_a_page_gets_its_points_when_the_store_is_back(page, monkeypatch):
    failing(monkeypatch, "items", 3)
    assert len(page.read()) == 6


def test_a_selection_is_checked_when_the_store_is_back(scatter, data, monkeypatch):
    first, second, *_ = ids(data)
    scatter.selection.set([first, second])
    failing(monkeypatch, "items", 1)
    data.sift({"y": "b"})
    eventually(lambda: scatter.selection.value == [second])


def test_points_are_shown_as_they_are_read(page, data, monkeypatch):
    monkeypatch.setattr(plotted_points, "FIRST_S", 0)
    monkeypatch.setattr(plotted_points, "EVERY_S", 0)
    page.send(kind="points", request=1)
    eventually(lambda: page.buffers("moved") and page.buffers("moved")[-1][0]["total"] == 6)
    content, _ = page.buffers("points")[-1]
    assert content["total"] < 6
    eventually(lambda: page.state["newest"] == page.buffers("moved")[-1][0]["newest"])


def test_a_point_under_the_pointer_is_told_with_its_thumbnail(page, scatter, data):
    page.read()
    page.send(kind="hover", reading=page.reading, point=3)
    answer = page.answer("instance")
    assert (answer["id"], answer["point"], answer["picture"]) == (ids(data)[3], 3, THUMBNAIL)
    assert answer["about"] == [["x", "3, 6, 5"], ["score", 1.5]]
    assert scatter.hovered.value == ids(data)[3]
    page.send(kind="hover", reading=page.reading, point=-1)
    eventually(lambda: scatter.hovered.value is None)


def test_a_click_emits_the_id(page, scatter, data):
    clicks: list[str] = []
    scatter.clicked.subscribe(clicks.append)
    page.read()
    for point, reading in ((2, page.reading), (2, page.reading), (99, page.reading), (2, 0)):
        page.send(kind="click", reading=reading, point=point)
    page.send(kind="click", reading=page.reading, point=0)
    eventually(lambda: clicks == [ids(data)[2], ids(data)[2], ids(data)[0]])


@pytest.mark.parametrize(
    ("content", "buffers"),
    [
        ({"kind": "select", "request": 1, "reading": 1}, ()),
        ({"kind": "select", "request": 1, "reading": 1}, (b"abc",)),
        ({"kind": "select", "request": "a", "reading": 1}, (b"abcd",)),
        ({"kind": "hover", "reading": 1}, ()),
        ({"kind": "hover", "reading": 1, "point": 1.5}, ()),
        ({"kind": "click", "point": 1}, ()),
        ({"kind": "click", "reading": 1, "point": -1}, ()),
    ],
    ids=str,
)
def test_a_bad_message_is_refused(page, scatter, content, buffers):
    page.send(*buffers, **content)
    assert "expected" in page.answer("rejected")["reason"]
    assert scatter.selection.value == []


# Description and life


def test_static_html_is_a_picture_with_a_legend(scatter, data):
    data.create({"x": [1, 1], "y": HOSTILE})
    html = scatter.static_html()
    assert "data:image/png;base64," in html
    assert "7 points" in html
    assert "<img src=x" not in html
    assert "&lt;img src=x onerror=alert(1)&gt;" in html


def test_static_html_of_nothing_is_shown_too():
    scatter = DatasetScatter(Dataset("scatter of nothing"))
    assert "No instances yet" in scatter.static_html()
    scatter.close()


def test_close_frees_everything():
    data = Dataset("scatter that is closed")
    scatter = DatasetScatter(data)
    gone = weakref.ref(scatter)
    scatter.close()
    del scatter
    assert data.changes._subscriptions == ()
    eventually(lambda: (gc.collect(), gone() is None)[1])
