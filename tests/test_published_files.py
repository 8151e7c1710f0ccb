"""Models as a kernel writes them, and as a server finds them again."""

import os
from pathlib import Path

import pytest

from marcelle_nb.runtime.held_place import known_kernel_place
from marcelle_nb.runtime.published_files import (
    content_type,
    publish_files,
    withdraw_files,
)
from tests.hostile_names import NAMES
from tests.kernel_place import kernel_place, other_kernel, published


@pytest.fixture
def root(tmp_path, monkeypatch):
    with kernel_place(tmp_path / "runtime", monkeypatch) as folder:
        yield folder


def test_models_of_all_names_are_found_each_under_its_own(root):
    names = [*dict.fromkeys(NAMES)]
    for name in names:
        publish_files(name, {"model.json": repr(name).encode()})
    assert [published(name) for name in names] == [repr(name).encode() for name in names]


@pytest.mark.parametrize(
    "file", ["", ".", "..", "../model.json", "a/model.json", ".before", "model.py", "é.json"]
)
def test_only_plain_names_of_what_is_published_are_opened(root, file):
    folder = publish_files("a model", {"model.json": b"{}"})
    (folder / "model.py").touch()
    (folder / "é.json").touch()
    assert published("a model", file) is None


def test_the_newest_of_several_kernels_is_found(root):
    publish_files("a model", {"model.json": b"own"})
    with other_kernel("a model", "of another") as folder:
        os.utime(folder / "model.json", ns=(2**62, 2**62))
        assert published("a model") == b"of another"
        os.utime(folder / "model.json", ns=(0, 0))
        assert published("a model") == b"own"
        os.utime(folder / "model.json", ns=(2**62, 2**62))
    assert published("a model") == b"own"


def test_files_of_the_last_model_stay_for_pages_that_load_it(root):
    for number in "123":
        publish_files("a model", {"model.json": number.encode(), f"{number}.bin": b"x"})
    assert published("a model") == b"3"
    assert [published("a model", f"{number}.bin") for number in "123"] == [None, b"x", b"x"]


def test_what_was_withdrawn_is_not_found(root):
    publish_files("a model", {"model.json": b"{}"})
    withdraw_files("a model")
    withdraw_files("a model")
    assert published("a model") is None


def test_withdrawing_makes_no_place(root):
    withdraw_files("a model")
    assert known_kernel_place() is None
    assert not root.exists()


def test_the_type_goes_by_the_ending():
    assert content_type("a.b.json") == "application/json"
    assert content_type("index.html") == "text/html; charset=utf-8"
    assert content_type("json") is content_type("a.svg") is content_type(".jsonx") is None


def test_a_file_that_is_as_it_was_is_not_written_again(root):
    files = {"model.json": b"{}", "tfjs.js": b"same", "a.bin": b"old"}
    folder = publish_files("a model", files)
    for name in files:
        os.utime(folder / name, ns=(0, 0))
    publish_files("a model", {**files, "a.bin": b"new"})
    touched = {name for name in files if (folder / name).stat().st_mtime_ns}
    assert touched == {"model.json", "a.bin"}  # the first says which kernel's is the newest
    assert published("a model", "a.bin") == b"new"


def test_a_link_in_the_place_of_a_file_is_replaced_also_where_it_leads_to_the_same(root, tmp_path):
    files = {"model.json": b"{}", "a.bin": b"same"}
    folder = publish_files("a model", files)
    (tmp_path / "same").write_bytes(b"same")
    (folder / "a.bin").unlink()
    (folder / "a.bin").symlink_to(tmp_path / "same")
    publish_files("a model", files)
    assert published("a model", "a.bin") == b"same"


def test_what_cannot_be_removed_while_a_server_sends_it_goes_with_the_next_model(root, monkeypatch):
    publish = [{"model.json": b"1", f"{number}.bin": b""} for number in range(4)]
    for files in publish[:2]:
        folder = publish_files("a model", files)
    real = Path.unlink

    def refuse(path, **how):
        if path.name == "0.bin":
            raise PermissionError("the server sends it")
        real(path, **how)

    with monkeypatch.context() as windows:
        windows.setattr(Path, "unlink", refuse)
        publish_files("a model", publish[2])
    assert (folder / "0.bin").exists()
    publish_files("a model", publish[3])
    assert {path.name for path in folder.glob("*.bin")} == {"2.bin", "3.bin"}
