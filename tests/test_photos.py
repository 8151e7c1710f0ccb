from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from marcelle_nb.errors import ImageRejected
from marcelle_nb.features import photos
from marcelle_nb.features.photos import Photos, told_names


def save(path, size=(60, 40), colour="red"):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path)


def rng():
    return np.random.default_rng(0)


def test_photos_are_found_in_folders_of_folders_in_order(tmp_path):
    for name in ("b.jpg", "a/z.PNG", "a/y.webp", "a/x.gif"):
        save(tmp_path / name)
    (tmp_path / "notes.txt").write_text("none")
    found = [path.name for path in Photos([tmp_path]).paths]
    assert found == ["x.gif", "y.webp", "z.PNG", "b.jpg"]


def test_what_is_hidden_is_left_out_and_not_called_unreadable(tmp_path):
    for name in ("a.jpg", ".trash/b.jpg", ".c.jpg"):
        save(tmp_path / name)
    (tmp_path / "._a.jpg").write_bytes(b"what macOS writes beside a file")
    photos = Photos([tmp_path])
    assert [path.name for path in photos.paths] == ["a.jpg"]
    assert not photos.unreadable


def test_single_photos_and_folders_are_taken(tmp_path):
    save(tmp_path / "one.jpg")
    save(tmp_path / "more" / "two.jpg")
    assert len(Photos([tmp_path / "one.jpg", tmp_path / "more"])) == 2


@pytest.mark.parametrize("name", ["", "missing"])
def test_no_photos_is_an_error(tmp_path, name):
    with pytest.raises(ValueError, match=r"photos: expected"):
        Photos([tmp_path / name])


def test_large_photo_is_shrunk_and_a_small_one_is_not(tmp_path):
    save(tmp_path / "a.jpg", (1024, 512))
    save(tmp_path / "b.jpg", (60, 40))
    found = Photos([tmp_path])
    assert found.photo(0, rng()).size == (512, 256)
    assert found.photo(1, rng()).size == (60, 40)


def cut_short(path):
    save(path)
    path.write_bytes(path.read_bytes()[:-30])


def test_panorama_takes_no_more_memory_than_other_photos(tmp_path):
    save(tmp_path / "long.png", (20_000, 300))
    save(tmp_path / "thin.png", (4, 3_000))
    found = Photos([tmp_path])
    assert [found.photo(index, rng()).size for index in (0, 1)] == [(1024, 256), (4, 1024)]


def test_photo_without_a_header_is_left_out_and_listed(tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"none")
    (tmp_path / "empty.png").write_bytes(b"")
    save(tmp_path / "b.jpg")
    found = Photos([tmp_path])
    assert [path.name for path in found.paths] == ["b.jpg"]
    assert found.told == "3 photos; 2 of them cannot be read: 'a.jpg', 'empty.png'"


def test_photo_of_too_many_pixels_is_left_out(tmp_path, monkeypatch):
    monkeypatch.setattr(photos, "MAX_PIXELS", 3_000)
    save(tmp_path / "large.png", (60, 60))
    save(tmp_path / "small.png", (50, 60))
    assert [path.name for path in Photos([tmp_path]).paths] == ["small.png"]


def test_damaged_photo_is_replaced_by_another_and_listed_once(tmp_path, monkeypatch):
    monkeypatch.setattr(photos, "KEPT", 0)
    cut_short(tmp_path / "a.jpg")
    save(tmp_path / "b.jpg")
    found = Photos([tmp_path])
    assert found.unreadable == []
    assert [found.photo(0, rng()).size for _ in range(3)] == [(60, 40)] * 3
    assert [path.name for path in found.unreadable] == ["a.jpg"]


def test_folder_of_unreadable_photos_is_an_error_that_names_them(tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"none")
    with pytest.raises(ValueError, match=r"none that can be read among 'a\.jpg'"):
        Photos([tmp_path])


def test_folder_of_damaged_photos_is_an_error(tmp_path):
    cut_short(tmp_path / "a.jpg")
    with pytest.raises(ImageRejected, match="cannot be read"):
        Photos([tmp_path]).photo(0, rng())


def test_folder_with_the_name_of_a_photo_is_searched_and_is_none(tmp_path):
    save(tmp_path / "holidays.jpg" / "a.jpg")
    found = Photos([tmp_path])
    assert [path.name for path in found.paths] == ["a.jpg"]
    assert found.unreadable == []


def test_order_is_by_letters_with_their_case_as_on_other_systems(tmp_path, monkeypatch):
    for name in ("a.png", "B.png", "c/d.png", "c-e.png"):
        save(tmp_path / name)
    monkeypatch.setattr(Path, "__lt__", lambda one, other: str(one).lower() < str(other).lower())
    found = [path.relative_to(tmp_path).as_posix() for path in Photos([tmp_path]).paths]
    assert found == ["B.png", "a.png", "c-e.png", "c/d.png"]


def test_names_of_photos_are_written_in_one_line_and_not_all():
    paths = [Path(f"x/a\x1b{i}\n.jpg") for i in range(7)]
    told = told_names(paths)
    assert told.isprintable()
    assert told.startswith("'a\\x1b0\\n.jpg', ")
    assert told.endswith(" and 2 more")


def test_digest_changes_with_the_photos(tmp_path):
    save(tmp_path / "a.jpg")
    before = Photos([tmp_path]).digest
    assert Photos([tmp_path]).digest == before
    save(tmp_path / "b.jpg")
    assert Photos([tmp_path]).digest != before
