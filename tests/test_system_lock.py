import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from marcelle_nb.data.system_lock import try_lock
from tests.extension_server import ROOT

# in the child another file takes the number of the one that is locked, and leaving is no error
FORK = """
import os, pathlib, sys
from marcelle_nb.data.system_lock import lock_file, try_lock
path = pathlib.Path(sys.argv[1])
with lock_file(path) as file:
    assert try_lock(file)
    child = os.fork()
    if child == 0:
        other = os.open(path, os.O_RDWR)
        assert other == file
    else:
        status = os.waitpid(child, 0)[1]
if child == 0:
    os.fstat(other)
    os._exit(0)
with lock_file(path) as file, lock_file(path) as another:
    print(status, try_lock(file), try_lock(another))
"""


@pytest.fixture
def opened(tmp_path):
    """Give a function that opens the same file again."""
    files = []

    def again():
        files.append(os.open(tmp_path / "lock", os.O_RDWR | os.O_CREAT))
        return files[-1]

    yield again
    for file in files:
        os.close(file)


def test_one_at_a_time_holds_a_lock(opened):
    first, second = opened(), opened()
    assert try_lock(first) is True
    assert try_lock(second) is False


def test_closing_lets_go(opened, tmp_path):
    first = os.open(tmp_path / "lock", os.O_RDWR | os.O_CREAT)
    assert try_lock(first) is True
    os.close(first)
    assert try_lock(opened()) is True


def test_a_disk_without_locks_is_told(opened, monkeypatch):
    def refuse(*_):
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(pytest.importorskip("fcntl"), "flock", refuse)
    assert try_lock(opened()) is None


@pytest.mark.parametrize(
    ("error", "answer"),
    [(None, True), (PermissionError(13, "Permission denied"), False), (OSError(22, "no"), None)],
    ids=str,
)
def test_on_windows_the_first_byte_is_locked(opened, monkeypatch, error, answer):
    calls = []

    def locking(*call):
        calls.append(call)
        if error is not None:
            raise error

    monkeypatch.setitem(sys.modules, "fcntl", None)
    monkeypatch.setitem(sys.modules, "msvcrt", SimpleNamespace(LK_NBLCK=2, locking=locking))
    file = opened()
    assert try_lock(file) is answer
    assert calls == [(file, 2, 1)]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_the_child_of_a_fork_has_no_file_open_that_its_parent_locks(tmp_path):
    (tmp_path / "lock").touch()
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", FORK, str(tmp_path / "lock")]
    told = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["0", "True", "False"]
