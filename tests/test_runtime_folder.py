"""The folder in which kernels and servers of one user meet."""

import os
import stat
from pathlib import Path

import pytest

from marcelle_nb.runtime import runtime_folder as module
from marcelle_nb.runtime.runtime_folder import made_runtime_folder, write_private


@pytest.fixture
def runtime(tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    return tmp_path / "runtime"


def test_it_is_made_for_its_user_alone(runtime):
    folder = made_runtime_folder()
    assert folder == runtime / "marcelle-nb"
    folder.chmod(0o755)  # as an earlier umask, or somebody, left it
    assert stat.S_IMODE(made_runtime_folder().stat().st_mode) == 0o700


def test_a_link_in_its_place_is_refused(runtime, tmp_path):
    runtime.mkdir()
    (tmp_path / "elsewhere").mkdir()
    (runtime / "marcelle-nb").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(PermissionError, match="runtime folder"):
        made_runtime_folder()
    assert [*(tmp_path / "elsewhere").iterdir()] == []


def test_a_file_in_its_place_is_refused(runtime):
    runtime.mkdir()
    (runtime / "marcelle-nb").touch()
    with pytest.raises(OSError, match="marcelle-nb"):
        made_runtime_folder()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root")
def test_somebody_elses_folder_in_its_place_is_refused(runtime):
    os.chown(made_runtime_folder(), 12345, 12345)
    with pytest.raises(PermissionError, match="runtime folder"):
        made_runtime_folder()


def test_a_private_file_is_replaced_whole_and_never_written_through_a_link(tmp_path):
    (tmp_path / "secret").write_bytes(b"1")
    (tmp_path / ".a-new").symlink_to(tmp_path / "secret")  # left by a writer that was killed
    write_private(tmp_path / "a", b"2")
    assert (tmp_path / "secret").read_bytes() == b"1"
    assert (tmp_path / "a").read_bytes() == b"2"
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o600
    assert {path.name for path in tmp_path.iterdir()} == {"secret", "a"}


@pytest.mark.parametrize("tries", [1, 2, 10**6])
def test_on_windows_a_file_that_is_being_read_is_replaced_a_moment_later(
    tmp_path, monkeypatch, tries
):
    left, real = [None] * tries, Path.replace

    def replace(path, target):
        if left:
            left.pop()
            raise PermissionError("it is open")
        return real(path, target)

    monkeypatch.setattr(module, "_REPLACES_OPEN", False)
    monkeypatch.setattr(module, "_WAIT_S", 0)
    monkeypatch.setattr(Path, "replace", replace)
    (tmp_path / "file").write_bytes(b"old")
    if tries > module._TRIES:
        with pytest.raises(PermissionError, match="it is open"):
            write_private(tmp_path / "file", b"new")
        assert (tmp_path / "file").read_bytes() == b"old"
    else:
        write_private(tmp_path / "file", b"new")
        assert (tmp_path / "file").read_bytes() == b"new"
