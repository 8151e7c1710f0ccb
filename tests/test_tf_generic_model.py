import json
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from marcelle_nb.errors import ModelFormatError, UnsupportedByModel
from marcelle_nb.models import tf_generic_model as module
from marcelle_nb.models.classifier_results import ClassifierResults
from marcelle_nb.models.model_use import ModelUse
from marcelle_nb.models.tf_generic_model import TFGenericModel
from tests.eventually import eventually
from tests.fake_loaded_model import FakeLoadedModel
from tests.fake_page import FakePage

FIXTURES = Path(__file__).parent / "fixtures"
DENSE = FIXTURES / "tfjs-layers" / "mlp_dense"
SEGMENTATION = FIXTURES / "tfjs-graph" / "segmentation"


@pytest.fixture
def model():
    model = TFGenericModel("generic", "generic")
    yield model
    model.close()


@pytest.fixture
def fake(monkeypatch):
    """What loading gives, whatever is loaded."""
    fake = FakeLoadedModel(lambda x: x, (None, 2), output=(None, 2), labels=["cat", "dog"])
    loads(monkeypatch, lambda source, **_: fake)
    return fake


def loads(monkeypatch, load):
    """Load by this, whatever is opened."""
    monkeypatch.setattr(module, "open_files", lambda source, **_: source)
    monkeypatch.setattr(module, "load", load)


def expected(folder):
    told = json.loads((folder / "io.json").read_text())
    given, answer = told["inputs"][0], told["outputs"][0]
    return tuple(np.array(one["data"], np.float32).reshape(one["shape"]) for one in (given, answer))


def statuses(model):
    seen: list[tuple[str, object]] = []
    model.training.subscribe(lambda status: seen.append((status.status, status.data)))
    return seen


def test_a_folder_of_files_predicts_as_tensorflow_js_did(model):
    model.load_from_files(DENSE)
    x, y = expected(DENSE)
    np.testing.assert_allclose(model.predict_many(x), y, atol=1e-5)
    np.testing.assert_allclose(model.predict(x[0]), y[0], atol=1e-5)


@pytest.mark.parametrize("form", ["pairs", "paths", "open files"])
def test_files_come_as_pairs_paths_or_open_files_in_any_order(model, form):
    paths = sorted(path for path in DENSE.iterdir() if path.name != "io.json")[::-1]
    opened = [path.open("rb") for path in paths]
    given = {
        "pairs": [(path.name, path.read_bytes()) for path in paths],
        "paths": paths,
        "open files": opened,
    }
    model.load_from_files(given[form])
    for file in opened:
        file.close()
    x, y = expected(DENSE)
    np.testing.assert_allclose(model.predict(x[0]), y[0], atol=1e-5)


def test_a_segmentation_shows_classes_in_gray():
    model: Any = TFGenericModel("image", "segmentation", {"output": "image", "apply_argmax": True})
    model.load_from_files(SEGMENTATION)
    x, y = expected(SEGMENTATION)
    picture = np.random.default_rng(0).integers(0, 256, x.shape[1:], dtype=np.uint8)
    image = model.predict(picture)
    assert image.shape == (*y.shape[1:3], 3)
    assert image.dtype == np.uint8
    classes = model.loaded(picture[None])[0][0].argmax(-1)
    levels = np.floor(255 * classes / max(2, y.shape[-1] - 1) + 0.5)
    assert np.array_equal(image[..., 0], levels)
    model.close()


def test_loading_is_told_as_in_marcelle(model, fake):
    seen, loading = statuses(model), list[bool]()
    model.loading.subscribe(loading.append)
    model.load_from_files("a.tflite")
    assert seen[1:] == [("loading", None), ("loaded", {"source": "file"})]
    model.load_from_url("https://a.example/model.json")
    told = {"source": "url", "url": "https://a.example/model.json"}
    assert seen[3:] == [("loading", None), ("loaded", told)]
    assert loading == [False, True, False, True, False]
    assert model.ready


def test_whether_it_is_loading_is_told_in_the_order_of_the_changes(model, fake, monkeypatch):
    post, held = model.loading._post, list[bool]()

    def watched(value):
        held.append(model._train_lock.locked())
        post(value)

    monkeypatch.setattr(model.loading, "_post", watched)
    model.load_from_files("a.tflite")
    assert held == [True, True]


def test_the_options_of_an_address_reach_the_loader(model, monkeypatch):
    given = {}
    fake = FakeLoadedModel(lambda x: x, (None, 2))

    def told(source, **options):
        given.update(options)
        return fake

    monkeypatch.setattr(module, "open_files", told)
    monkeypatch.setattr(module, "load", told)
    model.load_from_url("http://a", sha256="ab", allow_http=True, trust=True, format="tflite")
    assert given == {"sha256": "ab", "allow_http": True, "trust": True, "format": "tflite"}


def test_what_is_no_model_raises_and_shows(model):
    seen, page = statuses(model), FakePage(model)
    with pytest.raises(ModelFormatError):
        model.load_from_files([("notes.txt", b"hello")])
    assert [status for status, _ in seen[1:]] == ["loading", "error"]
    assert not model.ready
    assert not model.loading.value
    assert eventually(lambda: page.state["failed"])
    assert page.state["state"].startswith("Not loaded: ")
    with pytest.raises(RuntimeError, match="expected a loaded model, got none: "):
        model.predict([1, 2])


def test_a_failure_leaves_what_was_loaded_before(model):
    page = FakePage(model)
    model.load_from_files(DENSE)
    x, y = expected(DENSE)
    facts = dict(eventually(lambda: page.state["facts"]))
    with pytest.raises(ModelFormatError):
        model.load_from_files([("notes.txt", b"hello")])
    np.testing.assert_allclose(model.predict(x[0]), y[0], atol=1e-5)
    assert model.ready
    assert eventually(lambda: page.state["failed"])
    assert page.state["state"].endswith(". The model from before is still here")
    assert dict(page.state["facts"]) == facts


def test_nothing_predicts_before_something_is_loaded(model):
    with pytest.raises(RuntimeError, match="call load_from_files or load_from_url first"):
        model.predict([1, 2])


def test_in_the_background_it_returns_at_once_and_a_prediction_waits(model, fake, monkeypatch):
    go = threading.Event()
    loads(monkeypatch, lambda source, **_: go.wait(20) and fake)
    model.load_from_files("a", wait=False)
    answers = list[object]()
    asking = threading.Thread(target=lambda: answers.append(model.predict([1, 2]).tolist()))
    asking.start()
    eventually(lambda: model.loading.value)
    assert answers == []
    go.set()
    asking.join(20)
    assert answers == [[1, 2]]


def doubling(factor):
    return FakeLoadedModel(lambda x: factor * x, (None, 2))


@pytest.fixture
def gated(monkeypatch):
    """Loading waits at a gate; each source is the factor that the model multiplies by."""
    began, go, read = threading.Event(), threading.Event(), list[str]()

    def load(source, **_):
        read.append(source)
        began.set()
        assert go.wait(20)
        return doubling(float(source))

    loads(monkeypatch, load)
    return began, go, read


def test_of_several_that_are_asked_for_the_last_counts(model, gated):
    began, go, read = gated
    model.load_from_files("1", wait=False)
    assert began.wait(20)
    for factor in ("2", "3", "4"):
        model.load_from_files(factor, wait=False)
    assert not model.ready
    go.set()
    assert model.predict([1, 1]).tolist() == [4, 4]
    assert read == ["1", "4"]
    assert model.ready


def test_a_prediction_waits_for_no_file_that_is_asked_for_later(model, monkeypatch):
    begun = {name: threading.Event() for name in "12"}
    gates = {name: threading.Event() for name in "12"}

    def load(source, **_):
        begun[source].set()
        assert gates[source].wait(20)
        return doubling(float(source))

    loads(monkeypatch, load)
    model.load_from_files("1", wait=False)
    assert begun["1"].wait(20)
    waits, wait_for = threading.Event(), model._settled.wait_for

    def waiting(condition):
        waits.set()
        return wait_for(condition)

    monkeypatch.setattr(model._settled, "wait_for", waiting)
    answers = list[object]()
    asking = threading.Thread(target=lambda: answers.append(model.predict([1, 1]).tolist()))
    asking.start()
    assert waits.wait(20)
    model.load_from_files("2", wait=False)
    gates["1"].set()
    asking.join(20)
    assert answers == [[1, 1]]
    gates["2"].set()
    assert model.predict([1, 1]).tolist() == [2, 2]


def test_while_another_is_read_a_prediction_waits_for_it(model, gated):
    began, go, _ = gated
    model._fitted = ModelUse.checked("generic", "generic").open(doubling(1))
    model.load_from_files("5", wait=False)
    assert began.wait(20)
    threading.Timer(0.1, go.set).start()
    assert model.predict([1, 1]).tolist() == [5, 5]


def test_a_prediction_that_began_before_a_load_ends_with_the_old_model(model, monkeypatch):
    inside, go = threading.Event(), threading.Event()

    def slow(x):
        inside.set()
        assert go.wait(20)
        return x

    models = iter([FakeLoadedModel(slow, (None, 2)), doubling(3)])
    loads(monkeypatch, lambda source, **_: next(models))
    model.load_from_files("a")
    answers = list[object]()
    asking = threading.Thread(target=lambda: answers.append(model.predict([1, 1]).tolist()))
    asking.start()
    assert inside.wait(20)
    model.load_from_files("b")
    go.set()
    asking.join(20)
    assert answers == [[1, 1]]
    assert model.predict([1, 1]).tolist() == [3, 3]


def test_who_hears_of_a_failure_can_load_another(model, monkeypatch):
    def load(source, **_):
        if source == "bad":
            raise ModelFormatError("model: expected one, got none")
        return doubling(2)

    loads(monkeypatch, load)
    model.training.subscribe(
        lambda status: model.load_from_files("good") if status.status == "error" else None
    )
    with pytest.raises(ModelFormatError):
        model.load_from_files("bad")
    assert model.predict([1, 1]).tolist() == [2, 2]


def test_in_the_background_an_error_shows_and_raises_in_predict(model, monkeypatch, caplog):
    def fail(source, **_):
        raise ModelFormatError("model: expected one, got none")

    loads(monkeypatch, fail)
    model.load_from_files("a", wait=False)
    with pytest.raises(RuntimeError, match="model: expected one, got none"):
        model.predict([1, 2])


def test_a_model_that_is_cleared_while_it_loads_stays_empty(model, fake, monkeypatch):
    began, go = threading.Event(), threading.Event()

    def load(source, **_):
        began.set()
        go.wait(20)
        return fake

    loads(monkeypatch, load)
    model.load_from_files("a", wait=False)
    assert began.wait(20)
    model.clear()
    go.set()
    eventually(lambda: not model._pending)
    assert not model.ready
    assert model.training.value.status == "idle"


def test_training_is_refused_with_what_to_do(model):
    for train in (model.train, lambda: model.train([{"x": [1], "y": "a"}], None)):
        with pytest.raises(UnsupportedByModel, match=r"only predicts; keras_model\(\).load"):
            train()


def test_labels_name_the_classes_and_can_be_set(fake):
    model = TFGenericModel("generic", "classification")
    assert model.labels == []
    model.load_from_files("a")
    assert model.labels == ["cat", "dog"]
    model.labels = ["Katze", "Hund"]
    assert model.predict([0.25, 0.75]) == ClassifierResults("Hund", {"Katze": 0.25, "Hund": 0.75})
    with pytest.raises(ValueError, match="labels: expected 2"):
        model.labels = ["a"]
    assert model.labels == ["Katze", "Hund"]
    model.load_from_files("a")
    assert model.labels == ["Katze", "Hund"]
    model.close()


def test_labels_that_were_given_hold_before_those_of_the_file(fake):
    model = TFGenericModel("generic", "classification", labels=["one", "two"])
    model.load_from_files("a")
    assert model.predict([0, 1]).label == "two"
    model.close()


@pytest.mark.parametrize(
    "options",
    [
        {"input_type": "video"},
        {"task_type": "detection"},
        {"segmentation_options": {"output": "pdf"}},
        {"segmentation_options": {"applyArgmax": True}},
        {"segmentation_options": {"apply_argmax": "yes"}},
        {"input_range": (1, 1)},
        {"crop": "left"},
        {"labels": "abc"},
    ],
    ids=str,
)
def test_what_it_cannot_be_is_refused_when_it_is_made(options):
    with pytest.raises((TypeError, ValueError), match="expected"):
        TFGenericModel(**options)


# The widget


@pytest.fixture
def page(model):
    return FakePage(model)


def drop(page, files):
    for number, (name, data) in enumerate(files):
        page.send(data, kind="chunk", file=number, name=name, index=0, count=1, size=len(data))
    page.send(kind="deliver", file=99, files=[*range(len(files))])


def test_files_that_are_dropped_are_loaded_and_described(model, page):
    files = [path for path in DENSE.iterdir() if path.name != "io.json"]
    drop(page, [(path.name, path.read_bytes()) for path in files])
    eventually(lambda: model.ready)
    assert eventually(lambda: page.state["state"] == "Loaded")
    facts = dict(eventually(lambda: page.state["facts"]))
    assert facts["Format"].startswith("tfjs-layers")
    table = eventually(lambda: page.state["table"]["cells"] and page.state["table"])
    assert table["columns"][0] == "Layer"


def test_files_that_are_no_model_show_why(model, page):
    drop(page, [("<img src=x>.txt", b"hello")])
    assert eventually(
        lambda: page.state["state"].startswith("Not loaded: ") and page.state["state"]
    )
    assert page.state["failed"] is True


def test_a_model_of_operations_is_described_by_them(model, page, fake):
    model.load_from_files("a")
    table = eventually(lambda: page.state["table"]["cells"] and page.state["table"])
    assert table == {
        "columns": ["Operation", "Count"],
        "cells": [["MatMul", 3], ["Relu", 1]],
        "foot": "4 operations",
    }


def test_an_address_is_shown_without_a_password(model, page, fake):
    model.load_from_url("https://user:secret@a.example/model.json?key=1")
    facts = dict(eventually(lambda: page.state["facts"]))
    assert facts["From"] == "https://a.example/model.json"


def test_repr_says_what_it_is_for_and_what_is_loaded(model, fake):
    model.load_from_files("a")
    assert "task: generic" in repr(model)
    assert "labels: cat, dog" in repr(model)


def test_its_summary_is_that_of_the_file(model, fake):
    assert model.summary() == "nothing is loaded"
    model.load_from_files("a")
    assert "operations: MatMul × 3, Relu × 1" in model.summary()


def test_its_summary_names_every_layer_in_full(model):
    model.load_from_files(DENSE)
    text = model.summary()
    assert "format: tfjs-layers" in text
    for layer in model.layers:
        assert layer.name in text
    assert "Connected to" in text


def test_its_metadata_are_those_of_what_is_loaded(monkeypatch):
    told = {"input_range": (-1, 1), "crop": "center"}
    fake = FakeLoadedModel(lambda x: x, (None, 4, 4, 3), metadata=told)
    loads(monkeypatch, lambda source, **_: fake)
    model = TFGenericModel("image", "generic")
    assert model.metadata == {}
    model.load_from_files("a")
    assert model.metadata == {**told, "image_size": (4, 4)}
    assert model.loaded is fake
    model.close()


def test_a_file_with_layers_has_them(model):
    model.load_from_files(DENSE)
    assert model.keras_model is model.loaded.keras_model
    assert len(model.layers) == len(model.keras_model.layers)
    assert len(model.input_layers) == len(model.output_layers) == 1
