"""Labels are found as they are shown, whoever wrote them."""

import itertools
from typing import Any

import numpy as np
import pytest

from marcelle_nb.data.dataset import Dataset
from marcelle_nb.data.shown_list import ShownList
from tests.stores import KINDS, open_store

numbers = itertools.count()

ROWS: list[dict[str, Any]] = [
    *({"x": [1], "y": y} for y in ("3", 3, 3.0, 3.5, 1e21, "a", "wave", None, "", True, "True", 1)),
    {"x": [1]},
    *({"features": [[1]], "label": label} for label in ("3", "a", "old", "", None)),
    {"features": np.ones((1, 1)), "label": "wave"},
    {"features": [[1]], "label": "old", "y": "new"},
    {"x": [1], "label": "a"},
    {"x": [1], "label": "a", "features": "v1", "y": "b"},
    {"x": [1], "y": "3.0"},
    *({"x": [1], "y": y} for y in ("nan", "NaN", "Infinity", "1e21", "a" * 300, "é", 0, -0.0)),
]
SHOWN = [
    *("3", "3", "3", "3.5", "1e+21", "a", "wave", None, None, "True", "True", "1"),
    *(None, "3", "a", "old", None, None, "wave", "new", None, "b", "3.0"),
    *("nan", "NaN", "Infinity", "1e21", "a" * 300, "é", "0", "0"),
]


@pytest.fixture(params=KINDS)
def data(request):
    data = Dataset(f"of clients {next(numbers)}", open_store(request.param, request))
    rows = [row | {"datasetName": data.name} for row in ROWS]
    data._collection.service.create(rows)
    return data


def shown(instances):
    return [instance["y"] for instance in instances]


def test_rows_of_all_clients_show_labels(data):
    assert shown(data.items()) == shown(data.find()["data"]) == SHOWN
    labels = [label for label in dict.fromkeys(SHOWN) if label]
    assert data.labels == data.distinct("y") == labels
    assert data.label_counts() == {label: SHOWN.count(label) for label in labels}


@pytest.mark.parametrize("label", [*dict.fromkeys(SHOWN), "", "none such", 3, 3.0, 3.5, True, 1, 0])
def test_what_is_shown_with_a_label_is_found_by_it(data, label):
    text = {"": None, 3: "3", 3.5: "3.5", 0: "0", 1: "1"}.get(label, label)
    text = "True" if label is True else text
    n = SHOWN.count(text)
    queries: list[dict[str, Any]] = [
        {"y": label},
        {"y": {"$in": [label]}},
        {"$and": [{"y": label}]},
        {"$or": [{"y": label}, {"y": "none such"}]},
        {"$not": {"y": {"$ne": label}}},
        {"$not": {"y": {"$nin": [label]}}},
    ]
    for query in queries:
        assert shown(data.find(query)["data"]) == [text] * n, query
        assert data.find({**query, "$limit": 0})["total"] == n
    others = [it for it in SHOWN if it != text]
    assert shown(data.items({"y": {"$ne": label}})) == others
    assert shown(data.items().query({"y": label})) == [text] * n
    assert shown(data.items({"y": label}).query({"y": label})) == [text] * n
    assert shown(data.items().query({"y": {"$nin": [label]}})) == others
    assert data.find({"y": label, "$distinct": "y"}) == ([text] if text and n else [])
    assert isinstance(data.find({"y": label, "$distinct": "y"}), ShownList)


def test_several_labels_and_none_are_found_at_once(data):
    wanted = ["wave", None, "3", "old"]
    for given in (wanted, ["wave", "", 3, "old"]):
        assert shown(data.items({"y": {"$in": given}})) == [it for it in SHOWN if it in wanted]
        others = [it for it in SHOWN if it not in wanted]
        assert shown(data.items({"y": {"$nin": given}})) == others
    assert shown(data.items({"y": {"$in": []}})) == []


def test_texts_are_compared_with_labels_of_the_first_versions_too(data):
    assert shown(data.items({"y": {"$gte": "new", "$lt": "x"}})) == ["wave", "old", "wave", "new"]
    assert shown(data.items({"y": {"$lte": ""}})) == []
    assert [it for it in shown(data.items({"y": {"$gte": ""}})) if it is None] == []
    assert shown(data.items({"y": {"$gte": None}})) == [None] * SHOWN.count(None)
    assert shown(data.items({"y": {"$gt": None}})) == []


def test_what_is_found_can_be_changed_and_removed(data):
    assert len(data.patch(None, {"note": 1}, {"y": "wave"})) == 2
    assert data.find({"note": 1, "y": "wave"})["total"] == 2
    before = list(data.items())
    assert shown(data.remove(None, {"y": "old"})) == ["old"]
    assert shown(data.relabel(None, "hello", {"y": "wave"})) == ["wave", "wave"]
    assert (data.label_counts()["hello"], "wave" in data.labels) == (2, False)
    data.undo()
    data.sift({"y": {"$in": ["wave", None]}})
    expected = [it["id"] for it in before if it["y"] in ("wave", None)]
    assert [it["id"] for it in data.items()] == expected
    assert (data.count.value, data.labels) == (len(expected), ["wave"])
    assert len(data.relabel(None, "z")) == len(expected)
    assert data.count.value == 0


def test_a_sifted_dataset_hears_of_labels_as_they_are_shown(data):
    heard: list[tuple[str, Any]] = []
    data.sift({"y": "old"})
    stop = data.changes.subscribe(lambda it: heard.extend((c["type"], c["data"]["y"]) for c in it))
    other = Dataset(data.name, data.store)
    (identifier,) = [it["id"] for it in other.items({"y": "old"})]
    other.patch(identifier, {"y": "else"})
    other.patch(identifier, {"y": "old"})
    stop()
    assert heard == [("removed", "else"), ("created", "old")]


def test_all_labels_can_be_taken_away_and_given_back(data):
    before = data.relabel(None, None)
    assert shown(before) == SHOWN
    assert shown(data.items()) == [None] * len(SHOWN)
    assert data.labels == []
    assert data.undo() == f"Undone: {len(SHOWN)} instances relabelled without a label"
    assert shown(data.items()) == SHOWN


def test_a_label_of_the_first_versions_stays_with_a_new_x_and_goes_when_it_is_taken(data):
    first, second = [it["id"] for it in data.items({"y": "wave"})]
    assert data.patch(second, {"x": [5, 6]})["y"] == "wave"
    assert data.get(second)["x"].tolist() == [5, 6]
    assert data.patch(first, {"y": None})["y"] is None
    (old,) = [it["id"] for it in data.items({"y": "old"})]
    assert data.patch(old, {"y": ""})["y"] is data.get(old)["y"] is None
    assert data.patch(old, {"y": "old again"})["y"] == "old again"


FIELDS = [["x"], ["y"], ["x", "y"], ["label"], ["features"], ["y", "note"], []]


@pytest.mark.parametrize("fields", FIELDS)
def test_a_selection_is_of_what_is_shown(data, fields):
    whole = list(data.items())
    parts = [{k: it for k, it in i.items() if k in ("id", *fields)} for i in whole]
    found = [
        list(data.items().select(fields)),
        data.find({"$select": fields})["data"],
        list(data.items({"$select": fields})),
    ]
    for instances in found:
        assert [set(it) for it in instances] == [set(it) for it in parts]
        assert [str(it) for it in map(sorted_items, instances)] == [
            str(it) for it in map(sorted_items, parts)
        ]


def sorted_items(instance):
    return sorted(instance.items())


def test_arrays_have_the_labels_of_all_clients(data):
    data.remove(None, {"y": None})
    x, y = data.to_arrays()
    assert (x.shape, y) == ((len(y), 1), [it for it in SHOWN if it])


def test_only_a_selected_label_is_shown():
    data = Dataset("selected")
    data.clear()
    data.create({"x": [1.0], "y": "a"})
    assert [set(it) for it in data.items().select(["x"])] == [{"id", "x"}]
    assert [set(it) for it in data.find({"$select": ["x"]})["data"]] == [{"id", "x"}]


def test_labels_are_found_in_an_index(tmp_path):
    data = Dataset("indexed", tmp_path / "store.db")
    data.create([{"x": [i], "y": "ab"[i % 2]} for i in range(4)])
    damage = "UPDATE marcelle_documents SET body = 'x'"
    data.store._storage.write(lambda it: it.exec_driver_sql(damage))
    assert data.find({"y": "a", "$limit": 0})["total"] == 2
    assert data.sift({"y": {"$in": ["b", "c"]}}).count.value == 2
    data.store.close()


def test_rows_of_the_first_versions_are_found_as_soon_as_they_are_there(data):
    data.remove(None)
    assert data.find({"y": "wave"})["total"] == 0
    data.undo()
    assert data.find({"y": "wave"})["total"] == 2
