import itertools
import subprocess
import sys
import threading

import pytest

from marcelle_nb.data.collection import Collection
from marcelle_nb.data.dataset import Dataset
from marcelle_nb.errors import BadRequest, Unavailable
from tests.eventually import eventually
from tests.stores import KINDS, open_store

numbers = itertools.count()


@pytest.fixture(params=KINDS)
def store(request):
    return open_store(request.param, request)


@pytest.fixture
def data(store):
    return Dataset(f"told {next(numbers)}", store)


def listen(data):
    told = []
    data.changes.subscribe(
        lambda changes: told.append([(it["type"], it.get("data", {}).get("y")) for it in changes])
    )
    return told


def test_datasets_that_share_a_service_hear_nothing_of_each_other(store):
    name = f"shared_service {next(numbers)}"
    one, other = Dataset(name, store), Dataset(name.replace(" ", "_"), store)
    assert one._collection.service is other._collection.service
    told, counts = listen(other), list[int]()
    other.count.subscribe(counts.append)
    identifier = one.create({"x": [1], "y": "a"})
    one.patch(identifier, {"y": "b"})
    with pytest.raises(LookupError):
        other.remove(identifier)
    assert (other.clear(), other.relabel(None, "x"), other.find()["total"]) == ([], [], 0)
    other.create({"x": [1], "y": "own"})
    assert (told, counts, one.labels) == ([[("created", "own")]], [0, 1], ["b"])


def test_the_count_needs_no_subscriber_and_starts_anew_for_one(data):
    counts: list[int] = []
    data.create({"x": [1]})
    stop = data.count.subscribe(counts.append)
    stop()
    data.create({"x": [1]})
    assert data.count.value == 2
    data.count.subscribe(counts.append)
    data.count.map(lambda n: n * 10).subscribe(counts.append)
    data.create({"x": [1]})
    assert counts == [1, 2, 20, 3, 30]


def test_a_replaced_subscription_leaves_one(data):
    counts: list[int] = []
    for _ in range(3):
        data.count.subscribe(counts.append, key="cell")
    data.create({"x": [1]})
    assert counts == [0, 0, 0, 1]


def test_an_update_is_told_and_many_at_once_are_one_list(data):
    ids = data.create([{"x": [i], "y": "a"} for i in range(3)])
    told = listen(data)
    data.update(ids[0], {"x": [9], "y": "new"})
    data.patch(None, {"note": 1}, {"y": "a"})
    assert told == [[("updated", "new")], [("updated", "a")] * 2]


# A sift


def test_a_sift_limits_everything(data):
    data.create([{"x": [i], "y": "ab"[i % 2]} for i in range(6)])
    assert data.sift({"y": "a"}) is data
    assert (data.count.value, data.labels, len(data.to_arrays()[1])) == (3, ["a"], 3)
    assert (data.find()["total"], data.distinct("y"), len(list(data.items()))) == (3, ["a"], 3)
    assert len(data.relabel(None, "c")) == 3
    assert data.count.value == 0
    data.sift()
    assert data.label_counts() == {"c": 3, "b": 3}
    assert Dataset(data.name, data.store).count.value == 6


def test_an_instance_out_of_the_sift_is_not_found(data):
    identifier = data.create({"x": [1], "y": "b"})
    data.sift({"y": "a"})
    for act in (data.get, data.remove, lambda it: data.patch(it, {"n": 1})):
        with pytest.raises(LookupError):
            act(identifier)


def test_the_streams_follow_a_sift(data):
    first, second, _ = data.create([{"x": [i], "y": y} for i, y in enumerate("abc")])
    told, counts = listen(data), list[int]()
    data.count.subscribe(counts.append)
    data.sift({"y": {"$in": ["a", "b"]}})
    other = Dataset(data.name, data.store)
    data.patch(first, {"y": "c"})  # leaves
    other.patch(first, {"y": "b"})  # enters
    data.patch(second, {"note": 1})
    data.create([{"x": [1], "y": "z"}, {"x": [1], "y": "a"}])
    other.remove(None, {"y": {"$in": ["b", "c"]}})  # two are in the sift, one never was
    data.sift()
    assert told == [
        [("created", None)],
        [("removed", "c")],
        [("created", "b")],
        [("updated", "b")],
        [("created", "a")],
        [("removed", "b"), ("removed", "b")],
        [("created", None)],
    ]
    assert counts == [3, 2, 1, 2, 3, 1, 2]


@pytest.mark.parametrize("query", [{"$limit": 3}, {"y": {"$regex": "a"}}, {"$sort": {"y": 1}}, 5])
def test_a_sift_takes_conditions_alone(query):
    with pytest.raises(BadRequest):
        Dataset("sifted").sift(query)


def test_a_sift_while_a_change_is_told_counts_it_once(data):
    other, begun, go_on = Dataset(data.name, data.store), threading.Event(), threading.Event()

    def slow(_):
        begun.set()
        assert go_on.wait(20)

    data.changes.subscribe(slow)
    told, counts = listen(other), list[int]()
    other.count.subscribe(counts.append)
    writer = threading.Thread(target=data.create, args=({"x": [1]},))
    writer.start()
    assert begun.wait(20)
    other.sift()  # who reads all anew now reads the new one too
    go_on.set()
    writer.join()
    assert (counts, told) == ([0, 1], [[("created", None)]])


@pytest.fixture
def offline(data, monkeypatch):
    """A switch: while it is in the set, the dataset cannot be counted."""
    switch = set[str]()
    for name in ("count", "matching"):
        real = getattr(Collection, name)

        def failing(self, *given, real=real):
            if switch:
                raise Unavailable("no answer")
            return real(self, *given)

        monkeypatch.setattr(Collection, name, failing)
    return switch


def test_a_sift_that_fails_changes_nothing(data, offline):
    data.create([{"x": [1], "y": y} for y in "aab"])
    told, counts = listen(data), list[int]()
    data.count.subscribe(counts.append)
    offline.add("off")
    with pytest.raises(Unavailable):
        data.sift({"y": "a"})
    offline.clear()
    data.create({"x": [1], "y": "b"})
    assert (data.find()["total"], counts) == (4, [3, 4])
    assert told == [[("created", "b")]]


def as_foreign(data, monkeypatch):
    """Tell of changes as of those by other processes."""
    post = type(data._collection.service.events).post
    monkeypatch.setattr(
        type(data._collection.service.events),
        "post",
        lambda self, kind, rows, is_local=False: post(self, kind, rows, is_local=False),
    )


def test_what_happens_while_the_store_cannot_be_counted_is_told_and_counted_later(
    data, offline, monkeypatch
):
    told, counts = listen(data), list[int]()
    data.count.subscribe(counts.append)
    as_foreign(data, monkeypatch)
    offline.add("off")
    data.create({"x": [1], "y": "a"})
    data.create({"x": [1], "y": "b"})
    assert (told, counts) == ([[("created", "a")], [("created", "b")]], [0])
    offline.clear()
    eventually(lambda: counts == [0, 2])
    data.create({"x": [1], "y": "c"})
    assert counts == [0, 2, 3]


def test_a_sift_that_cannot_be_followed_for_a_while_is_to_be_read_anew(data, offline):
    data.sift({"y": "a"})
    told, counts = listen(data), list[int]()
    data.count.subscribe(counts.append)
    offline.add("off")
    data.create([{"x": [1], "y": y} for y in "aab"])
    assert told == []
    offline.clear()
    eventually(lambda: (told, counts) == ([[("created", None)]], [0, 2]))


def test_a_subscription_that_fails_is_not_there(data, offline):
    told = list[object]()
    offline.add("off")
    for stream in (data.changes, data.count, data.count.map(str)):
        with pytest.raises(Unavailable):
            stream.subscribe(told.append)
    offline.clear()
    data.create({"x": [1]})
    assert told == []
    data.changes.subscribe(told.append)
    data.create({"x": [1]})
    assert len(told) == 1


# Other processes

WRITER = """
import sys
from marcelle_nb.data.collection import Collection
from marcelle_nb.data.dataset import Dataset
data = Dataset(sys.argv[2], sys.argv[1])
ids = data.create([{"x": [i], "y": "a"} for i in range(30)])
data.relabel(ids[:10], "b")
for id in ids[:3]:
    data.remove(id)
print("done", flush=True)
"""


def write(data):
    location = getattr(data.store._location, "url", None) or data.store.location
    if not isinstance(location, str):
        location = location.render_as_string(hide_password=False)
    subprocess.run([sys.executable, "-c", WRITER, location, data.name], check=True)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_what_another_process_writes_is_told(kind, request):
    data = Dataset(f"told {next(numbers)}", open_store(kind, request))
    told, counts = listen(data), list[int]()
    data.count.subscribe(counts.append)
    data.create({"x": [0], "y": "own"})
    write(data)

    def types():
        return [type_ for changes in told for type_, _ in changes]

    eventually(lambda: counts[-1] == 28 and types().count("removed") == 3)
    assert data.label_counts() == {"own": 1, "b": 7, "a": 20}
    assert types().count("created") >= 28
    data.create({"x": [0], "y": "own"})
    assert counts[-1] == 29


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_sift_follows_another_process(kind, request):
    data = Dataset(f"told {next(numbers)}", open_store(kind, request)).sift({"y": "b"})
    counts: list[int] = []
    data.count.subscribe(counts.append)
    write(data)
    eventually(lambda: counts[-1] == 7)
