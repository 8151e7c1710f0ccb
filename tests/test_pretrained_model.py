import json
import threading
from contextlib import nullcontext

import pytest

from marcelle_nb.errors import DownloadRefused, ModelFormatError
from marcelle_nb.formats.model_files import ModelFiles
from marcelle_nb.message import Message
from marcelle_nb.models import loadable_model
from marcelle_nb.models.pretrained_model import PretrainedModel
from tests.eventually import eventually


class Files:
    """Stands in for `PretrainedFiles`."""

    url = "https://school.example/w.h5"

    model: PretrainedModel

    def __init__(self, error=None):
        self.error = error
        self.asked = 0
        self.go_on = threading.Event()
        self.seen = []
        self.caches = []

    def with_cache(self, cache):
        self.caches.append(cache.folder)
        return self

    def get(self, progress):
        self.asked += 1
        progress(1_000_000, 4_000_000)
        self.seen.append(self.model.progress.value)
        assert self.go_on.wait(10)
        if self.error is not None:
            raise self.error
        return ModelFiles({"w.h5": b"x"}, main="w.h5")


class Sized(PretrainedModel):
    """Predicts how many bytes its weights have."""

    title = "Sized"

    def __init__(self, files):
        super().__init__(files)
        files.model = self
        self._start_loading()

    def _open(self, files):
        if files.read("w.h5") == b"":
            raise KeyError("w")
        return len(files.read("w.h5"))

    def predict(self, x):
        return self._loaded() + x


def test_it_loads_by_itself_and_who_predicts_waits():
    files = Files()
    model = Sized(files)
    assert model.loading.value
    statuses = []
    model.training.subscribe(lambda status: statuses.append(status.status))
    assert eventually(lambda: files.seen == [0.25])
    assert model._synced()["bytes"].value == "1.0 of 4.0 MB"
    threading.Timer(0.1, files.go_on.set).start()
    assert model.predict(1) == 2
    assert model.ready
    assert eventually(lambda: statuses[-1] == "loaded")
    assert (model.progress.value, model._synced()["state"].value) == (None, "Ready")


def test_its_error_is_raised_again_each_time():
    files = Files(DownloadRefused("w.h5: expected weights, got none"))
    files.go_on.set()
    model = Sized(files)
    for _ in range(2):
        with pytest.raises(DownloadRefused, match="expected weights"):
            model.predict(1)
    assert eventually(lambda: model._synced()["failed"].value)
    assert model._synced()["state"].value == "Not loaded: w.h5: expected weights, got none"
    assert not model.ready


class Particular(ValueError):
    """Cannot be made of its own message."""

    def __init__(self, what, rule):
        super().__init__(f"{what}: {rule}")


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (KeyError("x"), RuntimeError, "Sized: loading failed: 'x'"),
        (ModelFormatError("x: none"), ModelFormatError, "x: none"),
        (OSError(28, "full", "a/b"), OSError, "[Errno 28] full: 'a/b'"),
        (PermissionError(13, "no"), PermissionError, "[Errno 13] no"),
        (
            UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad"),
            UnicodeDecodeError,
            "'utf-8' codec can't decode byte 0xff in position 0: bad",
        ),
        (
            json.JSONDecodeError("bad", "{", 1),
            json.JSONDecodeError,
            "bad: line 1 column 2 (char 1)",
        ),
        (Particular("x", "y"), RuntimeError, "Sized: loading failed: x: y"),
    ],
    ids=lambda it: type(it).__name__ if isinstance(it, Exception) else "",
)
def test_errors_of_every_kind_are_told(error, kind, said):
    files = Files(error)
    files.go_on.set()
    with pytest.raises(kind) as raised:
        Sized(files).predict(1)
    assert (type(raised.value), str(raised.value)) == (kind, said)
    assert raised.value.__cause__ is error
    assert raised.value is not error
    if isinstance(error, OSError):
        assert raised.value.errno == error.errno


def test_a_click_tries_again():
    files = Files(DownloadRefused("none"))
    files.go_on.set()
    model = Sized(files)
    assert eventually(lambda: model.training.value.status == "error")
    files.error = None
    model.receive(Message({"kind": "retry"}))
    assert eventually(lambda: model.ready)
    assert model.predict(2) == 3
    model.retry()
    assert model._asked == 2  # a third load was not even asked for


def test_two_clicks_load_once():
    files = Files(DownloadRefused("none"))
    files.go_on.set()
    model = Sized(files)
    assert eventually(lambda: model.training.value.status == "error")
    files.error = None
    files.go_on.clear()
    model.retry()
    model.retry()
    assert model._asked == 2
    files.go_on.set()
    assert model.predict(2) == 3
    assert files.asked == 2


def test_what_was_cleared_can_be_loaded_again_and_has_not_failed():
    files = Files()
    files.go_on.set()
    model = Sized(files)
    assert model.predict(1) == 2
    state = model._synced()
    assert eventually(lambda: not model.loading.value)
    assert not state["can_retry"].value
    model.clear()
    told = [state[name].value for name in ("state", "failed", "can_retry")]
    assert told == ["Not loaded", False, True]
    with pytest.raises(RuntimeError, match="call retry"):
        model.predict(1)
    model.receive(Message({"kind": "retry"}))
    assert eventually(lambda: model.ready)
    assert model.predict(1) == 2


def test_what_was_cleared_while_it_was_loading_can_be_loaded_again_at_once():
    files = Files()
    model = Sized(files)
    assert eventually(lambda: files.seen)
    model.clear()
    model.retry()
    files.go_on.set()
    assert model.predict(1) == 2
    assert files.asked == 2


def test_a_retry_uses_the_cache_that_the_environment_names_by_then(monkeypatch, tmp_path):
    files = Files(DownloadRefused("none"))
    files.go_on.set()
    model = Sized(files)
    assert eventually(lambda: model.training.value.status == "error")
    monkeypatch.setenv("MARCELLE_NB_CACHE", str(tmp_path))
    files.error = None
    model.retry()
    assert model.predict(1) == 2
    assert files.caches == [tmp_path]


def test_what_is_closed_while_it_is_fetched_is_not_opened(monkeypatch):
    files = Files()
    model = Sized(files)
    opened: list[ModelFiles] = []
    monkeypatch.setattr(model, "_open", opened.append)
    assert eventually(lambda: files.seen)
    model.close()
    files.go_on.set()
    assert eventually(lambda: not model.loading.value)
    assert opened == []


def test_what_is_made_while_the_process_ends_is_not_loaded_and_nobody_waits(monkeypatch):
    monkeypatch.setattr(loadable_model, "finished_before_exit", lambda: nullcontext(False))
    files = Files()
    model = Sized(files)
    with pytest.raises(RuntimeError, match="expected a loaded model, got none"):
        model.predict(1)
    assert files.asked == 0


def test_bytes_without_a_whole_are_told_without_a_share():
    files = Files()
    files.go_on.set()
    model = Sized(files)
    assert model.predict(1) == 2
    model._note_progress(1_500_000, 0)
    assert (model.progress.value, model._synced()["bytes"].value) == (None, "1.5 MB")


def test_after_it_was_closed_it_says_so():
    files = Files(DownloadRefused("none"))
    model = Sized(files)
    model.close()
    files.go_on.set()
    with pytest.raises(RuntimeError, match="closed before"):
        model.predict(1)
