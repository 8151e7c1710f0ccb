"""What every kind of model does: one contract, for each class."""

import contextlib
import copy
import io
import threading
import time
import zipfile

import numpy as np
import pytest

import marcelle_nb as mnb
from marcelle_nb.data.data_store import DataStore
from marcelle_nb.data.document_keys import OWN_KEYS
from marcelle_nb.errors import (
    AlreadyTraining,
    BadRequest,
    ModelFormatError,
    NotFound,
    StoreError,
    UnsupportedByModel,
)
from marcelle_nb.models.packed_model import PackedModel
from marcelle_nb.models.stored_model import StoredModel
from marcelle_nb.parameter import Parameters
from tests.eventually import eventually
from tests.fake_page import FakePage
from tests.hostile_names import NAMES
from tests.model_classes import MODELS, STORABLE, answers, learn, new, plain, trained

UNSEEDED = {"ImageFeatures", "TFGenericModel"}
"""Those that do not train."""

storable = pytest.mark.parametrize("cls", STORABLE)


@pytest.mark.parametrize("cls", MODELS)
def test_every_model_has_all_names(cls):
    model = new(cls)
    assert isinstance(model.parameters, Parameters)
    assert model.training.value.to_dict()["status"] == "idle"
    assert not model.ready
    names = [
        "train",
        "predict",
        "predict_many",
        "clear",
        "save",
        "load",
        "download",
        "upload",
        "sync",
    ]
    assert all(callable(getattr(model, name)) for name in names)


@pytest.mark.parametrize("cls", [it for it in MODELS if it not in STORABLE])
def test_what_a_model_cannot_it_refuses_with_one_error(cls):
    model = new(cls)
    for name in ("save", "load", "download", "upload", "sync"):
        with pytest.raises(UnsupportedByModel, match=name):
            getattr(model, name)("x")


@storable
def test_one_prediction_is_that_of_many(cls):
    model = trained(cls)
    x = np.random.default_rng(99).normal(size=(5, 4)).astype(np.float32)
    one = [plain(model.predict(row)) for row in x]
    assert len(one) == 5
    assert [type(it) for it in one] == [type(it) for it in answers(model)]


@storable
def test_after_clear_it_learns_again(cls):
    model = trained(cls)
    model.clear()
    assert not model.ready
    learn(model)
    assert model.ready


@storable
def test_a_saved_model_is_loaded_by_id_and_by_name(cls, store):
    model = trained(cls)
    identifier = model.save(store, "of the contract", {"author": "me"})
    for key in (identifier, "of the contract"):
        other = new(cls)
        stored = other.load(store, key)
        assert isinstance(stored, StoredModel)
        assert (stored.id, stored.name) == (identifier, "of the contract")
        assert stored.metadata["author"] == "me"
        assert other.ready
        assert answers(other) == answers(model)
        status = other.training.value
        assert status.data == {"source": "datastore", "url": store.location}


@storable
def test_of_a_name_the_newest_is_loaded_whatever_the_clocks_say(cls, store, monkeypatch):
    first, second = trained(cls), trained(cls, seed=1)
    identifier = first.save(store, "twice")
    monkeypatch.setattr("marcelle_nb.data.document_keys.now", lambda: "1999-01-01T00:00:00.000Z")
    second.save(store, "twice")
    assert answers(new_loaded(cls, store, "twice")) == answers(second)
    first.save(store, "twice", id=identifier)
    assert answers(new_loaded(cls, store, "twice")) == answers(first)


def new_loaded(cls, store, name):
    model = new(cls)
    model.load(store, name)
    return model


@storable
def test_a_failed_load_leaves_the_model_as_it_was(cls, store):
    model = trained(cls)
    before = answers(model)
    with pytest.raises(NotFound, match="no such name"):
        model.load(store, "no such name")
    assert answers(model) == before
    assert model.training.value.status == "error"


@storable
def test_files_go_round(cls, tmp_path):
    model, other = trained(cls), new(cls)
    paths = model.download(tmp_path / "made", {"author": "me"})
    assert sorted(tmp_path.glob("made/*")) == sorted(paths)
    stored = other.upload(*reversed(paths))
    assert (stored.id, stored.metadata["author"]) == (None, "me")
    assert answers(other) == answers(model)
    assert other.training.value.data == {"source": "file"}
    again = new(cls)
    again.upload(*((path.name, path.read_bytes()) for path in paths))
    assert answers(again) == answers(other)
    with paths[0].open("rb") as main, paths[-1].open("rb") as last:
        new(cls).upload(*([main] if len(paths) == 1 else [main, last]))


@storable
def test_a_model_packs_to_bytes_and_back(cls):
    model = trained(cls)
    packed = model._pack(model._fitted)
    again = PackedModel.from_bytes(packed.to_bytes())
    assert again.digest == packed.digest
    other = new(cls)
    other._fitted = other._unpack(again)
    assert answers(other) == answers(model)
    assert other._pack(other._fitted).digest == packed.digest


@storable
def test_one_that_learned_nothing_is_not_saved(cls, store, tmp_path):
    for call in (lambda it: it.save(store, "n"), lambda it: it.download(tmp_path)):
        with pytest.raises(UnsupportedByModel, match="learned nothing"):
            call(new(cls))
    assert list(tmp_path.glob("*.json")) == []


@storable
def test_the_calls_of_marcelles_pages(cls, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with DataStore(tmp_path / "a.db") as store:
        model = trained(cls, data_store=store)
        first, _ = model.save("one"), model.save("other")
        stored = model.load(id=first)
        assert stored.name == "one"
        assert stored.url == (stored.files[0][1] if stored.files else "")
        with pytest.raises(TypeError, match="an id or a name"):
            model.load(store, "one", id=first)
        paths = model.download({"note": 1})
        assert all((tmp_path / path.name).is_file() for path in paths)
        assert model.upload(*paths).metadata["note"] == 1
        with pytest.raises(TypeError, match="metadata once"):
            model.download({"note": 1}, {"note": 2})


@storable
@pytest.mark.parametrize("metadata", [{1: 2}, {"n": 2**60}, {"n": float("nan")}])
def test_metadata_that_a_store_does_not_take_are_not_downloaded_either(
    cls, metadata, store, tmp_path
):
    model = trained(cls)
    for keep in (lambda: model.save(store, "n", metadata), lambda: model.download(".", metadata)):
        with pytest.raises(BadRequest, match="metadata"):
            keep()


@storable
def test_several_files_need_names_and_one_does_not(cls, tmp_path):
    model = trained(cls)
    before = answers(model)
    paths = model.download(tmp_path)
    files = [io.BytesIO(path.read_bytes()) for path in paths]
    if len(files) == 1:
        model.upload(*files)
    else:
        with pytest.raises(ModelFormatError, match="expected a name for each of 2"):
            model.upload(*files)
    assert answers(model) == before


@pytest.mark.parametrize("cls", [it for it in MODELS if it.__name__ not in UNSEEDED])
def test_every_model_that_trains_takes_a_seed(cls):
    assert new(cls, seed=3).seed == 3
    for wrong in (-1, 1.5, "a", True):
        with pytest.raises((TypeError, ValueError), match="seed"):
            new(cls, seed=wrong)


@storable
def test_the_older_form_of_the_calls(cls, tmp_path):
    store = DataStore(tmp_path / "a.db")
    model = trained(cls, data_store=store)
    first = model.save({"note": 1})
    assert model.save(True, {"note": 2}) == first
    assert model.load().metadata["note"] == 2
    assert model.save() != first
    named = model.save("a name", {"note": 3})
    assert model.load("a name").id == named
    assert model.load(first).id == first
    assert model.save(named, {"note": 4}) == named
    assert model.load("a name").metadata["note"] == 4
    assert model.sync("other") is model
    model.close()
    assert [*store.service(cls.service_name).items()][-1]["name"] == "other"
    for wrong in (lambda: model.save(1), lambda: model.load(3), lambda: model.sync(b"x")):
        with pytest.raises(TypeError):
            wrong()


@storable
def test_the_store_is_that_in_memory_and_can_be_set(cls, tmp_path):
    model = trained(cls)
    assert model.data_store is mnb.data_store("memory")
    model.data_store = str(tmp_path / "b.db")
    assert model.data_store.backend == "sqlite"
    model.save("kept")
    assert new(cls, data_store=tmp_path / "b.db").load("kept").name == "kept"


@storable
def test_metadata_of_the_user_do_not_replace_the_models_own(cls, store):
    model = trained(cls)
    own = model._pack(model._fitted).metadata
    bad = dict.fromkeys((*own, "labels", "data", "features", "tfjsModelFormat"), "mine")
    identifier = model.save(store, "mine", bad)
    other = new_loaded(cls, store, identifier)
    assert answers(other) == answers(model)


@storable
def test_what_a_page_asks_for(cls, tmp_path):
    model = trained(cls, data_store=tmp_path / "c.db")
    page = FakePage(model)
    eventually(lambda: page.state.get("can_save"))
    assert "c.db" in page.state["where"]
    page.send(kind="save", name="from the page")
    stored = page.answer("stored")["models"]
    assert [it["name"] for it in stored] == ["from the page"]
    assert set(stored[0]) == {"id", "name", "labels", "updatedAt"}
    page.send(kind="save", name="from the page")
    eventually(lambda: len(page.messages("stored")) == 2)
    assert len(page.messages("stored")[1]["models"]) == 1
    before = answers(model)
    model.clear()
    page.send(kind="load", id=stored[0]["id"])
    eventually(lambda: model.ready)
    assert answers(model) == before
    page.send(kind="load", id="none")
    assert "none" in page.answer("rejected")["reason"]
    page.send(kind="download", request="r")
    part = page.answer("file")
    assert (part["request"], part["index"], part["count"]) == ("r", 0, 1)
    ((data,),) = [b for _, it, b in page.sent if it.get("content", {}).get("kind") == "file"]
    assert part["size"] == len(data)
    files = {part["name"]: data}
    if part["name"].endswith(".zip"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            assert {name: archive.read(name) for name in archive.namelist()} == model._files()
    else:
        assert files == model._files()
    model.clear()
    for number, (name, data) in enumerate(files.items()):
        page.send(data, kind="chunk", file=number, index=0, name=name, size=len(data), count=1)
    page.send(kind="deliver", file=9, files=list(range(len(files))))
    eventually(lambda: model.ready)
    model.close()


@storable
def test_no_name_becomes_a_path(cls, tmp_path, monkeypatch):
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    store = DataStore(tmp_path / "work" / "s.db")
    assert len(NAMES) >= 60
    model = trained(cls)
    for name in NAMES:
        identifier = model.save(store, name, {name[:50]: name})
        assert new_loaded(cls, store, name).training.value.status == "loaded"
        assert model.load(store, identifier).name == name
        model.title = name
        for path in model.download("out", {"name": name}):
            assert path.parent.resolve() == tmp_path / "work" / "out"
            assert path.is_file()
    found = {it.relative_to(tmp_path).parts[0] for it in tmp_path.rglob("*")}
    assert found == {"work"}
    assert {it.name for it in (tmp_path / "work").iterdir()} <= {
        "out",
        "s.db",
        "s.db-wal",
        "s.db-shm",
    }


@storable
@pytest.mark.parametrize("name", NAMES[::4])
def test_an_uploaded_file_of_any_name_touches_no_file(cls, name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises((mnb.ModelFormatError, ValueError)):
        new(cls).upload((name, b'{"modelTopology": {}}'))
    assert list(tmp_path.iterdir()) == []


# Following a store


@storable
def test_two_models_follow_each_other_and_one_document(cls, store):
    service, name = store.service(cls.service_name), f"shared {cls.__name__} {time.monotonic_ns()}"
    a, b = new(cls), new(cls)
    heard = []
    stop = service.changes.subscribe(lambda it: heard.append(it.kind))
    assert a.sync(store, name) is a
    b.sync(store, name)
    learn(a)
    assert service.count({"name": name}) == 1
    eventually(lambda: b.ready and answers(b) == answers(a))
    learn(b, seed=1)
    eventually(lambda: answers(a) == answers(b))
    time.sleep(0.3)
    assert (heard, service.count({"name": name})) == (["created", "updated"], 1)
    third = new(cls).sync(store, name)
    assert answers(third) == answers(a)
    third.close()
    service.remove(None, {"name": name})
    learn(a, seed=2)
    eventually(lambda: answers(a) == answers(b))
    assert service.count({"name": name}) == 1
    a.close()
    learn(b, seed=3)
    time.sleep(0.2)
    assert answers(a) != answers(b)
    stop()
    b.close()


@storable
def test_a_trained_model_is_saved_when_it_begins_to_follow_and_an_upload_too(cls, store, tmp_path):
    name = f"at once {cls.__name__} {time.monotonic_ns()}"
    paths = trained(cls, seed=5).download(tmp_path)
    model = trained(cls).sync(store, name)
    assert answers(new_loaded(cls, store, name)) == answers(model)
    model.upload(*paths)
    assert answers(new_loaded(cls, store, name)) == answers(model)
    assert store.service(cls.service_name).count({"name": name}) == 1
    model.close()


@storable
def test_metadata_in_the_store_stay_when_a_following_model_saves(cls, store):
    name = f"kept {cls.__name__} {time.monotonic_ns()}"
    identifier = trained(cls).save(store, name, {"author": "me"})
    model = new(cls).sync(store, name)
    learn(model, seed=4)
    stored = new(cls).load(store, name)
    assert (stored.id, stored.metadata["author"]) == (identifier, "me")
    model.close()


@storable
def test_a_store_that_is_gone_is_told_and_the_next_success_is_saved(cls, tmp_path):
    store = DataStore(tmp_path / "gone.db")
    model = new(cls).sync(store, "n")
    store.close()
    learn(model)
    assert model.ready
    assert "Not saved" in model.alert.value
    for call in (lambda: model.save(store, "n"), lambda: model.load(store, "n")):
        with pytest.raises(StoreError):
            call()
    assert model.ready
    with DataStore(tmp_path / "gone.db") as back:
        model.sync(back, "n")
        assert answers(new_loaded(cls, back, "n")) == answers(model)
    model.close()


class Slow(mnb.KNN):
    """Learns when it is told to."""

    def __init__(self):
        super().__init__()
        self.go, self.fails = threading.Event(), False

    def _fit(self, run, *given):
        self.go.wait(20)
        if self.fails:
            raise ValueError("failed")
        return super()._fit(run, *given)


@pytest.mark.parametrize("fails", [True, False])
def test_a_change_during_a_run_is_loaded_only_if_the_run_fails(fails, store):
    name = f"during {time.monotonic_ns()}"
    model, other = Slow().sync(store, name), mnb.KNN().sync(store, name)
    model.fails = fails
    run = model.train([{"x": [0, 1], "y": "mine"}])
    other.train([{"x": [0, 1], "y": "other"}]).wait(20)
    time.sleep(0.3)
    model.go.set()
    eventually(lambda: run.done)
    wanted = ["other"] if fails else ["mine"]
    eventually(lambda: model.labels == wanted and other.labels == wanted)
    model.close()
    other.close()


def test_nothing_is_loaded_or_followed_during_a_run(store):
    model = Slow()
    run = model.train([{"x": [0, 1], "y": "mine"}])
    name = f"busy {time.monotonic_ns()}"
    trained(mnb.KNN).save(store, name)
    for call in (lambda: model.load(store, name), lambda: model.sync(store, name)):
        with pytest.raises(AlreadyTraining):
            call()
    model.go.set()
    run.wait(20)
    assert model.labels == ["mine"]


ODD = [np.ones(3), np.ones((2, 3)), np.zeros(0), 5, "x", [], {}, None, [1], 1e300]


def _places(document, above=()):
    for key, value in document.items() if isinstance(document, dict) else ():
        yield (*above, key)
        yield from _places(value, (*above, key))


@storable
@pytest.mark.filterwarnings("ignore:labels")  # those that do not fit are left out
def test_whatever_stands_in_a_document_it_is_read_or_refused_by_name(cls):
    with DataStore() as store:
        model = trained(cls)
        service = store.service(model.service_name)
        given = service.get(model.save(store, "whole"))
        document = {key: it for key, it in given.items() if key not in OWN_KEYS}
        for place in _places(document):
            for value in ODD:
                damaged = copy.deepcopy(document)
                inside = damaged
                for key in place[:-1]:
                    inside = inside[key]
                inside[place[-1]] = value
                identifier = service.create(damaged)["id"]
                with contextlib.suppress(ModelFormatError, UnsupportedByModel, NotFound):
                    model.load(store, identifier)
                service.remove(identifier)
