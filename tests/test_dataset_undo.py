import itertools

import pytest

from marcelle_nb.data.dataset import Dataset
from tests.stores import KINDS, open_store

numbers = itertools.count()


@pytest.fixture(params=KINDS)
def data(request):
    data = Dataset(f"undone {next(numbers)}", open_store(request.param, request))
    data.create([{"x": [i], "y": "ab"[i % 2]} for i in range(6)])
    return data


def rows(data):
    return [(instance["id"], instance["y"]) for instance in data.items()]


def ids(data, label):
    return [it["id"] for it in data.items({"y": label})]


CHANGES = {
    "remove": lambda d: d.remove(ids(d, "a")[1:]),
    "remove by query": lambda d: d.remove(None, {"y": "b"}),
    "clear": lambda d: d.clear(),
    "relabel": lambda d: d.relabel(ids(d, "a"), "b"),
    "relabel by query": lambda d: d.relabel(None, "c", {"y": "b"}),
    "relabel all": lambda d: d.relabel(None, None),
}
TEXTS = {
    "remove": "2 instances deleted",
    "remove by query": "3 instances deleted",
    "clear": "6 instances deleted",
    "relabel": "3 instances relabelled as 'b'",
    "relabel by query": "3 instances relabelled as 'c'",
    "relabel all": "6 instances relabelled without a label",
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_taken_back(data, name):
    before = rows(data)
    CHANGES[name](data)
    assert rows(data) != before
    assert data.undoable.value == TEXTS[name]
    assert data.undo() == f"Undone: {TEXTS[name]}"
    assert (rows(data), data.undoable.value, data.undo()) == (before, "", "")


def test_only_the_last_change_of_this_object_is_taken_back(data):
    other = Dataset(data.name, data.store)
    data.remove(ids(data, "a"))
    data.relabel(ids(data, "b"), "c")
    other.clear()
    assert data.undo() == (
        "Undone: 3 instances relabelled as 'c' (3 instances changed since, and left as they are)"
    )
    assert rows(data) == []
    other.undo()
    assert [y for _, y in rows(data)] == ["c", "c", "c"]


def test_what_others_changed_since_stays(data):
    other = Dataset(data.name, data.store)
    first, second, third = ids(data, "a")
    data.relabel([first, second, third], "c")
    other.relabel(second, "d")
    assert data.undo().endswith("(1 instance changed since, and left as they are)")
    assert [data.get(it)["y"] for it in (first, second, third)] == ["a", "d", "a"]
    data.remove([first, second])
    other.restore(other.remove(third))
    assert data.undo() == "Undone: 2 instances deleted"
    assert ids(data, "a") == [first, third]


def test_what_was_put_back_already_is_left_alone(data):
    removed = data.remove(ids(data, "a"))
    data.restore(removed[:1])
    assert data.undo().endswith("(1 instance changed since, and left as they are)")
    assert len(rows(data)) == 6


def test_nothing_to_do_keeps_what_can_be_undone(data):
    data.remove(ids(data, "a"))
    data.remove([])
    data.relabel([], "x")
    data.relabel(None, "x", {"y": "nothing"})
    assert data.undoable.value == "3 instances deleted"


@pytest.mark.parametrize("label", [3, 3.0, ""])
def test_a_label_that_is_written_otherwise_than_it_was_given_is_taken_back(label):
    data = Dataset("undone numbers")
    data.clear()
    identifier = data.create({"x": [1], "y": "a"})
    data.relabel([identifier], label)
    assert data.get(identifier)["y"] == ("3" if label else None)
    data.undo()
    assert data.get(identifier)["y"] == "a"
