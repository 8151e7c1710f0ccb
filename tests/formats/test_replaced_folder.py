"""A folder is written whole or not at all."""

from __future__ import annotations

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
