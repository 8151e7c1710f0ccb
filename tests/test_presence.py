"""A server that kernels find, and that clears up after those that were killed."""

import shutil
import threading
from contextlib import closing

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
    with closing(Presence("/a/place/")):
        found = running_server()
        assert found is not None
        assert found.base_url == "/a/place/"
    assert running_server() is None
    assert [*root.iterdir()] == []


def test_what_a_killed_kernel_left_goes(root):
    with other_kernel("of another", end="kill") as folder:
        pass
    with closing(Presence("/", period_s=0.001)) as presence:
        presence.start()
        eventually(lambda: not folder.exists())


def test_a_look_that_fails_is_logged_and_is_not_the_last(root, monkeypatch, caplog):
    looks, again = [], threading.Event()

    def look(folder):
        looks.append(folder)
        if len(looks) > 1:
            again.set()
        else:
            raise FileNotFoundError("it has gone")

    monkeypatch.setattr(module, "remove_left", look)
    with closing(Presence("/", period_s=0.001)) as presence:
        presence.start()
        assert again.wait(20)
    assert "it has gone" in caplog.text


@pytest.mark.parametrize("what", ["runtime folder", "place", "file"])
def test_a_server_is_announced_again_where_somebody_removed_that(root, what):
    with closing(Presence("/a/place/", period_s=0.001)) as presence:
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
    assert running_server() is None
    assert [*root.iterdir()] == []


def test_the_end_waits_for_a_look_that_is_under_way(root, monkeypatch):
    begun, go, ended = threading.Event(), threading.Event(), []

    def look(folder):
        begun.set()
        assert go.wait(20)
        ended.append(folder)

    monkeypatch.setattr(module, "remove_left", look)
    presence = Presence("/", period_s=0.001)
    try:
        presence.start()
        assert begun.wait(20)
        real = presence._place.close

        def close():
            real()
            go.set()

        monkeypatch.setattr(presence._place, "close", close)
    finally:
        presence.close()
    assert ended == [root]
