import gc
import subprocess
import sys
import time
import weakref

import numpy as np
import pytest

from marcelle_nb import image
from marcelle_nb.components import dataset_browser as module
from marcelle_nb.components import retried
from marcelle_nb.components.dataset_browser import MAX_PAGE, DatasetBrowser
from marcelle_nb.data.collection import Collection
from marcelle_nb.data.dataset import Dataset
from marcelle_nb.errors import Unavailable
from tests.eventually import eventually
from tests.fake_page import FakePage
from tests.stores import KINDS, open_store

HOSTILE = "<img src=x onerror=alert(1)>"
THUMBNAIL = image.thumbnail(np.zeros((4, 4, 3), np.uint8))


@pytest.fixture
def data(request):
    data = Dataset(f"browser {request.node.name}")
    data.create([{"x": [n], "y": "ab"[n % 2], "thumbnail": THUMBNAIL} for n in range(6)])
    yield data
    data.clear()


@pytest.fixture
def browser(data):
    browser = DatasetBrowser(data)
    yield browser
    browser.close()


@pytest.fixture
def page(browser):
    return FakePage(browser)


def ids(data, label):
    return [instance["id"] for instance in data.items() if instance["y"] == label]


def items(page, **content):
    page.send(kind="items", **{"request": 1, "label": "a", "offset": 0, "limit": 50, **content})
    return page.answer("items")


def test_the_page_is_told_what_there_is_and_where(page, data):
    assert page.state["counts"] == [["a", 3], ["b", 3]]
    assert (page.state["name"], page.state["undoable"]) == (data.name, "")
    assert "memory" in page.state["where"]


def test_changes_made_elsewhere_appear(page, data):
    before = page.state["revision"]
    data.create({"x": [9], "y": "c"})
    eventually(lambda: page.state["counts"] == [["a", 3], ["b", 3], ["c", 1]])
    eventually(lambda: page.state["revision"] > before)


def test_every_change_changes_the_revision(browser, data):
    seen = [browser._revision.value]
    browser._revision.subscribe(seen.append)
    data.patch(ids(data, "a")[0], {"y": "b"})
    eventually(lambda: seen[-1] > seen[0])


def test_instances_without_a_label_stand_under_the_empty_one(page, data):
    data.create({"x": [9]})
    eventually(lambda: page.state["counts"][-1] == ["", 1])
    assert items(page, label="")["total"] == 1


# Items


def test_items_of_a_label_come_with_their_thumbnails(page, data):
    answer = items(page)
    assert [item["id"] for item in answer["items"]] == ids(data, "a")
    assert answer["items"][0]["thumbnail"] == THUMBNAIL
    assert (answer["request"], answer["label"], answer["offset"], answer["total"]) == (1, "a", 0, 3)


def test_items_come_in_pages(page, data):
    assert [i["id"] for i in items(page, offset=1, limit=1)["items"]] == ids(data, "a")[1:2]


@pytest.mark.parametrize(("label", "offset", "total"), [("nothing", 0, 0), ("a", 99, 3)])
def test_a_page_beyond_the_end_is_empty(page, label, offset, total):
    answer = items(page, label=label, offset=offset)
    assert (answer["items"], answer["total"]) == ([], total)


def test_an_instance_without_a_thumbnail_has_an_empty_one(page, data):
    data.create({"x": [1], "y": "plain"})
    assert items(page, label="plain")["items"][0]["thumbnail"] == ""


@pytest.mark.parametrize(
    "bad",
    [
        {"limit": 0},
        {"limit": MAX_PAGE + 1},
        {"offset": -1},
        {"label": None},
        {"label": 3},
        {"request": "x"},
        {"limit": None},
        {"offset": 1.5},
    ],
    ids=str,
)
def test_a_bad_question_is_refused_by_name(page, bad):
    page.send(kind="items", **{"request": 1, "label": "a", "offset": 0, "limit": 50, **bad})
    assert f"{next(iter(bad))}: expected" in page.answer("rejected")["reason"]


# Changes


def snapshot(data):
    return [(instance["id"], instance["y"]) for instance in data.items()]


CHANGES = {
    "relabel": lambda d: {"kind": "relabel", "ids": ids(d, "a")[:2], "label": " b "},
    "relabel all": lambda d: {"kind": "relabel", "ids": ids(d, "a") + ids(d, "b"), "label": "c"},
    "rename": lambda d: {"kind": "rename", "label": "a", "to": "wave"},
    "merge": lambda d: {"kind": "rename", "label": "a", "to": "b"},
    "remove": lambda d: {"kind": "remove", "ids": ids(d, "b")[1:]},
    "remove label": lambda d: {"kind": "remove_label", "label": "a"},
}
RESULTS = {
    "relabel": ({"b": 5, "a": 1}, "2 instances relabelled as 'b'"),
    "relabel all": ({"c": 6}, "6 instances relabelled as 'c'"),
    "rename": ({"wave": 3, "b": 3}, "3 instances relabelled as 'wave'"),
    "merge": ({"b": 6}, "3 instances relabelled as 'b'"),
    "remove": ({"a": 3, "b": 1}, "2 instances deleted"),
    "remove label": ({"b": 3}, "3 instances of 'a' deleted"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_made_and_can_be_undone(browser, page, data, name):
    before = snapshot(data)
    page.send(**CHANGES[name](data))
    eventually(lambda: data.undoable.value)
    assert (data.label_counts(), data.undoable.value) == RESULTS[name]
    page.send(kind="undo")
    eventually(lambda: not data.undoable.value and snapshot(data) == before)


def test_a_second_undo_does_nothing(browser, data):
    data.remove(ids(data, "a"))
    browser.undo()
    before = snapshot(data)
    browser.undo()
    assert snapshot(data) == before


def test_undo_takes_back_only_the_last_change(browser, data):
    data.remove(ids(data, "a"))
    data.remove(ids(data, "b")[:1])
    browser.undo()
    assert data.label_counts() == {"b": 3}


def test_undo_of_a_relabelling_leaves_what_was_deleted_since_deleted(browser, data):
    first, second, third = ids(data, "a")
    data.relabel([first, second, third], "c")
    Dataset(data.name).remove(second)
    browser.undo()
    assert ids(data, "a") == [first, third]


def test_undo_gives_a_label_back_to_those_that_had_none(browser, data):
    identifier = data.create({"x": [1]})
    data.relabel([identifier], "c")
    browser.undo()
    assert data.get(identifier)["y"] is None


def test_an_id_twice_in_a_message_counts_once(browser, page, data):
    page.send(kind="remove", ids=ids(data, "a")[:1] * 3)
    eventually(lambda: data.undoable.value)
    assert data.undoable.value == "1 instance deleted"


@pytest.mark.parametrize("kind", ["rename", "remove_label"])
def test_a_label_that_is_not_there_changes_nothing_and_keeps_the_undo(browser, page, data, kind):
    data.remove(ids(data, "b"))
    page.send(kind=kind, label="gone", to="x")
    page.answer("rejected")
    assert data.undoable.value == "3 instances deleted"


@pytest.mark.parametrize(
    "content",
    [
        {"kind": "relabel", "ids": [], "label": "x"},
        {"kind": "relabel", "ids": "abc", "label": "x"},
        {"kind": "relabel", "ids": [1], "label": "x"},
        {"kind": "relabel", "label": "x"},
        {"kind": "relabel", "ids": ["unknown"], "label": "x"},
        {"kind": "remove", "ids": ["unknown"]},
        {"kind": "remove", "ids": {"a": 1}},
        {"kind": "rename", "label": "a", "to": "  "},
        {"kind": "rename", "label": "a"},
        {"kind": "remove_label"},
        {"kind": "rename", "label": "a", "to": "\ud800"},
    ],
    ids=str,
)
def test_a_bad_change_is_refused_whole(page, data, content):
    before = snapshot(data)
    page.send(**content)
    page.answer("rejected")
    assert snapshot(data) == before


def test_a_list_with_one_unknown_id_removes_nothing(page, data):
    page.send(kind="remove", ids=[*ids(data, "a"), "unknown"])
    page.answer("rejected")
    assert data.count.value == 6


# Description and life


def test_hostile_labels_are_text_everywhere(browser, data):
    data.create({"x": [1], "y": HOSTILE, "thumbnail": THUMBNAIL})
    html = browser.static_html()
    assert "<img src=x" not in html
    assert "&lt;img src=x onerror=alert(1)&gt;: 1" in html


def test_a_hostile_name_is_text_everywhere():
    data = Dataset(HOSTILE)
    browser = DatasetBrowser(data)
    assert "<img" not in browser.static_html()
    assert HOSTILE in repr(browser)
    browser.close()


def test_static_html_shows_the_thumbnails(browser):
    assert browser.static_html().count(f"<img alt='' src='{THUMBNAIL}'>") == 6


def test_what_is_no_dataset_is_refused():
    with pytest.raises(TypeError, match="dataset: expected a Dataset"):
        DatasetBrowser("gestures")  # type: ignore[arg-type]


def test_nothing_is_counted_while_no_page_shows_it(browser, data):
    browser.view_seen("a")
    browser.view_gone("a")
    eventually(lambda: not data.changes._subscriptions)
    before = browser._revision.value
    data.create({"x": [1], "y": "c"})
    assert browser._revision.value == before
    browser.view_seen("b")
    assert eventually(lambda: ("c", 1) in browser._counts.value)


def test_close_frees_everything():
    data = Dataset("browser that is closed")
    browser = DatasetBrowser(data)
    gone = weakref.ref(browser)
    browser.close()
    del browser
    assert [data.count._subscriptions, data.changes._subscriptions] == [(), ()]
    eventually(lambda: (gc.collect(), gone() is None)[1])


def test_groups_stay_in_their_places_when_instances_move():
    data = Dataset("places")
    first, _ = data.create([{"x": [1], "y": "cat"}, {"x": [2], "y": "dog"}])
    data.create({"x": [3], "y": "cat"})
    browser = DatasetBrowser(data)
    data.patch(first, {"y": "dog"})
    eventually(lambda: browser._counts.value == [("cat", 1), ("dog", 2)])
    browser.close()


def test_a_group_that_comes_back_or_is_renamed_keeps_its_place(browser, page, data):
    data.create([{"x": [n], "y": label} for n, label in enumerate(["c", None, "d"])])
    page.send(kind="remove_label", label="b")
    eventually(lambda: [label for label, _ in browser._counts.value] == ["a", "c", "d", ""])
    page.send(kind="undo")
    eventually(lambda: [label for label, _ in browser._counts.value] == ["a", "b", "c", "d", ""])
    page.send(kind="rename", label="a", to="z")
    eventually(lambda: [label for label, _ in browser._counts.value] == ["z", "b", "c", "d", ""])
    data.create({"x": [1], "y": "new"})
    every = ["z", "b", "c", "d", "new", ""]
    eventually(lambda: [label for label, _ in browser._counts.value] == every)


@pytest.mark.parametrize(
    ("before", "now", "order"),
    [
        ([], ["a", "b"], ["a", "b"]),
        (["cat", "dog"], ["dog", "cat", "new"], ["cat", "dog", "new"]),
        (["b", "c"], ["z", "b", "c"], ["z", "b", "c"]),
        (["b", "a"], ["a", "x", "b", ""], ["x", "b", "a", ""]),
        (["a", ""], ["a", "b", "", "c"], ["a", "b", "c", ""]),
    ],
)
def test_new_groups_stand_where_a_fresh_view_has_them(before, now, order):
    assert module._in_place(before, now) == order


def test_as_many_labels_as_there_may_be_are_ordered_at_once():
    labels = [f"label {n}" for n in range(20_000)]
    begun = time.process_time()
    assert module._in_place(labels, labels[::-1]) == labels
    assert module._in_place([], labels) == labels
    assert module._in_place(labels[::2], labels) == labels
    assert time.process_time() - begun < 1


def test_counts_that_could_not_be_read_are_read_again(browser, page, data, monkeypatch):
    counts = Collection.label_counts
    fails = [True, True]

    def failing(self):
        if fails:
            fails.pop()
            raise Unavailable("the server does not answer")
        return counts(self)

    monkeypatch.setattr(retried, "FIRST_WAIT_S", 0.01)
    monkeypatch.setattr(Collection, "label_counts", failing)
    data.create({"x": [9], "y": "c"})
    eventually(lambda: page.state["counts"] == [["a", 3], ["b", 3], ["c", 1]])
    eventually(lambda: browser.alert.value == "")


def test_static_html_is_of_few_pictures_and_labels(monkeypatch):
    data = Dataset("browser of many")
    labels = [f"label {n % 60}" for n in range(600)]
    data.create([{"x": [1], "y": label, "thumbnail": THUMBNAIL} for label in labels])
    data.create([{"x": [1]}] * 1_200)
    monkeypatch.setattr(module, "STATIC_S", 60)
    browser = DatasetBrowser(data)
    html = browser.static_html()
    assert html.count("<img") == module.STATIC_LABELS
    assert "label 49: 10<" in html
    assert "label 50:" not in html
    assert "and 11 more labels" in html
    monkeypatch.setattr(module, "STATIC_S", -1)
    assert "<img" not in browser.static_html()
    data.sift({"y": None})
    assert "<em>no label</em>: 1,200" in browser.static_html()
    browser.close()
    data.sift().clear()


# On stores


@pytest.mark.parametrize("kind", KINDS)
def test_it_shows_and_changes_what_any_store_holds(kind, request):
    store = open_store(kind, request)
    data = Dataset(f"browser on {kind}", store)
    data.clear()
    data.create([{"x": [n], "y": "ab"[n % 2]} for n in range(400)])
    browser = DatasetBrowser(data)
    page = FakePage(browser)
    answer = items(page, offset=180, limit=60)
    assert (len(answer["items"]), answer["total"]) == (20, 200)
    assert page.state["where"] == store.where
    page.send(kind="rename", label="a", to="b")
    eventually(lambda: page.state["counts"] == [["b", 400]])
    page.send(kind="undo")
    eventually(lambda: page.state["counts"] == [["a", 200], ["b", 200]])
    browser.close()


def test_the_page_learns_which_of_its_selection_are_still_there(page, data):
    first, second, third = ids(data, "a")
    data.remove(second)
    data.patch(third, {"y": "b"})
    page.send(kind="there", request=7, ids=[third, second, first, "never"])
    answer = page.answer("there")
    assert (answer["request"], answer["ids"]) == (7, [third, first])


def test_what_another_kernel_does_appears(tmp_path):
    here = Dataset("class", tmp_path / "class.db")
    browser = DatasetBrowser(here)
    page = FakePage(browser)
    script = "from marcelle_nb.data.dataset import Dataset; import sys; d = Dataset('class',"
    script += " sys.argv[1]); d.create([{'x': [1], 'y': 'far'}] * 3); d.relabel(None, 'away')"
    subprocess.run([sys.executable, "-c", script, str(tmp_path / "class.db")], check=True)
    eventually(lambda: page.state["counts"] == [["away", 3]])
    browser.close()


def test_an_undo_of_the_dataset_is_that_of_its_browsers(browser, page, data):
    other = FakePage(DatasetBrowser(data))
    data.remove(ids(data, "a"))
    eventually(lambda: page.state["undoable"] == other.state["undoable"] == "3 instances deleted")
    other.send(kind="undo")
    eventually(lambda: page.state["undoable"] == "" and data.count.value == 6)
