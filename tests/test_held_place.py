"""The folders that kernels and servers have in the runtime folder, as long as they live."""

import os
import shutil
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from marcelle_nb.data import held_folder
from marcelle_nb.runtime import held_place
from marcelle_nb.runtime.held_place import (
    KERNEL,
    HeldPlace,
    known_kernel_place,
    places,
    remove_left,
)
from marcelle_nb.runtime.published_files import publish_files
from tests.eventually import eventually
from tests.extension_server import ROOT
from tests.kernel_place import kernel_place, other_kernel

DAY_S = 86_400


@pytest.fixture
def root(tmp_path, monkeypatch):
    with kernel_place(tmp_path / "runtime", monkeypatch) as folder:
        yield folder


def test_a_kernel_has_one_place_which_is_made_when_it_is_needed(root):
    assert known_kernel_place() is None
    assert not root.exists()
    place = held_place.kernel_place()
    assert held_place.kernel_place() == known_kernel_place() == place
    assert [*places(root, KERNEL)] == [place]


def test_everything_is_for_its_user_alone(root):
    publish_files("a model", {"model.json": b"{}"})
    for path in [root, *root.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)


@pytest.mark.parametrize("end", ["kill", "exit"])
def test_a_place_is_gone_with_its_kernel(root, end):
    own = held_place.kernel_place()
    with other_kernel("of another", end=end) as folder:
        other = folder.parent.parent
        assert {*places(root, KERNEL)} == {own, other}
        remove_left(root)
        assert folder.is_dir()
    assert [*places(root, KERNEL)] == [own]
    assert other.is_dir() == (end == "kill")
    remove_left(root)  # as servers do from time to time
    assert [*root.iterdir()] == [own]


FORK = """
import os, warnings
from marcelle_nb.runtime import held_place
place = held_place.kernel_place()
warnings.simplefilter("ignore")  # of threads that libraries have begun
child = os.fork()
if child == 0:
    held_place._kernels[0].close()
    other = held_place.kernel_place()
    os._exit(0 if other != place and other.is_dir() else 1)
print(os.waitpid(child, 0)[1], place.is_dir())
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_the_child_of_a_fork_leaves_its_parents_place_alone_and_has_its_own(root):
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", FORK]
    told = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["0", "True"]


def test_a_place_that_vanishes_while_one_looks_is_passed_over(root, monkeypatch):
    own = held_place.kernel_place()
    going = HeldPlace(KERNEL)
    real = Path.lstat

    def vanish(path):
        if path == going.path:
            going.close()
        return real(path)

    monkeypatch.setattr(Path, "lstat", vanish)
    assert [*places(root, KERNEL)] == [own]
    remove_left(root)
    assert [*root.iterdir()] == [own]


def test_what_is_no_place_is_never_removed(root, tmp_path):
    held_place.kernel_place()
    (tmp_path / "mine").mkdir()
    (root / f"kernel-{'0' * 32}").symlink_to(tmp_path / "mine")
    for name in ("kernel-1", "notes", f"kernel-{'g' * 32}"):
        (root / name).mkdir()
    (root / f"server-{'0' * 32}").touch()
    before = {*root.iterdir()}
    for path in before:
        os.utime(path, (0, 0), follow_symlinks=False)
    os.utime(tmp_path / "mine", (0, 0))
    remove_left(root)
    assert {*root.iterdir()} == before
    assert (tmp_path / "mine").is_dir()


def test_where_there_are_no_locks_a_place_says_that_it_is_in_use(root, monkeypatch):
    monkeypatch.setattr(held_folder, "try_lock", lambda file: None)
    monkeypatch.setattr(held_place, "RENEW_S", 0.001)
    place = held_place.kernel_place()

    def is_renewed():
        return time.time() - place.stat().st_mtime < DAY_S

    for _ in range(2):
        os.utime(place, (0, 0))
        eventually(is_renewed)
    remove_left(root)
    assert place.is_dir()


def test_where_there_are_no_locks_what_was_left_goes_after_a_day(root, monkeypatch):
    monkeypatch.setattr(held_folder, "try_lock", lambda file: None)
    with other_kernel("of another", end="kill") as folder:
        other = folder.parent.parent
    (other / ".held").write_bytes(b"")  # as it would be without locks
    remove_left(root)
    assert other.is_dir()
    os.utime(other, (0, 0))
    remove_left(root)
    assert not other.exists()


FORKED = """
import os, signal, sys, warnings
from marcelle_nb.runtime import held_place
held_place.kernel_place()
warnings.simplefilter("ignore")  # of threads that libraries have begun
if os.fork() == 0:
    print("ready", flush=True)
    sys.stdin.read()
    os._exit(0)
signal.pause()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_child_of_a_killed_kernel_does_not_keep_its_place(root):
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command, pipe = [sys.executable, "-c", FORKED], subprocess.PIPE
    with subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        assert len([*places(root, KERNEL)]) == 1
        process.kill()
        process.wait()
        assert [*places(root, KERNEL)] == []  # the child lives: its input is open
        remove_left(root)
        assert [*root.iterdir()] == []
        process.stdin.close()
        assert process.stdout.read() == b""


def test_a_place_that_somebody_tidied_away_is_let_go_of(root, tmp_path, monkeypatch):
    first = held_place.kernel_place()
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "another"))
    other = held_place.kernel_place()
    (gone,) = [place for place in held_place._kernels if place.path == other]
    shutil.rmtree(other)
    again = held_place.kernel_place()
    assert again != other
    assert gone._end.is_set()
    assert [place.path for place in held_place._kernels] == [first, again]
