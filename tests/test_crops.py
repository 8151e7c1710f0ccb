from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from marcelle_nb.features import crops
from marcelle_nb.features.crops import draw_crop

RED = Image.new("RGB", (300, 200), (255, 0, 0))
BLUE = Image.new("RGB", (300, 200), (0, 0, 255))


def drawn(seed, photo=RED):
    return np.asarray(draw_crop(np.random.default_rng(seed), photo, lambda: BLUE, 32))


@pytest.mark.parametrize("size", [(300, 200), (40, 400), (1, 1)])
def test_crop_has_the_side_whatever_the_photo(size):
    assert drawn(3, Image.new("RGB", size)).shape == (32, 32, 3)


def test_same_seed_gives_the_same_crop():
    assert np.array_equal(drawn(4), drawn(4))


def test_plain_crops_show_the_photo_and_black_where_it_ends(monkeypatch):
    monkeypatch.setattr(crops, "SCENE_SHARE", 0.0)
    monkeypatch.setattr(crops, "PASTED_SHARE", 0.0)
    for seed in range(20):
        pixels = drawn(seed)
        assert pixels[..., 1:].max() == 0
        assert pixels[8:24, 8:24, 0].min() == 255


def test_whole_photo_at_its_own_size_is_the_photo(monkeypatch):
    monkeypatch.setattr(crops, "WHOLE_SHARE", 1.0)
    monkeypatch.setattr(crops, "TURNED_SHARE", 0.0)
    largest = SimpleNamespace(random=lambda: 0.5, uniform=lambda low, high: high)
    ramp = np.arange(1, 33, dtype=np.uint8) * 7
    photo = Image.fromarray(np.stack(np.broadcast_arrays(ramp, ramp[:, None], ramp[:1]), axis=2))
    cut = draw_crop(largest, photo, lambda: BLUE, 32)  # type: ignore[arg-type]
    assert np.array_equal(np.asarray(cut), np.asarray(photo))


def test_pasted_crops_show_another_picture_behind(monkeypatch):
    monkeypatch.setattr(crops, "SCENE_SHARE", 0.0)
    monkeypatch.setattr(crops, "PASTED_SHARE", 1.0)
    seen = [drawn(seed) for seed in range(20)]
    assert all((pixels[..., 0] > 250).any() for pixels in seen)
    assert any((pixels[..., 2] > 250).any() for pixels in seen)


def test_crop_is_not_mirrored_and_keeps_its_upper_side():
    photo = Image.new("RGB", (200, 200))
    photo.paste((255, 255, 255), (0, 0, 100, 100))
    corners = np.mean([drawn(seed, photo) for seed in range(200)], axis=(0, 3))
    assert corners[:16, :16].mean() > 2 * corners[16:, 16:].mean()
