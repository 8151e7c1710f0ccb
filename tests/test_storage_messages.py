"""What a page asks of a model's store and files; every kind of model: test_model_interface."""

import time

import pytest

import marcelle_nb as mnb
from marcelle_nb.data.data_store import DataStore
from marcelle_nb.models.storage_messages import MAX_CHUNK
from tests.eventually import eventually
from tests.fake_page import FakePage
from tests.model_classes import trained


@pytest.fixture
def shared(tmp_path):
    return DataStore(tmp_path / "shared.db")


@pytest.fixture
def model(shared):
    model = trained(mnb.KNN, data_store=shared)
    yield model
    model.close()


def names(page):
    return [it["name"] for it in page.answer("stored")["models"]]


def test_answers_name_the_question(model):
    page = FakePage(model)
    page.send(kind="list", request="one")
    assert page.answer("stored")["request"] == "one"
    page.send(kind="save", name="n", request=7)
    eventually(lambda: page.messages("stored")[-1]["request"] == "7")


def test_pages_hear_of_every_change_from_the_first_list_on(model, shared):
    page = FakePage(model)
    other = trained(mnb.KNN)
    other.save(shared, "early")
    assert model._storage.revision.value == 0
    page.send(kind="list")
    assert names(page) == ["early"]
    before = eventually(lambda: page.state["storage_revision"])
    other.save(shared, "late")
    eventually(lambda: page.state["storage_revision"] > before)
    shared.service("other").create({"n": 1})
    now = page.state["storage_revision"]
    time.sleep(0.2)
    assert page.state["storage_revision"] == now


def test_another_store_is_listened_to_once_it_is_set(model, shared, tmp_path):
    page = FakePage(model)
    page.send(kind="list")
    page.answer("stored")
    model.save("of the first")
    eventually(lambda: page.state["saved_as"] == "of the first")
    before = page.state["storage_revision"]
    model.data_store = tmp_path / "second.db"
    eventually(lambda: page.state["storage_revision"] > before)
    assert page.state["saved_as"] == ""
    assert "second.db" in page.state["where"]
    assert not shared.service(mnb.KNN.service_name).changes.is_heard
    trained(mnb.KNN).save(model.data_store, "there")
    page.send(kind="list", request="2")
    eventually(lambda: page.messages("stored")[-1]["request"] == "2")
    assert names(page) == ["there"]


def test_nobody_listens_while_no_page_shows_the_model(model, shared):
    page = FakePage(model)
    changes = shared.service(mnb.KNN.service_name).changes
    page.send(kind="hello", view="v")
    page.send(kind="list")
    page.answer("stored")
    assert changes.is_heard
    page.send(kind="bye", view="v")
    eventually(lambda: not changes.is_heard)
    trained(mnb.KNN).save(shared, "meanwhile")
    before = model._storage.revision.value
    page.send(kind="hello", view="w")
    eventually(lambda: changes.is_heard and model._storage.revision.value > before)
    model.close()
    assert not changes.is_heard


def test_the_name_of_the_page_is_that_of_the_last_save_or_load(model, shared):
    page = FakePage(model)
    assert page.state["saved_as"] == ""
    model.save("a")
    eventually(lambda: page.state["saved_as"] == "a")
    trained(mnb.KNN).save(shared, "b")
    model.load("b")
    eventually(lambda: page.state["saved_as"] == "b")
    model.save(mnb.data_store("memory"), "elsewhere")
    eventually(lambda: page.state["saved_as"] == "")


def test_a_large_download_comes_in_pieces(model, monkeypatch):
    content = bytes(range(256)) * (5 * MAX_CHUNK // 512)
    monkeypatch.setattr(model, "_files", lambda: {"large.bin": content})
    page = FakePage(model)
    page.send(kind="download", request="r" * 200)
    eventually(lambda: len(page.messages("file")) == 3)
    parts = page.messages("file")
    assert [it["index"] for it in parts] == [0, 1, 2]
    assert {(it["name"], it["size"], it["count"]) for it in parts} == {
        ("large.bin", len(content), 3)
    }
    assert {it["request"] for it in parts} == {"r" * 100}
    sent = [b for _, it, b in page.sent if it.get("content", {}).get("kind") == "file"]
    assert b"".join(buffers[0] for buffers in sent) == content


@pytest.mark.parametrize("make", [mnb.KNN, mnb.tf_generic_model])
def test_a_closed_model_forgets_files_that_are_under_way(make):
    model = make()
    page = FakePage(model)
    page.send(b"12", kind="chunk", file=1, name="a", index=0, count=2, size=4)
    page.answer("received")
    owner = getattr(model, "_receiver", None) or model._storage._receiver
    assert owner._files
    model.close()
    assert owner._files == {}
