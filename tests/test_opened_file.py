"""Files of the runtime folder, opened where the system keeps folders open, and by names alone."""

import os
from pathlib import Path

import pytest

from marcelle_nb.runtime import opened_file
from marcelle_nb.runtime.opened_file import create_file, open_file

BY_NAMES = [
    pytest.param(False, id="kept", marks=pytest.mark.skipif(os.name == "nt", reason="POSIX")),
    pytest.param(True, id="by names"),
]


@pytest.fixture(params=BY_NAMES)
def root(request, tmp_path, monkeypatch):
    if request.param:  # as on Windows
        monkeypatch.setattr(opened_file, "_KEEPS_FOLDERS", False)
    for folder in (tmp_path / "root", tmp_path / "root" / "a", tmp_path / "root" / "a" / "b"):
        folder.mkdir(0o700)
    (tmp_path / "root" / "a" / "b" / "file").write_bytes(b"content")
    (tmp_path / "secret").write_bytes(b"secret")
    return tmp_path / "root"


def read(root, folders=("a", "b"), name="file"):
    opened = open_file(root, folders, name)
    if opened is None:
        return None
    with os.fdopen(opened, "rb") as file:
        return file.read()


def test_a_file_is_opened_in_folders_one_in_the_other(root):
    assert read(root) == b"content"


@pytest.mark.parametrize("where", ["root", "root/a", "root/a/b"])
def test_no_folder_on_the_way_may_be_a_link(root, tmp_path, where):
    folder = tmp_path / where
    folder.rename(tmp_path / "away")
    folder.symlink_to(tmp_path / "away")
    assert read(root) is None
    with pytest.raises(OSError, match=r"."):
        create_file(root, ("a", "b"), "new")
    assert not (folder / "new").exists()


def test_a_link_a_folder_and_what_is_not_there_are_not_opened(root):
    place = root / "a" / "b"
    (place / "link").symlink_to("../../../secret")
    os.link(root.parent / "secret", place / "hard")
    (place / "folder").mkdir()
    os.mkfifo(place / "pipe")
    for name in ("link", "hard", "folder", "pipe", "other"):
        assert read(root, name=name) is None
    assert read(root, ("a", "c")) is None
    assert read(root, ("a", "b", "file")) is None


def test_a_file_is_made_once_for_its_user_alone(root):
    os.close(create_file(root, ("a", "b"), "new"))
    assert (root / "a" / "b" / "new").stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        create_file(root, ("a", "b"), "new")
    (root / "a" / "b" / "link").symlink_to("elsewhere")
    with pytest.raises(OSError, match="link"):
        create_file(root, ("a", "b"), "link")
    assert not (root / "a" / "b" / "elsewhere").exists()


@pytest.mark.skipif(os.name == "nt", reason="POSIX")
def test_a_folder_that_others_can_open_is_not_entered(tmp_path):
    (tmp_path / "root").mkdir(0o755)
    (tmp_path / "root" / "file").touch()
    assert read(tmp_path / "root", (), "file") is None
    (tmp_path / "root").chmod(0o700)
    assert read(tmp_path / "root", (), "file") == b""


def test_a_junction_leads_nowhere_even_to_a_folder_of_its_name(tmp_path, monkeypatch):
    monkeypatch.setattr(opened_file, "_KEEPS_FOLDERS", False)
    monkeypatch.setattr(Path, "lstat", Path.stat)  # a junction is none of the links of Python
    (tmp_path / "root").mkdir()
    (tmp_path / "elsewhere" / "a").mkdir(parents=True)
    (tmp_path / "elsewhere" / "a" / "file").touch()
    (tmp_path / "root" / "a").symlink_to(tmp_path / "elsewhere" / "a")
    assert read(tmp_path / "root", ("a",)) is None
