"""A folder is written whole or not at all."""

from __future__ import annotations

import os
import stat

import pytest

from marcelle_nb.formats.replaced_folder import replaced_folder


def names(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def test_files_appear_when_all_are_written(tmp_path):
    with replaced_folder(tmp_path / "a" / "b", last="main") as new:
        (new / "main").write_text("1")
        assert not (tmp_path / "a" / "b").exists()
    assert names(tmp_path) == ["a", "a/b", "a/b/main"]


def test_a_failure_leaves_what_was_there(tmp_path):
    (tmp_path / "main").write_text("old")

    def fail():
        with replaced_folder(tmp_path, last="main") as new:
            (new / "main").write_text("new")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert names(tmp_path) == ["main"]
    assert (tmp_path / "main").read_text() == "old"


def test_stale_files_go_and_other_files_stay(tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    for name in ("main", "part-1", "part-2", "notes"):
        (folder / name).write_text("old")
    with replaced_folder(folder, last="main", stale=("part-*",)) as new:
        (new / "main").write_text("new")
        (new / "part-1").write_text("new")
    assert names(folder) == ["main", "notes", "part-1"]
    assert (folder / "part-1").read_text() == "new"


def test_a_file_in_the_way_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(NotADirectoryError, match="expected a folder"),
        replaced_folder(tmp_path / "file", last="main"),
    ):
        pass


def test_files_of_such_names_stay_where_there_was_no_model(tmp_path):
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "logo.svg").write_text("mine")
    with replaced_folder(tmp_path, last="main", stale=("assets/*",)) as new:
        (new / "main").write_text("new")
    assert names(tmp_path) == ["assets", "assets/logo.svg", "main"]


def test_pattern_is_of_names_in_the_folder_alone(tmp_path):
    for name in ("main", "part-1", "part-a/b-1"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("old")
    with replaced_folder(tmp_path, last="main", stale=("part-*1",)) as new:
        (new / "main").write_text("new")
    assert names(tmp_path) == ["main", "part-a", "part-a/b-1"]


def test_what_was_there_comes_back_where_a_file_cannot_take_its_place(tmp_path):
    (tmp_path / "z").mkdir()  # where a file is to go
    for name in ("main", "a", "part-1"):
        (tmp_path / name).write_text("old")

    def write():
        with replaced_folder(tmp_path, last="main", stale=("part-*",)) as new:
            for name in ("main", "a", "z"):
                (new / name).write_text("new")

    with pytest.raises(IsADirectoryError):
        write()
    assert names(tmp_path) == ["a", "main", "part-1", "z"]
    assert {(tmp_path / name).read_text() for name in ("main", "a", "part-1")} == {"old"}


def test_linked_folder_is_written_on_its_own_disk(tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "disk")
    with replaced_folder(tmp_path / "link", last="main") as new:
        assert new.resolve().is_relative_to(tmp_path / "disk")
        (new / "main").write_text("new")
    assert names(tmp_path / "disk") == ["main"]


def test_link_in_place_of_a_folder_inside_is_refused(tmp_path):
    folder, other = tmp_path / "model", tmp_path / "other"
    for place in (folder, other):
        place.mkdir()
        (place / "main").write_text("old")
    (folder / "parts").symlink_to(other)

    def write():
        with replaced_folder(folder, last="main") as new:
            (new / "parts").mkdir()
            for name in ("main", "parts/main"):
                (new / name).write_text("new")

    with pytest.raises(NotADirectoryError, match=r"expected a folder 'parts' in .* got a link"):
        write()
    assert {(place / "main").read_text() for place in (folder, other)} == {"old"}


class Disk:
    """What is on disk for certain: the contents and the names that were brought there."""

    def __init__(self, root, monkeypatch):
        self.root = root
        self.contents: set[int] = set()
        self.names: dict[str, set[str]] = {}
        self.states: list[set[str]] = []
        monkeypatch.setattr(os, "fsync", self._fsync)

    def _fsync(self, handle):
        about = os.fstat(handle)
        if stat.S_ISREG(about.st_mode):
            self.contents.add(about.st_ino)
            return
        for folder in (self.root, *self.root.rglob("*")):
            if folder.is_dir() and folder.stat().st_ino == about.st_ino:
                name = folder.relative_to(self.root).as_posix()
                self.names[name] = {path.name for path in folder.iterdir()}
        self.states.append(set(names(self.root)))


def test_files_of_a_new_folder_are_on_disk_under_their_names(tmp_path, monkeypatch):
    disk = Disk(tmp_path, monkeypatch)
    with replaced_folder(tmp_path / "a", last="main") as new:
        (new / "main").write_text("1")
        (new / "parts").mkdir()
        (new / "parts" / "1").write_text("2")
    assert {path.stat().st_ino for path in tmp_path.rglob("*") if path.is_file()} <= disk.contents
    assert "a" in disk.names["."]
    inside = [known for name, known in disk.names.items() if name.endswith(("new", "parts"))]
    assert {"main", "parts"} in inside
    assert {"1"} in inside


def test_files_that_take_the_place_of_others_are_on_disk_before_the_last_one(tmp_path, monkeypatch):
    (tmp_path / "parts").mkdir()
    for name in ("main", "parts/1", "parts/2"):
        (tmp_path / name).write_text("old")
    disk = Disk(tmp_path, monkeypatch)
    with replaced_folder(tmp_path, last="main", stale=("parts/*",)) as new:
        (new / "parts").mkdir()
        for name in ("main", "parts/1", "parts/3"):
            (new / name).write_text("new")
            (new / name).chmod(0o444)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.stat().st_ino for path in files} <= disk.contents
    assert {"main", "parts"} <= disk.names["."]
    assert disk.names["parts"] == {"1", "3"}
    # a disk never holds the last file beside those of another writing
    seen = [tuple(sorted(n for n in state if "writing" not in n)) for state in disk.states]
    order = list(dict.fromkeys(seen))
    assert order == [
        ("parts", "parts/1", "parts/2"),
        ("parts", "parts/1", "parts/3"),
        ("main", "parts", "parts/1", "parts/3"),
    ]


def test_what_comes_back_is_on_disk_before_what_is_beside_goes(tmp_path, monkeypatch):
    (tmp_path / "z").mkdir()  # where a file is to go
    for name in ("main", "a"):
        (tmp_path / name).write_text("old")
    disk = Disk(tmp_path, monkeypatch)

    def write():
        with replaced_folder(tmp_path, last="main") as new:
            for name in ("main", "a", "z"):
                (new / name).write_text("new")

    with pytest.raises(IsADirectoryError):
        write()
    assert {"main", "a", "z"} <= disk.names["."]
