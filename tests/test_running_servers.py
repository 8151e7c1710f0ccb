"""The servers with the extension that a kernel finds."""

import os
from contextlib import ExitStack

import pytest

from marcelle_nb.runtime import running_servers
from marcelle_nb.runtime.running_servers import announce_server, running_server, unlisted_parent
from tests.kernel_place import kernel_place

OTHER = 2**22 + 1
"""More than the number of any process."""


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.delenv("JPY_PARENT_PID", raising=False)
    with kernel_place(tmp_path / "runtime", monkeypatch) as folder:
        yield folder


@pytest.fixture
def announce(root, monkeypatch):
    """Give a function that announces a server, as if from a process of another number."""
    with ExitStack() as stack:

        def add(base_url, process):
            with monkeypatch.context() as patch:
                patch.setattr("os.getpid", lambda: process)
                place = announce_server(base_url)
            place._process = os.getpid()
            stack.callback(place.close)
            return place

        yield add


def test_without_a_server_there_is_none(root):
    assert running_server() is None
    assert unlisted_parent() is None


def test_a_server_is_found_while_it_lives(announce):
    place = announce("/user/ada/", OTHER)
    found = running_server()
    assert found is not None
    assert (found.process, found.base_url) == (OTHER, "/user/ada/")
    place.close()
    assert running_server() is None


@pytest.mark.parametrize("parent", range(5))
def test_of_several_the_one_that_started_the_kernel_is_found(announce, monkeypatch, parent):
    for number in range(5):
        announce(f"/{number}/", OTHER + number)
    monkeypatch.setenv("JPY_PARENT_PID", str(OTHER + parent))
    found = running_server()
    assert found is not None
    assert found.base_url == f"/{parent}/"


def test_the_parent_of_the_process_is_preferred_too(announce):
    announce("/own/", os.getppid())
    for number in range(3):
        announce(f"/{number}/", OTHER + number)
    found = running_server()
    assert found is not None
    assert found.base_url == "/own/"


def test_a_parent_that_lives_without_the_extension_is_told(announce, monkeypatch):
    announce("/other/", OTHER)
    monkeypatch.setenv("JPY_PARENT_PID", str(os.getpid()))
    found = running_server()
    assert found is not None
    assert found.base_url == "/other/"
    assert unlisted_parent() == os.getpid()
    announce("/own/", os.getpid())
    assert unlisted_parent() is None


@pytest.mark.parametrize("told", ["", "0", "-1", "x", "1" * 30, str(2**31), str(OTHER)])
def test_a_parent_that_does_not_live_is_none(root, monkeypatch, told):
    monkeypatch.setenv("JPY_PARENT_PID", told)
    assert unlisted_parent() is None


def test_on_windows_a_handle_is_not_taken_for_a_process(root, monkeypatch):
    monkeypatch.setenv("JPY_PARENT_PID", str(os.getpid()))
    assert unlisted_parent() == os.getpid()
    monkeypatch.setattr(running_servers, "_TELLS_PROCESS", False)
    assert unlisted_parent() is None


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"process": "x", "base_url": "/"}'])
def test_what_a_server_has_not_written_whole_is_passed_over(announce, content):
    place = announce("/a/", OTHER)
    (place.path / "server.json").write_bytes(content)
    assert running_server() is None


@pytest.mark.parametrize(
    "told",
    ["", "{", "[]", "{}", '{"process": "7", "base_url": "/"}', '{"process": 7}', "[" * 100_000],
    ids=lambda text: text[:40],
)
def test_a_file_that_tells_nothing_is_no_server(announce, told):
    place = announce("/", OTHER)
    (place.path / "server.json").write_text(told)
    assert running_server() is None


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="POSIX")
@pytest.mark.timeout(20)
def test_a_pipe_in_the_place_of_a_file_holds_nobody_up(announce):
    place = announce("/", OTHER)
    (place.path / "server.json").unlink()
    os.mkfifo(place.path / "server.json")
    assert running_server() is None
