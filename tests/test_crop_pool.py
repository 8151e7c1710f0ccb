import numpy as np
import pytest

from marcelle_nb.features import crop_pool
from marcelle_nb.features.crop_pool import CropPool
from marcelle_nb.features.photos import Photos
from marcelle_nb.features.teacher import Teacher
from tests.small_photos import write_photos


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    monkeypatch.setattr(crop_pool, "CHUNK", 4)


@pytest.fixture
def photos(tmp_path):
    return Photos([write_photos(tmp_path / "photos", size=(40, 50))])


class Counted(Teacher):
    def __init__(self, name="mean", digest=""):
        super().__init__(name, 16, lambda images: images.mean(axis=(1, 2)), digest)
        self.asked = 0
        self.at_once: list[int] = []

    def embed(self, images):
        self.asked += len(images)
        self.at_once.append(len(images))
        return super().embed(images)


def pool(folder, photos, teacher=None, seed=0):
    return CropPool(folder, photos, teacher or Counted(), side=8, seed=seed)


def contents(pool, n):
    list(pool.fill(n))
    crops, targets = pool.read(n)
    return np.concatenate(crops), targets


def test_each_crop_has_the_vector_that_the_teacher_gave(tmp_path, photos):
    crops, targets = contents(pool(tmp_path / "pool", photos), 12)
    assert crops.shape == (12, 8, 8, 3)
    assert targets.shape == (12, 3)
    assert np.abs(crops.mean(axis=(1, 2)) - targets).max() < 2  # half floats, and rounding


def test_stopped_pool_goes_on_to_the_same_crops(tmp_path, photos):
    whole = contents(pool(tmp_path / "whole", photos), 12)
    next(iter(pool(tmp_path / "parts", photos).fill(12)))
    again = Counted()
    parts = contents(pool(tmp_path / "parts", photos, again), 12)
    assert again.asked == 8
    for one, other in zip(whole, parts, strict=True):
        assert np.array_equal(one, other)


def test_pool_grows_by_more_crops(tmp_path, photos):
    few, _ = contents(pool(tmp_path / "pool", photos), 4)
    more, _ = contents(pool(tmp_path / "pool", photos), 8)
    assert np.array_equal(more[:4], few)


def test_another_seed_gives_other_crops(tmp_path, photos):
    one, _ = contents(pool(tmp_path / "one", photos), 4)
    other, _ = contents(pool(tmp_path / "other", photos, seed=1), 4)
    assert not np.array_equal(one, other)


def test_teacher_is_asked_about_several_crops_at_once(tmp_path, photos, monkeypatch):
    monkeypatch.setattr(crop_pool, "AT_ONCE", 3)
    teacher = Counted()
    list(pool(tmp_path / "pool", photos, teacher).fill(8))
    assert teacher.at_once == [3, 1, 3, 1]


@pytest.mark.parametrize("name", ["crops", "targets"])
def test_file_that_was_deleted_is_made_again(tmp_path, photos, name):
    before = contents(pool(tmp_path / "pool", photos), 8)
    (tmp_path / "pool" / f"{name}-00001.npy").unlink()
    after = contents(pool(tmp_path / "pool", photos), 8)
    assert all(np.array_equal(*pair) for pair in zip(before, after, strict=True))


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("crops", np.zeros((4, 8, 9, 3), np.uint8)),
        ("crops", np.zeros((4, 8, 8, 3), np.float32)),
        ("targets", np.zeros((4, 2), np.float16)),
        ("targets", np.zeros((3, 3), np.float16)),
        ("targets", np.zeros(4, np.float16)),
        ("targets", np.full((4, 3), np.nan, np.float16)),
        ("crops", None),
        ("targets", None),
    ],
)
def test_damaged_file_is_named_with_what_to_do(tmp_path, photos, name, rows):
    contents(pool(tmp_path / "pool", photos), 8)
    path = tmp_path / "pool" / f"{name}-00001.npy"
    if rows is None:
        path.write_bytes(path.read_bytes()[:-5])
    else:
        np.save(path, rows)
    with pytest.raises(ValueError, match=rf"{name}-00001\.npy: expected .*; delete the file"):
        pool(tmp_path / "pool", photos).read(8)


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe", b"[" * 100_000])
def test_damaged_description_is_named_with_what_to_do(tmp_path, photos, data):
    pool(tmp_path / "pool", photos)
    (tmp_path / "pool" / "pool.json").write_bytes(data)
    with pytest.raises(ValueError, match=r"pool\.json: expected JSON.*; delete the folder"):
        pool(tmp_path / "pool", photos)


def test_crops_without_a_description_are_refused(tmp_path, photos):
    contents(pool(tmp_path / "pool", photos), 4)
    (tmp_path / "pool" / "pool.json").unlink()
    with pytest.raises(ValueError, match=r"expected crops of .*what is not known"):
        pool(tmp_path / "pool", photos)


@pytest.mark.parametrize(
    "other",
    [{"seed": 1}, {"teacher": Counted("another")}, {"teacher": Counted(digest="other weights")}],
)
def test_crops_of_another_training_are_refused(tmp_path, photos, other):
    pool(tmp_path / "pool", photos)
    with pytest.raises(ValueError, match="expected crops of"):
        pool(tmp_path / "pool", photos, **other)
