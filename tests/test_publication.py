"""What `publish` gives: where a model is, what of it is shown, and when that ends."""

import json
import os
import subprocess
import sys
import threading
import warnings

import pytest

import marcelle_nb as mnb
from marcelle_nb.models.publication import Publication
from marcelle_nb.models.web_methods import WebMethods
from marcelle_nb.models.web_model import WebModel
from marcelle_nb.runtime.running_servers import announce_server
from tests.extension_server import ROOT
from tests.kernel_place import kernel_place, published


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.delenv("JPY_PARENT_PID", raising=False)
    with kernel_place(tmp_path / "runtime", monkeypatch) as folder:
        yield folder


@pytest.fixture
def server(root):
    place = announce_server("/a/place/")
    yield place
    place.close()


def trained():
    model = mnb.mlp(epochs=1, layers=[5], seed=0)
    train(model, 0)
    return model


def train(model, first):
    model.train([{"x": [first, 1, 2, i], "y": "ab"[i % 2]} for i in range(6)]).wait(60)


class Counted(WebMethods):
    """Stands for a model that is another one each time one looks; a look may take long."""

    def __init__(self):
        self.looks = 0
        self.pause = lambda look: None

    def _web_model(self):
        self.looks += 1
        look = self.looks
        self.pause(look)
        return WebModel("knn", {"look": look}, {}, {"input": {}})


def shown(name):
    return json.loads(published(name))["look"]


def test_a_later_model_takes_the_place_and_pages_that_load_go_on(server):
    model = trained()
    publication = model.publish("gestures")
    first = weights_of("gestures")
    train(model, 1)
    assert weights_of("gestures") == first
    publication.update()
    second = weights_of("gestures")
    assert second != first
    assert published("gestures", first)
    train(model, 3)
    publication.update()
    assert published("gestures", second)
    assert published("gestures", first) is None
    publication.close()
    assert published("gestures") is None
    assert not publication.is_open


def weights_of(name):
    (weights,) = json.loads(published(name))["weightsManifest"][0]["paths"]
    return weights


def test_an_older_publication_does_not_take_away_a_newer_one(server):
    model = Counted()
    first, second = Publication(model, "gestures"), Publication(model, "gestures")
    assert (first.is_open, second.is_open) == (False, True)
    first.close()
    assert shown("gestures") == 2
    second.close()


def during_an_update(publication, work):
    """Let something happen while an update has looked at the model, and has written nothing."""
    looked, go = threading.Event(), threading.Event()

    def pause(look):
        if threading.current_thread() is slow:
            looked.set()
            assert go.wait(20)

    publication._model.pause = pause
    slow = threading.Thread(target=publication.update)
    slow.start()
    assert looked.wait(20)
    work()
    go.set()
    slow.join()


def test_of_two_updates_at_once_the_later_look_stays(server):
    publication = Publication(Counted(), "gestures")
    during_an_update(publication, publication.update)
    assert shown("gestures") == 3


def test_an_update_that_began_before_another_publication_does_not_replace_it(server):
    first = Publication(Counted(), "gestures")
    made = []
    during_an_update(first, lambda: made.append(Publication(Counted(), "gestures")))
    assert shown("gestures") == 1
    assert (first.is_open, made[0].is_open) == (False, True)


def test_an_update_that_began_before_the_end_does_not_undo_it(server):
    publication = Publication(Counted(), "gestures")
    during_an_update(publication, publication.close)
    assert published("gestures") is None
    assert not publication.is_open


def test_closing_makes_no_place_in_order_to_delete_nothing(server, tmp_path, monkeypatch):
    publication = Publication(Counted(), "gestures")
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "another"))
    publication.close()
    assert not (tmp_path / "another").exists()


def test_without_the_extension_a_warning_says_so(root):
    with pytest.warns(UserWarning, match="jupyter server extension list") as told:
        publication = trained().publish("gestures")
    assert told[0].filename == __file__
    assert publication.url == "marcelle-nb/models/gestures/model.json"
    assert publication._repr_html_() is None
    publication.close()


def test_a_warning_says_that_another_server_than_the_kernels_shows_it(server, monkeypatch):
    monkeypatch.setenv("JPY_PARENT_PID", str(os.getppid()))
    with pytest.warns(UserWarning, match=f"process {os.getppid()}: another server") as told:
        publication = trained().publish("gestures")
    assert told[0].filename == __file__
    monkeypatch.setenv("JPY_PARENT_PID", str(os.getpid()))  # the server here
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        publication = trained().publish("gestures")
    publication.close()


def test_the_address_is_that_of_the_server_that_runs_now(root):
    with pytest.warns(UserWarning, match="extension"):
        publication = Publication(Counted(), "gestures")
    first = announce_server("/first/")
    assert publication.url == "/first/marcelle-nb/models/gestures/model.json"
    assert publication.page_url == "/first/marcelle-nb/models/gestures/index.html"
    first.close()
    second = announce_server("/second/")
    assert "/second/marcelle-nb" in repr(publication)
    assert "/second/marcelle-nb" in str(publication._repr_html_())
    second.close()


def test_the_publication_shows_links_and_its_name_as_text(server):
    publication = Publication(Counted(), "<b>x")
    text = str(publication._repr_html_())
    assert "<b>" not in text
    assert f'href="{publication.page_url}"' in text
    publication.close()
    assert publication._repr_html_() is None
    assert repr(publication) == "<Publication '<b>x': closed>"


@pytest.mark.parametrize("name", ["", "  ", "..", "a/b", "a\\b", "a\nb", "x" * 201, "\ud800"])
def test_a_name_that_is_no_part_of_an_address_is_refused(root, name):
    with pytest.raises(ValueError, match=r"^name: expected 1 to 200 characters"):
        Publication(Counted(), name)
    assert not root.exists()


def test_the_text_says_where_to_open_what_and_no_link_leads_to_another_server(server, monkeypatch):
    publication = Publication(Counted(), "gestures")
    assert publication.path == "marcelle-nb/models/gestures/model.json"
    assert publication.url == f"/a/place/{publication.path}"
    assert f"open {publication.page_url} at the notebook's host" in repr(publication)
    monkeypatch.setenv("JPY_PARENT_PID", str(os.getppid()))  # that is none with the extension
    assert publication._repr_html_() is None
    assert f"at the host and port of the server in process {os.getpid()}" in repr(publication)
    server.close()
    assert "shown by no server" in repr(publication)
    publication.close()


def test_the_end_of_one_does_not_hold_up_another_that_began_before_it(server):
    first, made = Publication(Counted(), "gestures"), []
    looked, go = threading.Event(), threading.Event()

    def pause(look):
        looked.set()
        assert go.wait(20)

    model = Counted()
    model.pause = pause
    slow = threading.Thread(target=lambda: made.append(Publication(model, "gestures")))
    slow.start()
    assert looked.wait(20)
    first.close()
    go.set()
    slow.join()
    assert shown("gestures") == 1
    assert made[0].is_open


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_the_child_of_a_fork_has_locks_of_its_own(root):
    told = subprocess.run(
        [sys.executable, "-c", FORK],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.split() == ["0"]


FORK = """
import os, threading, warnings
from marcelle_nb.models import publication
from marcelle_nb.runtime import held_place
held, go = threading.Event(), threading.Event()
def hold():
    with publication._lock, held_place._lock:
        held.set()
        go.wait(20)
other = threading.Thread(target=hold)
other.start()
held.wait(20)
warnings.simplefilter("ignore")  # of threads
child = os.fork()
if child == 0:
    locks = publication._lock, held_place._lock
    os._exit(0 if all(lock.acquire(blocking=False) for lock in locks) else 1)
print(os.waitpid(child, 0)[1])
go.set()
"""
