import itertools
import re
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marcelle_nb.data.dataset import Dataset
from marcelle_nb.errors import InstanceNotFound, InstanceRejected
from tests.stores import KINDS, open_store

numbers = itertools.count()


@pytest.fixture(params=KINDS)
def store(request):
    store = open_store(request.param, request)
    yield store
    if request.param != "memory":
        store.close()


@pytest.fixture
def data(store):
    return Dataset(f"of a test, {next(numbers)}", store)


@pytest.fixture
def abc(data):
    """A dataset of three instances, labelled a, b, c, and their ids."""
    return data, data.create([{"x": [i], "y": label} for i, label in enumerate("abc")])


def listen(data):
    events = []
    data.changes.subscribe(
        lambda changes: events.append([(it["type"], it["data"]["y"]) for it in changes])
    )
    return events


def labels_of(data):
    return [instance["y"] for instance in data.items()]


def test_one_instance_gives_one_id_and_a_list_gives_a_list(data):
    one, many = data.create({"x": [1]}), data.create([{"x": [2]}, {"x": [3]}])
    ids = [one, *many]
    assert ids == [instance["id"] for instance in data.items()]
    assert len(set(ids)) == data.count.value == 3
    assert all(re.fullmatch("[0-9a-f]{24}", identifier) for identifier in ids)


def test_a_list_with_a_bad_instance_creates_none(data):
    events = listen(data)
    with pytest.raises(InstanceRejected):
        data.create([{"x": [1]}, {"y": "a"}])
    assert (data.count.value, events) == (0, [])


def test_an_instance_carries_its_dates_as_javascript_writes_them(data):
    identifier = data.create({"x": [1]})
    created = data.get(identifier)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", created["createdAt"])
    patched = data.patch(identifier, {"y": "a"})
    assert patched["createdAt"] == created["createdAt"] <= patched["updatedAt"]


def test_what_comes_out_is_a_copy(abc):
    data, (first, *_) = abc
    instance = data.get(first)
    instance["y"] = "z"
    next(iter(data.items()))["y"] = "z"
    assert labels_of(data) == ["a", "b", "c"]
    with pytest.raises(ValueError, match="read-only"):
        instance["x"][:] = 0


def test_the_same_name_is_the_same_data(store):
    name = f"shared by a test, {next(numbers)}"
    one, other = Dataset(name, store), Dataset(name, store)
    one.create({"x": [1], "y": "a"})
    assert other.labels == ["a"]
    counts: list[int] = []
    other.count.subscribe(counts.append)
    one.create({"x": [2], "y": "b"})
    assert counts == [1, 2]


def test_labels_and_counts_come_in_first_seen_order(data):
    data.create([{"x": [1], "y": label} for label in ("b", "10", None, "a", "10")])
    assert data.labels == ["b", "10", "a"]
    assert data.label_counts() == {"b": 1, "10": 2, "a": 1}


def test_features_are_told(data):
    data.create([{"x": [1], "features": name} for name in ("v1", None, "v2", "v1")])
    assert data.features == ["v1", None, "v2"]


def test_arrays_follow_the_order_of_the_instances(abc):
    x, y = abc[0].to_arrays()
    assert (x.tolist(), y) == ([[0], [1], [2]], ["a", "b", "c"])


def test_a_row_that_does_not_fit_is_refused_when_arrays_are_made(abc):
    data, _ = abc
    wide = data.create({"x": [1, 2], "y": "a"})
    with pytest.raises(InstanceRejected, match=f"x of instance {wide}: expected shape"):
        data.to_arrays()


def test_every_change_is_told_once_as_it_is_then(abc):
    data, (a, b, c) = abc
    events = listen(data)
    data.create({"x": [3], "y": "d"})
    data.patch(a, {"y": "A"})
    data.relabel([b, c], "x")
    removed = data.remove([a, c])
    data.restore(removed)
    data.clear()
    assert events == [
        [("created", "d")],
        [("updated", "A")],
        [("updated", "x"), ("updated", "x")],
        [("removed", "A"), ("removed", "x")],
        [("created", "A"), ("created", "x")],
        [("removed", "A"), ("removed", "x"), ("removed", "x"), ("removed", "d")],
    ]


def test_the_count_is_told_when_it_changes(abc):
    data, (a, b, _) = abc
    counts: list[int] = []
    data.count.subscribe(counts.append)
    data.patch(a, {"y": "z"})
    data.remove(a)
    data.remove([b])
    data.clear()
    assert counts == [3, 2, 1, 0]


def test_nothing_is_told_of_no_change(data):
    events = listen(data)
    data.create([])
    data.remove([])
    data.clear()
    data.relabel([], "a")
    data.restore([])
    assert events == []


def test_a_subscriber_may_change_the_data(data):
    events = listen(data)
    data.changes.subscribe(lambda _: data.count.value < 3 and data.create({"x": [1], "y": "more"}))
    data.create({"x": [1], "y": "first"})
    assert events == [[("created", "first")], [("created", "more")], [("created", "more")]]


def test_relabel_gives_what_was_before(abc):
    data, (a, b, c) = abc
    before = data.relabel([c, a], None)
    assert [(it["id"], it["y"]) for it in before] == [(c, "c"), (a, "a")]
    assert labels_of(data) == [None, "b", None]
    data.relabel(b, 5)
    assert labels_of(data) == [None, "5", None]


def test_a_new_x_takes_its_features_with_it(data):
    identifier = data.create({"x": [1], "features": "v1"})
    assert data.patch(identifier, {"note": 1})["features"] == "v1"
    assert "features" not in data.patch(identifier, {"x": [2]})


def test_an_instance_that_was_read_can_be_written_back(abc):
    data, (a, *_) = abc
    assert data.patch(a, data.get(a) | {"y": "z"})["y"] == "z"
    with pytest.raises(InstanceRejected, match=f"id: expected '{a}', got 'other'"):
        data.patch(a, {"id": "other"})
    with pytest.raises(InstanceRejected, match="x: expected numbers or an image, got none"):
        data.patch(a, {"x": None})


@pytest.mark.parametrize("identifier", ["", "0" * 24, None, 5, ("a",)])
def test_an_unknown_id_is_not_found_and_nothing_happens(abc, identifier):
    data, (a, *_) = abc
    acts = [data.get, lambda it: data.remove([a, it]), lambda it: data.update(it, {"x": [1]})]
    if identifier is not None:  # which stands for all
        acts.append(lambda it: data.patch(it, {}))
    for act in acts:
        with pytest.raises(InstanceNotFound, match="id: expected that of an instance, got"):
            act(identifier)
    assert data.count.value == 3


def test_what_is_still_there_or_never_was_cannot_be_restored(abc):
    data, (a, *_) = abc
    removed = data.remove(a)
    for bad in (
        [*removed, next(iter(data.items()))],
        [*removed, {"x": [1], "id": "0" * 24}],
        [{"x": [1]}],
    ):
        with pytest.raises(InstanceRejected, match="id: expected that of a removed instance, got"):
            data.restore(bad)
    assert data.count.value == 2


@settings(deadline=None)
@given(st.lists(st.lists(st.integers(0, 9), unique=True, min_size=1), max_size=5), st.randoms())
def test_however_instances_leave_and_return_they_are_as_before(groups, random):
    data = Dataset(f"of a test, {next(numbers)}")
    ids = data.create([{"x": [i], "y": str(i), "thumbnail": None} for i in range(10)])
    before = list(data.items())
    removed = []
    for group in groups:
        there = {instance["id"] for instance in data.items()}
        removed.append(data.remove([ids[i] for i in group if ids[i] in there]))
    random.shuffle(removed)
    for part in removed:
        data.restore(part)
    assert list(data.items()) == before


def test_cleared_instances_return_in_order_before_newer_ones(abc):
    data, ids = abc
    removed = data.clear()
    assert (data.count.value, data.labels) == (0, [])
    data.create({"x": [9], "y": "new"})
    data.restore(removed)
    assert labels_of(data) == ["a", "b", "c", "new"]
    assert [instance["id"] for instance in data.items()][:3] == ids


def test_threads_that_write_hard_are_told_of_in_the_order_of_the_changes(data):
    told, counts = list[str](), list[int]()
    data.changes.subscribe(lambda changes: told.extend(it["data"]["id"] for it in changes))
    data.count.subscribe(counts.append)

    def work():
        for _ in range(200):
            data.create({"x": [1], "y": "a"})

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told == [instance["id"] for instance in data.items()]
    assert counts == list(range(801))


def test_a_slow_subscriber_holds_up_no_other_thread(data):
    inside, go_on = threading.Event(), threading.Event()

    def wait(changes):
        inside.set()
        go_on.wait(10)

    data.changes.subscribe(wait)
    slow = threading.Thread(target=data.create, args=({"x": [1]},))
    slow.start()
    inside.wait(10)
    data.create({"x": [2]})
    assert data.count.value == 2
    go_on.set()
    slow.join()


@pytest.mark.parametrize("name", ["", None, 5])
def test_a_dataset_needs_a_name(name):
    with pytest.raises(ValueError, match="name: expected a text that is not empty, got"):
        Dataset(name)


@pytest.mark.parametrize("name", ["a" * 181, "nul\0", "half \ud800"])
def test_a_name_that_no_store_takes_is_refused(name):
    with pytest.raises(ValueError, match="name: expected"):
        Dataset(name)


ADDRESS = "postgresql://bob:s3cret@h/d"


@pytest.mark.parametrize(
    "store", [5, object(), ADDRESS.encode(), [ADDRESS], (ADDRESS,), {"url": ADDRESS}]
)
def test_what_is_no_store_is_refused_and_not_repeated(store):
    rule = "store: expected None, a location or a DataStore, got a "
    with pytest.raises(TypeError, match=rule) as caught:
        Dataset("a", store=store)
    assert "s3cret" not in str(caught.value)


def test_it_says_what_it_is(abc):
    data, (a, *_) = abc
    assert str(data) == f"{data.name}, 3 instances of 3 labels"
    data.remove(a)
    data.relabel([it["id"] for it in data.items()], "b")
    assert (
        repr(data)
        == f"<Dataset {data.name}, 2 instances of 1 label, in {data.store._location.brief}>"
    )
    assert data.where == data.store.where


def test_images_are_instances(data):
    image = np.full((4, 6, 3), 9, np.uint8)
    data.create({"x": image, "y": "a", "thumbnail": image})
    assert data.to_arrays()[0].shape == (1, 4, 6, 3)
    assert next(iter(data.items()))["thumbnail"].startswith("data:image/jpeg;base64,")
