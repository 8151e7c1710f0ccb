import gc
import itertools
import threading

import numpy as np
import pytest
import sqlalchemy as sa
from PIL import Image

from marcelle_nb.data.dataset import Dataset
from marcelle_nb.data.dataset_undo import counted
from marcelle_nb.data.tables import documents
from marcelle_nb.errors import InstanceNotFound, Unavailable
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


def refusing(data, monkeypatch, times=1):
    """Let the next changes of the data fail, as while somebody else holds a file."""
    storage = data.store._storage
    write, left = storage.write, [times]

    def refused(*args, **options):
        if left[0]:
            left[0] -= 1
            raise Unavailable("locked just now")
        return write(*args, **options)

    monkeypatch.setattr(storage, "write", refused)


@pytest.mark.parametrize("name", CHANGES)
def test_what_could_not_be_taken_back_still_can_be(data, name, monkeypatch):
    before = rows(data)
    CHANGES[name](data)
    refusing(data, monkeypatch)
    with pytest.raises(Unavailable):
        data.undo()
    assert data.undoable.value == TEXTS[name]
    assert (data.undo(), rows(data)) == (f"Undone: {TEXTS[name]}", before)


def test_what_could_not_be_taken_back_gives_way_to_what_is_newer(data, monkeypatch):
    def interrupted(taken):
        monkeypatch.undo()
        data.relabel(None, "c")
        raise Unavailable("locked just now")

    monkeypatch.setattr(data._collection.service, "put_back", interrupted)
    data.remove(ids(data, "a"))
    with pytest.raises(Unavailable):
        data.undo()
    assert data.undoable.value == "3 instances relabelled as 'c'"


LABELS = [["l"], {"a": [1]}, True, 1, 1.5, "1", "", None, np.array([1.0, 2.0]), [np.arange(2)]]


def test_labels_of_any_client_are_taken_back_as_they_were(data):
    service = data._collection.service
    service.create([{"x": [1], "y": y, "datasetName": data.name} for y in LABELS])
    service.create([{"x": [1], "datasetName": data.name}])

    def stored():
        return [repr(it.get("y")) for it in service.items({"datasetName": data.name})]

    before = stored()
    for label in ("z", None, 1, True):
        data.relabel(None, label)
        assert len({*stored()}) == 1
        assert data.undo() == f"Undone: {data.count.value} instances relabelled " + (
            "without a label" if label is None else f"as '{label}'"
        )
        assert stored() == before


def test_a_relabelling_overwrites_nothing_that_matches_no_more(data, monkeypatch):
    first, second, third = ids(data, "a")
    other = Dataset(data.name, data.store)
    storage = data.store._storage
    write = storage.write

    def after_another(*args, **options):
        monkeypatch.undo()
        other.patch(first, {"y": "of a teacher"})
        return write(*args, **options)

    monkeypatch.setattr(storage, "write", after_another)
    assert [it["id"] for it in data.relabel(None, "z", {"y": "a"})] == [second, third]
    assert data.get(first)["y"] == "of a teacher"
    assert data.undo() == "Undone: 2 instances relabelled as 'z'"
    assert data.get(first)["y"] == "of a teacher"


def test_a_relabelling_reads_and_changes_in_one_transaction(data, monkeypatch):
    storage = data.store._storage
    calls: list[bool] = []
    run = storage._run

    def counted(work, *, writes):
        calls.append(writes)
        return run(work, writes=writes)

    monkeypatch.setattr(storage, "_run", counted)
    chosen = [it["id"] for it in data.items()][:3]
    calls.clear()
    data.relabel(chosen, "z")
    data.relabel(None, "y", {"y": "z"})
    data.undo()
    assert calls == [True] * 3


def test_one_id_that_is_not_there_stops_all(data):
    before = rows(data)
    gone = data.remove(before[0][0])[0]["id"]
    data.undo()
    data.remove(gone)
    left = rows(data)
    for change in (lambda it: data.relabel(it, "z"), data.remove):
        with pytest.raises(InstanceNotFound, match=gone):
            change([left[0][0], gone, "nowhere"])
    assert rows(data) == left
    assert data.undo() == "Undone: 1 instance deleted"


def test_writers_that_relabel_the_same_at_once_each_know_what_was_there(data):
    other = Dataset(data.name, data.store)
    seen: list[list[str]] = []

    def relabel(dataset, label):
        labels = [f"{label}{n}" for n in range(10)]
        seen.extend([it["y"] for it in dataset.relabel(None, it)] for it in labels)

    threads = [
        threading.Thread(target=relabel, args=it) for it in ((data, "left"), (other, "right"))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # what each found was put there by one of the others, whole, and by each once
    found = [labels[0] for labels in seen if len({*labels}) == 1]
    assert len(found) == len({*found}) == 19


IMPORTS = {
    "upload": lambda d: d.upload(("a.csv", b"y,a\nx,1\nz,2\n")),
    "table": lambda d: d.from_csv(("a.csv", b"y,a\nx,1\nz,2\n")).ids,
}


@pytest.mark.parametrize("name", IMPORTS)
def test_an_import_that_ran_twice_is_taken_back_once(data, name):
    first = IMPORTS[name](data)
    once = rows(data)
    again = IMPORTS[name](data)
    assert data.undoable.value == "2 instances imported"
    data.remove(first[:1])
    data.undo()
    assert len(rows(data)) == len(once) + 2
    IMPORTS[name](data)
    assert data.undo() == "Undone: 2 instances imported"
    data.remove(again)
    assert rows(data) == once


def test_an_import_of_pictures_is_taken_back(data, tmp_path):
    (tmp_path / "cat").mkdir()
    Image.new("RGB", (4, 4)).save(tmp_path / "cat" / "a.png")
    before = rows(data)
    data.from_folder(tmp_path)
    assert data.undo() == "Undone: 1 instance imported"
    assert rows(data) == before


def test_large_numbers_are_written_with_commas():
    assert counted(10_000) == "10,000 instances"


def failing(data, monkeypatch, error, *, is_made):
    """Let the next change fail at its commit: nobody knows whether it was made."""
    storage = data.store._storage
    run = storage._run

    def lost(work, *, writes):
        def unanswered(connection):
            work(connection)
            raise error

        if not writes:
            return run(work, writes=writes)
        monkeypatch.undo()
        if is_made:
            run(work, writes=True)
            raise error
        return run(unanswered, writes=True)

    monkeypatch.setattr(storage, "_run", lost)


ERRORS = [Unavailable("the answer is lost"), KeyboardInterrupt()]
ALL = CHANGES | {"upload": IMPORTS["upload"]}


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("name", ALL)
def test_a_change_that_was_made_and_failed_is_taken_back(data, monkeypatch, name, error):
    before = rows(data)
    failing(data, monkeypatch, error, is_made=True)
    with pytest.raises(type(error)):
        ALL[name](data)
    assert rows(data) != before
    what = TEXTS.get(name, "2 instances imported")
    assert data.undoable.value == f"{what}, perhaps"
    Dataset("another", data.store).remove(None)  # throws away what nobody holds
    assert data.undo() == f"Undone: {what}"
    assert (rows(data), data.undoable.value) == (before, "")


@pytest.mark.parametrize("name", ALL)
def test_a_change_that_was_not_made_is_said_and_the_one_before_is_taken_back(
    data, monkeypatch, name
):
    before = rows(data)
    data.remove(before[5][0])
    one_less = rows(data)
    failing(data, monkeypatch, ERRORS[0], is_made=False)
    with pytest.raises(Unavailable):
        ALL[name](data)
    assert data.undo().startswith("Was not done: ")
    assert rows(data) == one_less
    assert data.undo() == "Undone: 1 instance deleted"
    assert rows(data) == before


def test_what_may_be_out_is_not_thrown_away_with_its_object(data, monkeypatch):
    before = {*data.store._storage.taken.kept}
    failing(data, monkeypatch, ERRORS[0], is_made=True)
    with pytest.raises(Unavailable):
        data.clear()
    (key,) = {*data.store._storage.taken.kept} - before
    data.create({"x": [1]})
    data.clear()
    gc.collect()
    data.create({"x": [1]})
    data.clear()
    is_one = documents.c.service == key
    number = sa.select(sa.func.count()).where(is_one)
    assert data.store._storage.read(lambda it: it.scalar(number)) == 6


@pytest.mark.parametrize("name", ALL)
def test_an_undo_that_failed_and_was_made_is_not_called_the_work_of_others(data, monkeypatch, name):
    before = rows(data)
    ALL[name](data)
    failing(data, monkeypatch, ERRORS[0], is_made=True)
    with pytest.raises(Unavailable):
        data.undo()
    assert "undone before or changed since" in data.undo()
    assert rows(data) == before


WORK = {
    "relabel": lambda d, it: d.relabel(it, "by hand"),
    "patch": lambda d, it: d.patch(it, {"note": "mine"}),
    "patch by query": lambda d, it: d.patch(None, {"x": [1, 2, 3]}, {"id": it}),
    "update": lambda d, it: d.update(it, {"x": [1, 2, 3], "y": "x"}),
    "service": lambda d, it: d._collection.service.patch(it, {"datasetName": d.name}),
}


@pytest.mark.parametrize("n", [3, 1_500])
@pytest.mark.parametrize("name", WORK)
def test_what_was_changed_since_its_import_stays(data, name, n):
    text = "y,a\n" + "".join(f"x,{i}\n" for i in range(n))
    before = rows(data)
    new = data.from_csv(("a.csv", text.encode())).ids
    WORK[name](Dataset(data.name, data.store), new[1])
    assert data.undo() == (
        f"Undone: {counted(n)} imported (1 instance changed since, and left as they are)"
    )
    assert [it for it, _ in rows(data)] == [*(it for it, _ in before), new[1]]
