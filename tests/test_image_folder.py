import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from marcelle_nb.data.dataset import Dataset
from marcelle_nb.data.image_folder import ImageFolder


@pytest.fixture
def folder(tmp_path):
    for label, shade in (("cat", 40), ("dog", 200)):
        (tmp_path / label / "more").mkdir(parents=True)
        Image.new("RGB", (8, 4), (shade, 0, 0)).save(tmp_path / label / "1.png")
        Image.new("RGB", (8, 4), (shade, 9, 0)).save(tmp_path / label / "more" / "2.PNG")
    return tmp_path


def test_the_folders_are_the_labels(folder):
    instances = ImageFolder(folder).to_array()
    assert [(i["y"], i["file"]) for i in instances] == [
        ("cat", "cat/1.png"),
        ("cat", "cat/more/2.PNG"),
        ("dog", "dog/1.png"),
        ("dog", "dog/more/2.PNG"),
    ]
    assert [i["x"][0, 0, 0] for i in instances] == [40, 40, 200, 200]
    assert all(i["thumbnail"].startswith("data:image/jpeg;base64,") for i in instances)


def mean(image):
    return [np.mean(image)]


def test_a_function_makes_x_of_each_picture(folder):
    assert next(iter(ImageFolder(folder, process=mean)))["x"] == pytest.approx([40 / 3])


def test_pictures_are_turned_as_their_camera_was_held(folder):
    picture = Image.new("RGB", (8, 4))
    exif = picture.getexif()
    exif[0x0112] = 6  # a quarter turn
    picture.save(folder / "cat" / "0.jpg", exif=exif)
    assert next(iter(ImageFolder(folder)))["x"].shape == (8, 4, 3)


def test_broken_files_are_named_and_the_rest_is_kept(folder):
    (folder / "cat" / "broken.jpg").write_bytes(b"\xff\xd8\xff")
    whole = (folder / "cat" / "1.png").read_bytes()
    (folder / "cat" / "cut.png").write_bytes(whole[:-30])
    (folder / "dog" / "empty.gif").write_bytes(b"")
    os.mkfifo(folder / "dog" / "pipe.png")
    (folder / "dog" / "gone.png").symlink_to(folder / "nowhere.png")
    read = ImageFolder(folder)
    assert len(read.to_array()) == 4
    assert set(read.broken) == {
        "cat/broken.jpg",
        "cat/cut.png",
        "dog/empty.gif",
        "dog/gone.png",
        "dog/pipe.png",
    }
    assert "damaged" in read.broken["cat/cut.png"]
    assert "got none" in read.broken["dog/empty.gif"]


def test_what_is_left_out_is_named_but_for_hidden_files(folder):
    (folder / ".git").mkdir()
    (folder / ".git" / "1.png").write_bytes(b"")
    (folder / "cat" / ".DS_Store").write_bytes(b"")
    (folder / "cat" / "more" / "notes.txt").write_text("a cat")
    (folder / "cat" / "0.tiff").write_bytes(b"")
    (folder / "cat" / "0").write_bytes(b"")
    (folder / "cat" / "up").symlink_to(folder)
    (folder / "loose.png").write_bytes((folder / "cat" / "1.png").read_bytes())
    (folder / "loose.tif").write_bytes(b"")
    (folder / "README").write_text("no picture")
    read = ImageFolder(folder)
    assert len(read.to_array()) == 4
    name = "name: expected one that ends in .jpg .jpeg .png .webp .gif .bmp, got "
    assert read.broken == {
        "cat/0": f"{name}''",
        "cat/0.tiff": f"{name}'.tiff'",
        "cat/more/notes.txt": f"{name}'.txt'",
        "cat/up": "folder: expected no link to one within a label, got one",
        "loose.png": "label: expected the picture in a folder, got none",
        "loose.tif": "label: expected the picture in a folder, got none",
    }


def test_a_folder_of_pictures_alone_says_that_labels_are_missing(tmp_path):
    for name in ("a.png", "b.png"):
        Image.new("RGB", (2, 2)).save(tmp_path / name)
    data = Dataset("flat folder")
    report = data.from_folder(tmp_path)
    assert (report.ids, [*report.broken]) == ([], ["a.png", "b.png"])


def test_names_that_are_shown_alike_are_named_each(folder):
    try:
        for name in (b"cat/no\xfe.png", b"cat/no\xff.png", "cat/no\ufffd.png".encode()):
            (folder / os.fsdecode(name)).write_bytes(b"nothing")
    except OSError:
        pytest.skip("this file system takes names of UTF-8 alone")
    read = ImageFolder(folder)
    assert len(read.to_array()) == 4
    assert {*read.broken} == {f"cat/no\ufffd.png{it}" for it in ("", " (2)", " (3)")}


def test_it_can_be_read_again(folder):
    read = ImageFolder(folder)
    assert len(read.to_array()) == len(list(read)) == 4


def test_what_is_no_folder_is_refused(tmp_path):
    with pytest.raises(NotADirectoryError, match="path: expected a folder of folders"):
        ImageFolder(tmp_path / "nowhere")


def latin(folder):
    """Make a file and a folder whose names are no text in UTF-8."""
    try:
        (folder / os.fsdecode(b"caf\xe9")).mkdir()
    except OSError:
        pytest.skip("this file system takes names of UTF-8 alone")
    picture = (folder / "cat" / "1.png").read_bytes()
    for name in (b"cat/caf\xe9.png", b"caf\xe9/1.png"):
        (folder / os.fsdecode(name)).write_bytes(picture)


def test_names_that_are_no_text_are_shown_as_far_as_they_are(folder):
    latin(folder)
    (folder / "cat" / os.fsdecode(b"no\xff.png")).write_bytes(b"nothing")
    data, read = Dataset("odd names"), ImageFolder(folder)
    data.clear()
    report = data.from_folder(folder)
    assert data.label_counts() == {"caf\ufffd": 1, "cat": 3, "dog": 2}
    assert [i["file"] for i in read if "\ufffd" in i["file"]] == [
        "caf\ufffd/1.png",
        "cat/caf\ufffd.png",
    ]
    assert [*report.broken] == ["cat/no\ufffd.png"]
    assert "\ufffd" in repr(report).encode().decode()


@pytest.mark.parametrize("bad", [ValueError("too dark"), [float("nan")], [], "text", None])
def test_a_picture_that_the_function_refuses_is_named_and_the_rest_is_kept(folder, bad):
    def process(image):
        if image[0, 0, 0] == 40 and image[0, 0, 1] == 9:
            if isinstance(bad, ValueError):
                raise bad
            return bad
        return [1.0]

    read = ImageFolder(folder, process)
    assert [i["file"] for i in read] == ["cat/1.png", "dog/1.png", "dog/more/2.PNG"]
    assert [*read.broken] == ["cat/more/2.PNG"]


def test_another_error_of_the_function_is_raised(folder):
    with pytest.raises(KeyError):
        ImageFolder(folder, lambda image: dict[str, Any]()["a"]).to_array()


def test_a_folder_that_cannot_be_opened_is_named_and_the_rest_is_kept(folder, monkeypatch):
    iterdir, is_dir = Path.iterdir, Path.is_dir

    def refusing(self):
        if self.name == "more":
            raise PermissionError(13, "Permission denied", str(self))
        return iterdir(self)

    def hidden(self):
        if self.name == "1.png" and self.parent.name == "dog":
            raise PermissionError(13, "Permission denied", str(self))
        return is_dir(self)

    monkeypatch.setattr(Path, "iterdir", refusing)
    monkeypatch.setattr(Path, "is_dir", hidden)
    read = ImageFolder(folder)
    assert [i["file"] for i in read] == ["cat/1.png"]
    assert [*read.broken] == ["cat/more", "dog/1.png", "dog/more"]


def test_folders_may_be_deep(folder):
    deep = folder / "cat"
    try:
        for _ in range(1_500):
            deep /= "a"
            deep.mkdir()
    except OSError:
        pytest.skip("this system has no such long paths")
    Image.new("RGB", (2, 2)).save(deep / "1.png")
    try:
        assert len(ImageFolder(folder).to_array()) == 5
    finally:
        (deep / "1.png").unlink()
        while deep.name == "a":  # what clears up after tests goes down by recursion
            deep.rmdir()
            deep = deep.parent
