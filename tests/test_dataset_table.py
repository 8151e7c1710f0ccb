import gc
import weakref

import numpy as np
import pytest

from marcelle_nb import image
from marcelle_nb.components import dataset_table, retried
from marcelle_nb.components.dataset_table import MAX_PAGE, MAX_PICTURES, DatasetTable
from marcelle_nb.data.collection import Collection
from marcelle_nb.data.dataset import Dataset
from marcelle_nb.errors import Unavailable
from tests.eventually import eventually
from tests.fake_page import FakePage

HOSTILE = "<img src=x onerror=alert(1)>"
THUMBNAIL = image.thumbnail(np.zeros((4, 4, 3), np.uint8))


@pytest.fixture
def data(request):
    data = Dataset(f"table {request.node.name}")
    data.create(
        [
            {"x": [n, 0.5], "y": "abc"[n % 3], "thumbnail": THUMBNAIL, "score": (n * 7) % 10}
            for n in range(10)
        ]
    )
    yield data
    data.clear()


@pytest.fixture
def table(data):
    table = DatasetTable(data)
    yield table
    table.close()


@pytest.fixture
def page(table):
    return FakePage(table)


def ids(data):
    return [instance["id"] for instance in data.items()]


def rows(page, **content):
    before = len(page.messages("rows"))
    question = {"request": 1, "offset": 0, "limit": 20, "sort": "", "descending": False}
    page.send(kind="rows", **question | content)
    eventually(lambda: len(page.messages("rows")) > before)
    return page.messages("rows")[-1]


def column(answer, name):
    place = answer["columns"].index(name)
    return [row["cells"][place] for row in answer["rows"]]


def test_columns_are_chosen_from_what_the_instances_have(page, data):
    assert page.state["columns"] == ["thumbnail", "y", "x", "score", "createdAt"]
    data.create({"x": [1], "person": "Ada", "nested": {"a": 1}})
    more = ["thumbnail", "y", "x", "score", "person", "createdAt"]
    eventually(lambda: page.state["columns"] == more)
    eventually(lambda: page.state["fields"] == [*more, "updatedAt", "id"])


def test_what_could_not_be_read_is_read_again(page, table, data, monkeypatch):
    find = Collection.find
    fails = [True, True]

    def failing(self, *arguments):
        if fails:
            fails.pop()
            raise Unavailable("the server does not answer")
        return find(self, *arguments)

    first, second, *_ = ids(data)
    table.selection.set([first, second])
    before = table._revision.value
    monkeypatch.setattr(retried, "FIRST_WAIT_S", 0.01)
    monkeypatch.setattr(Collection, "find", failing)
    data.sift({"id": {"$ne": first}})
    eventually(lambda: table.selection.value == [second])
    eventually(lambda: table._revision.value > before and table.alert.value == "")
    data.sift()


def test_columns_that_somebody_chose_stay(data):
    table = DatasetTable(data, ["y", "score"])
    page = FakePage(table)
    data.create({"x": [1], "person": "Ada"})
    assert table.columns.value == ["y", "score"]
    page.write(columns=["id", "nested.a"])
    assert table.columns.value == ["id", "nested.a"]
    table.close()


def test_rows_travel_in_pages_without_arrays_and_thumbnails(page, data):
    answer = rows(page, offset=2, limit=3, request=9)
    assert [row["id"] for row in answer["rows"]] == ids(data)[2:5]
    assert (answer["request"], answer["offset"], answer["total"]) == (9, 2, 10)
    assert column(answer, "x") == ["2, 0.5", "3, 0.5", "4, 0.5"]
    assert column(answer, "thumbnail") == [None] * 3


@pytest.mark.parametrize("descending", [False, True])
def test_rows_are_sorted_by_the_store(page, data, descending):
    scores = column(rows(page, sort="score", descending=descending, limit=4), "score")
    assert scores == sorted((it["score"] for it in data.items()), reverse=descending)[:4]


def test_a_nested_field_is_a_column(data):
    data.create({"x": [1], "meta": {"score": 42}})
    table = DatasetTable(data, ["meta.score"])
    assert column(rows(FakePage(table), offset=9), "meta.score") == [None, 42]
    table.close()


def test_the_version_of_a_row_changes_with_the_instance(page, data):
    first = rows(page)["rows"][0]
    data.patch(first["id"], {"y": "z"})
    after = rows(page)["rows"][0]
    assert after["version"] >= first["version"]
    assert "z" in after["cells"]


def test_a_page_beyond_the_end_is_empty(page):
    answer = rows(page, offset=99)
    assert (answer["rows"], answer["total"]) == ([], 10)


@pytest.mark.parametrize(
    "bad",
    [
        {"limit": 0},
        {"limit": MAX_PAGE + 1},
        {"offset": -1},
        {"offset": None},
        {"sort": None},
        {"sort": "x"},
        {"sort": "secret"},
        {"descending": 1},
        {"request": "x"},
    ],
    ids=str,
)
def test_a_bad_question_is_refused_by_name(page, bad):
    question = {"request": 1, "offset": 0, "limit": 20, "sort": "", "descending": False}
    page.send(kind="rows", **question | bad)
    assert f"{next(iter(bad))}: expected" in page.answer("rejected")["reason"]


def test_thumbnails_are_asked_for_by_id(page, data):
    page.send(kind="pictures", request=3, ids=[*ids(data)[:2], "unknown"])
    answer = page.answer("pictures")
    assert answer["pictures"] == [[identifier, THUMBNAIL] for identifier in ids(data)[:2]]


def test_too_many_thumbnails_at_once_are_refused(page):
    page.send(kind="pictures", request=3, ids=[str(n) for n in range(MAX_PICTURES + 1)])
    assert "ids: expected at most" in page.answer("rejected")["reason"]


def test_changes_made_elsewhere_are_told(page, data):
    before = page.state["revision"]
    data.patch(ids(data)[0], {"y": "z"})
    eventually(lambda: page.state["revision"] > before)


# Selection


def test_the_selection_can_be_written_from_both_sides(page, table, data):
    first, second, *_ = ids(data)
    page.write(selection=[first])
    assert table.selection.value == [first]
    table.selection.set((second, first, second))
    eventually(lambda: page.state["selection"] == [second, first])


def select_range(page, first, last, **content):
    order = {"adds": False, "sort": "", "descending": False}
    page.send(kind="range", first=first, last=last, **order | content)


def test_a_range_is_selected_in_the_order_of_the_page(page, table, data):
    all_ids = ids(data)
    select_range(page, all_ids[6], all_ids[3])
    eventually(lambda: table.selection.value == all_ids[3:7])
    select_range(page, all_ids[0], all_ids[0], adds=True)
    eventually(lambda: table.selection.value == [*all_ids[3:7], all_ids[0]])
    by_score = sorted(data.items(), key=lambda it: -it["score"])
    first, last = by_score[1]["id"], by_score[4]["id"]
    select_range(page, first, last, sort="score", descending=True)
    eventually(lambda: table.selection.value == [it["id"] for it in by_score[1:5]])
    select_range(page, "", "")
    eventually(lambda: table.selection.value == all_ids)


def test_a_range_whose_begin_was_removed_is_its_end(page, table, data):
    last = ids(data)[4]
    select_range(page, "gone", last)
    eventually(lambda: table.selection.value == [last])
    select_range(page, last, "gone")
    eventually(lambda: table.selection.value == [])


def test_a_range_is_refused_where_it_is_too_long_or_one_row_is_all(page, table, monkeypatch):
    monkeypatch.setattr(dataset_table, "MAX_RANGE", 9)
    select_range(page, "", "")
    assert "range: expected at most 9 rows" in page.answer("rejected")["reason"]
    table.single_selection = True
    select_range(page, "", "")
    eventually(lambda: "several rows" in page.messages("rejected")[-1]["reason"])
    assert table.selection.value == []


def test_what_is_removed_leaves_the_selection(table, data):
    first, second, third, *_ = ids(data)
    table.selection.set([first, second, third])
    data.remove([second])
    eventually(lambda: table.selection.value == [first, third])
    data.sift({"id": {"$ne": third}})
    eventually(lambda: table.selection.value == [first])
    data.sift()


@pytest.mark.parametrize("bad", ["abc", [1], None])
def test_a_bad_selection_is_refused_and_changes_nothing(page, table, data, bad):
    table.selection.set(ids(data)[:1])
    page.write(selection=bad)
    assert "selection" in page.answer("rejected")["reason"]
    assert table.selection.value == ids(data)[:1]


def test_a_click_is_an_event(page, table, data):
    clicks: list[str] = []
    table.clicked.subscribe(clicks.append)
    page.send(kind="clicked", id=ids(data)[3])
    page.send(kind="clicked", id=ids(data)[3])
    eventually(lambda: clicks == [ids(data)[3]] * 2)


# Description and life


def test_static_html_shows_the_first_rows(table, data):
    data.patch(ids(data)[0], {"y": HOSTILE})
    html = table.static_html()
    assert "<img src=x" not in html
    assert "&lt;img src=x onerror=alert(1)&gt;" in html
    assert html.count(THUMBNAIL) == 10
    data.create({"x": [1]})
    assert "and 1 more" in table.static_html()


@pytest.mark.parametrize(
    ("columns", "error"),
    [("y", TypeError), ([1], ValueError), (["a'b"], ValueError), ([""] * 51, ValueError)],
    ids=["text", "number", "quote", "many"],
)
def test_bad_columns_are_refused_by_name(data, columns, error):
    with pytest.raises(error, match=r"columns.*: expected"):
        DatasetTable(data, columns)


def test_what_is_no_dataset_is_refused():
    with pytest.raises(TypeError, match="dataset: expected a Dataset"):
        DatasetTable("gestures")  # type: ignore[arg-type]


def test_close_frees_everything():
    data = Dataset("table that is closed")
    table = DatasetTable(data)
    gone = weakref.ref(table)
    table.close()
    del table
    assert data.changes._subscriptions == ()
    eventually(lambda: (gc.collect(), gone() is None)[1])
