"""A server that kernels find, and that clears up after those that were killed."""

import shutil
import threading

import pytest

from marcelle_nb.runtime.running_servers import running_server
from marcelle_nb.server import presence as module
from marcelle_nb.server.presence import Presence
from tests.eventually import eventually
from tests.kernel_place import kernel_place, other_kernel


@pytest.fixture
def root(tmp_path, monkeypatch):
    with kernel_place(tmp_path / "runtime", monkeypatch) as folder:
        yield folder


def test_a_server_is_found_until_it_closes(root):
    presence = Presence("/a/place/")
    found = running_server()
    assert found is not None
    assert found.base_url == "/a/place/"
    presence.close()
    assert running_server() is None
    assert [*root.iterdir()] == []


def test_what_a_killed_kernel_left_goes(root):
    with other_kernel("of another", end="kill") as folder:
        pass
    presence = Presence("/", period_s=0.001)
    presence.start()
    eventually(lambda: not folder.exists())
    presence.close()


def test_a_look_that_fails_is_logged_and_is_not_the_last(root, monkeypatch, caplog):
    looks, again = [], threading.Event()

    def look(folder):
        looks.append(folder)
        if len(looks) > 1:
            again.set()
        else:
            raise FileNotFoundError("it has gone")

    monkeypatch.setattr(module, "remove_left", look)
    presence = Presence("/", period_s=0.001)
    presence.start()
    assert again.wait(20)
    presence.close()
    assert "it has gone" in caplog.text


@pytest.mark.parametrize("what", ["runtime folder", "place", "file"])
def test_a_server_is_announced_again_where_somebody_removed_that(root, what):
    presence = Presence("/a/place/", period_s=0.001)
    (place,) = root.iterdir()
    if what == "file":
        (place / "server.json").unlink()
    else:
        shutil.rmtree(root if what == "runtime folder" else place)
    assert running_server() is None
    presence.start()
    found = eventually(running_server)
    assert found is not None
    assert found.base_url == "/a/place/"
    presence.close()
    assert running_server() is None
    assert [*root.iterdir()] == []
