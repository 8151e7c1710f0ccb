"""A file is written whole or not at all."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from marcelle_nb.data.replaced_file import replace_file, replaced_file


def test_file_takes_its_place_when_it_is_complete(tmp_path):
    path = tmp_path / "a" / "b.bin"
    with replaced_file(path, "other.name") as beside:
        assert beside.name == "other.name"
        beside.write_bytes(b"new")
        assert not path.exists()
    assert path.read_bytes() == b"new"
    assert [*path.parent.iterdir()] == [path]


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_failure_leaves_what_was_there(error, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def fail():
        with replaced_file(path) as beside:
            beside.write_bytes(b"half")
            raise error

    with pytest.raises(error):
        fail()
    assert path.read_bytes() == b"old"
    assert [*tmp_path.iterdir()] == [path]


def test_who_may_read_it_is_for_the_system_to_say(tmp_path):
    before = os.umask(0o027)
    try:
        path = replace_file(tmp_path / "file", b"")
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_file_and_its_name_are_on_disk_when_it_is_in_its_place(tmp_path, monkeypatch):
    synced = list[str]()
    names = {tmp_path.stat().st_ino: "folder"}

    def fsync(handle):
        synced.append(names.get(os.fstat(handle).st_ino, "file"))
        assert (tmp_path / "file").exists() == (synced == ["file", "folder"])

    monkeypatch.setattr(os, "fsync", fsync)
    replace_file(tmp_path / "file", b"")
    assert synced == ["file", "folder"]


def test_link_is_replaced_and_what_it_leads_to_stays(tmp_path):
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to("real")
    replace_file(tmp_path / "link", b"new")
    assert not (tmp_path / "link").is_symlink()
    assert ((tmp_path / "link").read_bytes(), (tmp_path / "real").read_bytes()) == (b"new", b"old")


def test_error_names_the_file_that_was_asked_for(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(IsADirectoryError, match=r"^target: expected a file, got the folder '.*r'$"):
        replace_file(tmp_path / "folder", b"")
    for name in ("file/x", "file/a/x"):
        with pytest.raises(
            NotADirectoryError, match=rf"^target: expected a folder around '.*{name}', got a file"
        ):
            replace_file(tmp_path / name, b"")
    assert {path.name for path in tmp_path.iterdir()} == {"folder", "file"}


KILLED = """
import os, sys, pathlib
from marcelle_nb.data.replaced_file import place_beside
with place_beside(pathlib.Path(sys.argv[1])) as folder:
    (folder / "half").write_bytes(b"x")
    os.kill(os.getpid(), 9)
"""


@pytest.mark.skipif(os.name == "nt", reason="files are not locked there")
def test_what_a_killed_process_left_goes_with_the_next_writing(tmp_path):
    path = tmp_path / "file"
    subprocess.run([sys.executable, "-c", KILLED, path], check=False, cwd=Path(__file__).parents[1])
    (left,) = tmp_path.iterdir()
    assert (left / "half").exists()
    with replaced_file(path) as outer:  # somebody else, at work now
        outer.write_bytes(b"1")
        replace_file(tmp_path / "other", b"2")
        assert outer.exists()
        assert not left.exists()
    assert {one.name for one in tmp_path.iterdir()} == {"file", "other"}


def test_folder_that_nobody_can_hold_goes_after_a_day(tmp_path, monkeypatch):
    monkeypatch.setattr("marcelle_nb.data.held_folder.try_lock", lambda file: None)
    young, old = tmp_path / ".writing-a", tmp_path / ".writing-b"
    young.mkdir()
    old.mkdir()
    os.utime(old, (0, 0))
    replace_file(tmp_path / "file", b"")
    assert {one.name for one in tmp_path.iterdir()} == {"file", young.name}
