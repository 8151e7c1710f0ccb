import copy
import gc
import pickle
import re
import threading
from typing import Any

import numpy as np
import pytest
from PIL import Image

from marcelle_nb.data import change_log, record_rows, service_writer, taken_rows
from marcelle_nb.data.data_store import DataStore
from marcelle_nb.errors import BadRequest, Conflict, NotFound, Unavailable
from tests.at_once import at_once, each

DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def values(service, field="n"):
    return [document.get(field) for document in service.items()]


def test_what_is_created_comes_back_with_id_and_dates(service):
    given = {"y": "é", "n": [1, 2.5, None, True], "deep": {"a.b": {"": "x"}}}
    made = service.create(given)
    assert {key: made[key] for key in given} == given
    assert re.fullmatch("[0-9a-f]{24}", made["id"])
    assert DATE.fullmatch(made["createdAt"])
    assert made["createdAt"] == made["updatedAt"]
    assert service.get(made["id"]) == made
    assert service.find() == {"total": 1, "limit": 100, "skip": 0, "data": [made]}


def test_keys_keep_their_order(service):
    made = service.create({"z": 1, "a": {"y": 1, "b": 2}, "10": 3, "9": 4})
    assert list(service.get(made["id"]))[:4] == ["z", "a", "10", "9"]
    assert list(service.get(made["id"])["a"]) == ["y", "b"]


def test_a_list_gives_a_list_in_order(service):
    made = service.create([{"n": i} for i in range(1_500)])
    assert [it["n"] for it in made] == list(range(1_500)) == values(service)
    assert service.create([]) == []


def test_arrays_come_back_as_they_were_and_cannot_be_written_to(service):
    arrays = {
        "x": np.arange(5, dtype=np.float32),
        "big": np.arange(6, dtype=">f8").reshape(2, 3),
        "none": np.zeros((0, 4), np.int16),
        "truth": np.array([True, False]),
        "fortran": np.asfortranarray(np.arange(6).reshape(2, 3)),
    }
    image = np.random.default_rng(0).integers(0, 255, (4, 5, 3), np.uint8)
    picture = Image.fromarray(image)
    made = service.create({**arrays, "image": image, "list": [{"picture": picture}], "n": 1})
    for document in (made, service.get(made["id"])):
        for key, array in arrays.items():
            np.testing.assert_array_equal(document[key], array)
            assert document[key].dtype == array.dtype
        np.testing.assert_array_equal(document["image"], image)
        np.testing.assert_array_equal(document["list"][0]["picture"], image)
        for array in (document["x"], document["image"]):
            with pytest.raises(ValueError, match="read-only"):
                array[...] = 0


def test_a_kept_array_does_not_change_with_the_given_one(service):
    x, image = np.zeros(3), np.zeros((2, 2, 3), np.uint8)
    made = service.create({"x": x, "image": image})
    x[:], image[:] = 1, 1
    assert made["x"].max() == made["image"].max() == 0
    assert service.get(made["id"])["x"].max() == 0


def test_a_thumbnail_is_a_jpeg_beside_the_document(service):
    from marcelle_nb.image import thumbnail

    url = thumbnail(np.zeros((4, 4, 3), np.uint8))
    odd = ["data:image/jpeg;base64,AAAA", "data:image/png;base64,AAAA", "data:image/jpeg;base64,?"]
    for given in (url, *odd):
        made = service.create({"thumbnail": given})
        assert service.get(made["id"])["thumbnail"] == given == made["thumbnail"]


def test_numpys_scalars_become_numbers(service):
    made = service.create(
        {"f": np.float32(0.5), "i": np.int64(3), "b": np.bool_(1), "z": np.array(2)}
    )
    kept = service.get(made["id"])
    assert (kept["f"], kept["i"], kept["b"], kept["z"]) == (0.5, 3, True, 2)
    assert kept["b"] is True


def test_a_list_with_one_bad_document_creates_none(service):
    with pytest.raises(BadRequest, match=r"a: expected a finite number, got nan"):
        service.create([{"a": 1}, {"a": float("nan")}])
    with pytest.raises(Conflict):
        service.create([{"id": "a"}, {"id": "a"}])
    service.create({"id": "a"})
    with pytest.raises(Conflict, match="id: expected one that is not taken, got 'a'"):
        service.create([{"id": "b"}, {"id": "a"}])
    assert service.count() == 1


@pytest.mark.parametrize("id", ["", "x" * 201, 5, "a\0", "\ud800", True])
def test_an_id_is_a_short_text(service, id):
    with pytest.raises(BadRequest):
        service.create({"id": id})


@pytest.mark.parametrize("id", ["", "0" * 24, "x" * 300, None, 5, "a\0b", "\ud800", ("a",)])
def test_an_unknown_id_is_not_found(service, id):
    with pytest.raises(NotFound, match="No record found for id"):
        service.get(id)
    if id is not None:
        for act in (lambda: service.patch(id, {}), lambda: service.remove(id)):
            with pytest.raises(NotFound, match="No record found for id"):
                act()


def test_update_replaces_all_but_id_date_and_place(service):
    one, other = service.create([{"n": 1, "x": np.arange(3)}, {"n": 2}])
    after = service.update(one["id"], {"m": 3, "y": np.arange(2)})
    assert after["createdAt"] == one["createdAt"]
    assert after.keys() == {"m", "y", "id", "createdAt", "updatedAt"}
    assert service.get(one["id"])["y"].tolist() == [0, 1]
    assert [it["id"] for it in service.items()] == [one["id"], other["id"]]
    with pytest.raises(BadRequest, match="which cannot change"):
        service.update(one["id"], {"id": "other"})


def test_patch_replaces_top_level_keys_alone(service):
    made = service.create({"a": {"b": 1}, "x": np.arange(3), "xx": np.arange(4), "X": np.arange(5)})
    after = service.patch(made["id"], {"a": {"c": 2}, "x": "text", "id": made["id"]})
    assert after["a"] == {"c": 2}
    assert after["x"] == "text"
    assert (after["xx"].tolist(), len(after["X"])) == ([0, 1, 2, 3], 5)
    assert service.patch(made["id"], {"x": np.arange(2)})["x"].tolist() == [0, 1]
    assert len(service.get(made["id"])["x"]) == 2


def test_one_document_that_does_not_match_is_not_found(service):
    made = service.create({"y": "a"})
    with pytest.raises(NotFound):
        service.patch(made["id"], {"y": "b"}, {"y": "c"})
    with pytest.raises(NotFound):
        service.remove(made["id"], {"y": "c"})
    assert service.patch(made["id"], {"y": "b"}, {"y": "a"})["y"] == "b"


@pytest.mark.parametrize("parameter", [{"$limit": 1}, {"$skip": 1}, {"$sort": {"a": 1}}])
def test_changes_of_many_take_conditions_alone(service, parameter):
    with pytest.raises(BadRequest, match="conditions alone"):
        service.remove(None, parameter)
    with pytest.raises(BadRequest, match="conditions alone"):
        service.patch(None, {}, parameter)


def test_what_was_removed_returns_to_its_place_with_all_that_it_was(service):
    made = service.create([{"n": i, "x": np.full(3, i)} for i in range(5)])
    removed = service.remove(None, {"n": {"$in": [0, 3]}})
    service.create({"n": 9})
    back = service.restore(removed[::-1])
    assert values(service) == [0, 1, 2, 3, 4, 9]
    assert back[1]["createdAt"] == made[0]["createdAt"]
    assert service.get(made[3]["id"])["x"].tolist() == [3, 3, 3]
    with pytest.raises(Conflict):
        service.restore(removed)


def test_pages_have_a_hundred_and_at_most_a_thousand(service):
    service.create([{"n": i} for i in range(1_100)])
    assert [len(service.find(it)["data"]) for it in ({}, {"$limit": 5_000}, {"$limit": 0})] == [
        100,
        1_000,
        0,
    ]
    page = service.find({"$limit": 5_000, "$skip": 150})
    assert (page["total"], page["limit"], page["skip"], len(page["data"])) == (1100, 1000, 150, 950)
    assert service.find({"$distinct": "n"}) == list(range(1_100))


def test_values_are_counted_in_first_seen_order(service):
    service.create([{"y": it} for it in ("b", 1, "a", None, True, 1.0, "b")] + [{}])
    assert service.counts("y") == [("b", 2), (1, 2), ("a", 1), (True, 1)]
    assert service.counts("y", {"y": {"$gt": ""}}) == [("b", 2), ("a", 1)]


def test_events_are_told_when_the_call_returns(service):
    events = []
    for kind in ("created", "updated", "patched", "removed"):
        getattr(service, kind).subscribe(lambda it, kind=kind: events.append((kind, it.get("n"))))
    changes = []
    service.changes.subscribe(lambda it: changes.append((it.kind, len(it.documents), it.is_local)))
    one, _ = service.create([{"n": 1}, {"n": 2}])
    service.update(one["id"], {"n": 3})
    service.patch(None, {"n": 4})
    removed = service.remove(None)
    service.restore(removed)
    service.remove(None, {"n": "none"})
    assert events == [
        *[("created", 1), ("created", 2), ("updated", 3), ("patched", 4), ("patched", 4)],
        *[("removed", 4), ("removed", 4), ("created", 4), ("created", 4)],
    ]
    assert changes == [
        *[("created", 2, True), ("updated", 1, True), ("patched", 2, True)],
        *[("removed", 2, True), ("created", 2, True)],
    ]


def test_a_subscriber_gets_a_copy_and_may_write_itself(service):
    service.created.subscribe(lambda it: it["list"].append(1))
    service.created.subscribe(lambda it: service.count() < 3 and service.create({"list": []}))
    made = service.create({"list": []})
    assert made["list"] == []
    assert service.count() == 3


def test_threads_that_write_at_once_lose_nothing_and_are_told_of_in_order(service):
    one = service.create({"n": 0})
    told = []
    service.patched.subscribe(lambda it: told.append(it["n"]))
    numbers = range(1, 26)

    def write(thread):
        for i in numbers:
            service.create({"thread": thread, "i": i})
            service.patch(one["id"], {"n": 100 * thread + i})

    at_once(*(each(write, [thread]) for thread in range(4)))
    assert service.count() == 101
    assert sorted(told) == sorted(100 * thread + i for thread in range(4) for i in numbers)
    assert told[-1] == service.get(one["id"])["n"]


def test_a_slow_subscriber_holds_up_no_other_thread(service):
    inside, go_on = threading.Event(), threading.Event()

    def wait(_):
        inside.set()
        go_on.wait(20)

    service.created.subscribe(wait)
    slow = threading.Thread(target=service.create, args=({"n": 1},))
    slow.start()
    assert inside.wait(20)
    service.create({"n": 2})
    assert service.count() == 2
    go_on.set()
    slow.join()


def test_an_iteration_is_lazy_and_of_what_was_there_when_it_began(service):
    service.create([{"n": i, "x": np.zeros(10)} for i in range(120)])
    seen = []
    for document in service.items():
        seen.append(document["n"])
        service.create({"n": -1})
        if document["n"] == 0:
            service.remove(None, {"n": {"$gte": 110}})
    assert seen == list(range(110))


def test_an_iteration_takes_queries_parts_and_selections(service):
    service.create([{"n": i, "y": "ab"[i % 2], "x": np.zeros(3)} for i in range(300)])
    items = service.items()
    assert [it["n"] for it in items.query({"y": "b"}).skip(10).take(3)] == [21, 23, 25]
    assert list(items.take(0)) == []
    assert [it["n"] for it in items.query({"$sort": {"n": -1}}).take(2)] == [299, 298]
    assert [sorted(it) for it in items.select(["y"]).take(1)] == [["id", "y"]]
    both = items.query({"n": {"$lt": 5}}).query({"y": "a"})
    assert [it["n"] for it in both] == [it["n"] for it in both] == [0, 2, 4]


def test_an_iteration_can_be_freed_of_its_parts(service):
    service.create([{"n": n} for n in range(6)])
    some = service.items({"n": {"$gt": 0}, "$sort": {"n": -1}}).skip(1).take(2).select(["n"])
    assert [it["n"] for it in some] == [4, 3]
    assert [(it["n"], len(it)) for it in some.unlimited()] == [(n, 2) for n in (5, 4, 3, 2, 1)]
    assert type(some.unlimited()) is type(some)


def test_it_says_what_it_is_without_a_password(service):
    assert repr(service).startswith(f"<Service {service.name!r} of ")
    assert "s3cret" not in repr(service)


@pytest.fixture
def pictures(service):
    """Documents with arrays and thumbnails, which are read only where they must be."""
    from marcelle_nb.image import thumbnail

    image = np.zeros((4, 4, 3), np.uint8)
    new = {"image": image, "thumbnail": thumbnail(image), "deep": {"x": np.zeros(3)}, "y": "a"}
    service.create([{**new, "n": n} for n in range(120)])
    return service


@pytest.fixture
def unread(monkeypatch):
    def refuse(kind, _):
        raise AssertionError(f"read a {kind}")

    monkeypatch.setattr(record_rows, "unpacked", refuse)


PLAIN = {"y", "n", "id", "createdAt", "updatedAt"}


@pytest.mark.usefixtures("unread")
def test_many_can_be_changed_and_removed_without_reading_arrays(pictures):
    told = []
    pictures.changes.subscribe(lambda it: told.append([set(doc) for doc in it.documents]))
    after = pictures.patch(None, {"y": "b"}, arrays=False)
    assert [(set(it), it["y"]) for it in after] == [(PLAIN, "b")] * 120
    removed = pictures.remove(None, {"n": {"$lt": 110}}, arrays=False)
    assert [(set(it), it["n"]) for it in removed] == [(PLAIN, n) for n in range(110)]
    assert [len(it) for it in told] == [120, 110]
    assert all(keys == PLAIN for change in told for keys in change)


def test_what_was_changed_without_reading_arrays_still_has_them(pictures):
    after = pictures.patch(None, {"y": "b", "image": np.ones(2)}, {"n": 3}, arrays=False)
    assert set(after[0]) == PLAIN
    kept = pictures.get(after[0]["id"])
    assert (kept["image"].tolist(), kept["deep"]["x"].tolist()) == ([1, 1], [0, 0, 0])
    assert kept["thumbnail"].startswith("data:image/jpeg")
    assert pictures.patch(kept["id"], {"y": "c"})["deep"]["x"].tolist() == [0, 0, 0]


def test_few_are_told_of_with_their_arrays_and_many_without(pictures):
    told = []
    pictures.changes.subscribe(lambda it: told.append("image" in it.documents[0]))
    pictures.patch(None, {"y": "b"}, {"n": {"$lt": 100}}, arrays=False)
    assert "image" in pictures.patch(None, {"y": "b"}, {"n": {"$lte": 100}})[0]
    pictures.take({"n": {"$lt": 5}})
    pictures.remove(None)
    assert told == [True, False, True, False]


@pytest.mark.usefixtures("unread")
def test_what_is_taken_out_returns_to_its_place_unread(pictures):
    before = [it["id"] for it in pictures.items().select([])]
    heard = []
    pictures.changes.subscribe(lambda it: heard.append((it.kind, len(it.documents), it.is_local)))
    taken = pictures.take({"n": {"$gte": 5}})
    assert (len(taken), list(taken.ids)) == (115, before[5:])
    assert pictures.count() == pictures.count({"id": {"$in": before}}) == 5
    assert all(map(pictures.has_removed, taken.ids))
    assert not pictures.has_removed(before[0])
    pictures.create({"n": "new"})
    assert pictures.put_back(taken) == before[5:]
    assert [it["n"] for it in pictures.items().select(["n"])] == [*range(120), "new"]
    assert pictures.put_back(taken) == []
    assert heard == [("removed", 115, True), ("created", 1, True), ("created", 115, True)]


def test_what_is_taken_out_can_still_be_looked_at(pictures):
    taken = pictures.take({"n": {"$in": [3, 5]}})
    assert [(it["n"], it["image"].shape) for it in pictures.items_of(taken)] == [
        (3, (4, 4, 3)),
        (5, (4, 4, 3)),
    ]
    assert len(pictures.take({"n": "none"})) == 0


def test_an_id_that_is_there_again_is_not_put_back(service):
    service.create([{"id": "a", "n": 1}, {"id": "b", "n": 2, "x": np.arange(2)}])
    taken = service.take()
    service.create({"id": "a", "n": 3})
    assert service.put_back(taken) == ["b"]
    assert [(it["id"], it["n"]) for it in service.items()] == [("b", 2), ("a", 3)]
    again = service.take({"id": "a"})
    assert service.put_back(again) == ["a"]


def test_copies_of_what_was_taken_out_can_be_restored_too(service):
    service.create([{"n": n, "x": np.arange(n)} for n in range(4)])
    taken = service.take({"n": {"$in": [1, 2]}})
    copies = list(service.items_of(taken))
    service.restore(copies)
    assert values(service) == [0, 1, 2, 3]
    assert service.put_back(taken) == []
    assert [it["x"].tolist() for it in service.items()] == [[], [0], [0, 1], [0, 1, 2]]


def rows(store):
    return store._storage.read(
        lambda it: it.exec_driver_sql(
            "SELECT (SELECT count(*) FROM marcelle_documents),"
            " (SELECT count(*) FROM marcelle_blobs), (SELECT count(*) FROM marcelle_meta)"
        ).one()
    )


def test_what_nobody_can_put_back_is_thrown_away(tmp_path, monkeypatch):
    place = tmp_path / "store.db"
    with DataStore(place) as store:
        service = store.service("a")
        service.create([{"n": n, "x": np.zeros(3)} for n in range(1_200)])
        taken = service.take({"n": {"$lt": 1_100}})
        assert store.services == ["a"]
        assert rows(store) == (1_200, 1_200, 2)
        del taken
        gc.collect()
        held = service.take({"n": 1_150})
        assert rows(store) == (100, 100, 2)
    assert len(held) == 1
    with DataStore(place) as store:
        assert rows(store) == (99, 99, 1)
        held = store.service("a").take({"n": 1_199})
        store._storage.taken.all()  # as if this process had been killed
    with DataStore(place) as store:
        assert rows(store) == (99, 99, 2)
    monkeypatch.setattr(taken_rows, "KEPT_S", -1)
    with DataStore(place) as store:
        assert rows(store) == (98, 98, 1)


def test_where_there_can_be_no_thread_that_keeps_it_nothing_is_taken_out(tmp_path, monkeypatch):
    start = threading.Thread.start

    def no_more(thread):
        if thread.name == "marcelle-taken":
            raise RuntimeError("can't start new thread")
        start(thread)

    with DataStore(tmp_path / "store.db") as store:
        service = store.service("a")
        service.create([{"n": n} for n in range(3)])
        with monkeypatch.context() as context:
            context.setattr(threading.Thread, "start", no_more)
            for _ in range(2):
                with pytest.raises(RuntimeError, match="can't start"):
                    service.take({"n": 1})
        assert values(service) == [0, 1, 2]
        assert store._storage.taken.kept == []
        taken = service.take({"n": 1})
        assert "marcelle-taken" in {thread.name for thread in threading.enumerate()}
        assert store._storage.taken.kept == [taken.key]
        service.put_back(taken)
        assert values(service) == [0, 1, 2]


def test_a_failed_deletion_keeps_nothing(tmp_path, monkeypatch):
    with DataStore(tmp_path / "store.db") as store:
        service = store.service("a")
        service.create({"n": 1})
        with monkeypatch.context() as context:
            context.setattr(change_log, "add", lambda *_: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                service.take()
        assert values(service) == [1]
        taken = service.take()
        assert store._storage.taken.kept == [taken.key]


def test_the_places_of_the_last_that_were_removed_are_remembered(service, monkeypatch):
    monkeypatch.setattr(service_writer, "PLACES", 4)
    all_ = [it["id"] for it in service.create([{"n": n} for n in range(9)])]

    def known():
        return [n for n, one in enumerate(all_) if service.has_removed(one)]

    first = service.remove(None, {"n": {"$lt": 3}})
    assert known() == [0, 1, 2]
    second = service.remove(None, {"n": {"$in": [3, 4]}})
    assert known() == [1, 2, 3, 4]
    service.restore(second)
    service.remove(None, {"n": {"$in": [3, 4]}})
    assert known() == [1, 2, 3, 4]
    service.restore(first)
    assert values(service) == [1, 2, 5, 6, 7, 8, 0]
    service.remove(None)
    assert known() == [0, 1, 2, 5, 6, 7, 8]


def test_an_interrupted_change_tells_listeners_to_read_again(service, monkeypatch):
    told = []
    service.changes.subscribe(lambda it: told.append(it.kind))
    write = type(service._storage).write

    def interrupted(storage, work, then=None):
        write(storage, work)
        raise KeyboardInterrupt

    monkeypatch.setattr(type(service._storage), "write", interrupted)
    with pytest.raises(KeyboardInterrupt):
        service.create({"n": 1})
    monkeypatch.undo()
    service.create({"n": 2})
    assert told == ["reset", "created"]
    assert values(service) == [1, 2]


def test_nothing_changes_while_a_service_is_still(service):
    numbers, told = [], []

    def look(_):
        with service.still() as number:
            numbers.append(number)

    service.created.subscribe(look)
    service.changes.subscribe(lambda it: told.append(it.number))
    with service.still() as number:
        writer = threading.Thread(target=service.create, args=({},))
        writer.start()
        assert service.count() == number == 0
    writer.join()
    assert service.count() == 1
    assert numbers == told == [1]


@pytest.mark.parametrize("error", [Unavailable("the answer is lost"), KeyboardInterrupt()])
def test_a_change_that_may_have_been_made_is_told_at_once(service, monkeypatch, error):
    told = []
    service.changes.subscribe(lambda it: told.append(it.kind))
    run = service._storage._run

    def lost(work, *, writes):
        result = run(work, writes=writes)
        if writes:
            raise error
        return result

    monkeypatch.setattr(service._storage, "_run", lost)
    with pytest.raises(type(error)):
        service.create({"n": 1})
    assert told == ["reset"]
    monkeypatch.undo()
    assert values(service) == [1]


def test_a_change_that_was_not_made_is_not_told(service, monkeypatch):
    told = list[Any]()
    service.changes.subscribe(told.append)
    made = service.create({})["id"]
    del told[:]
    with pytest.raises(Conflict):
        service.create({"id": made})
    assert told == []


def test_a_copy_of_a_service_or_store_is_itself(store, service):
    for it in (store, service):
        assert copy.copy(it) is copy.deepcopy(it) is it
    with pytest.raises(TypeError, match="open its store where it is needed"):
        pickle.dumps(service)
    if store.backend == "sqlite":
        assert pickle.loads(pickle.dumps(store)) is store
    else:
        with pytest.raises(TypeError, match="open it where it is needed") as caught:
            pickle.dumps(store)
        assert "s3cret" not in str(caught.value)


def test_a_renewed_document_is_the_newest_and_keeps_its_id_and_date(service):
    first, second = service.create([{"name": "n", "x": np.arange(3)}, {"name": "n"}])
    assert service.newest({"name": "n"}) == second
    seen = []
    service.changes.subscribe(lambda it: seen.append(it.kind))
    renewed = service.renew(first["id"], {"name": "n", "x": np.arange(4)})
    newest = service.newest({"name": "n"})
    assert (newest["id"], newest["createdAt"]) == (first["id"], first["createdAt"])
    assert newest["x"].tolist() == renewed["x"].tolist() == [0, 1, 2, 3]
    assert [it["id"] for it in service.items()] == [second["id"], first["id"]]
    assert seen == ["updated"]
    assert service.newest({"name": "other"}) is None


def test_what_is_not_there_cannot_be_renewed(service):
    with pytest.raises(NotFound):
        service.renew("none", {"name": "n"})


def test_each_change_has_a_later_date_than_the_one_before(service, monkeypatch):
    monkeypatch.setattr("marcelle_nb.data.document_keys.now", lambda: "2126-01-01T00:00:00.999Z")
    made = service.create({})
    dates = [service.patch(made["id"], {"n": 1})["updatedAt"]]
    dates.append(service.patch(made["id"], {"n": 1})["updatedAt"])
    dates.append(service.update(made["id"], {"n": 1})["updatedAt"])
    assert dates == [f"2126-01-01T00:00:{it}Z" for it in ("00.999", "01.000", "01.001")]
