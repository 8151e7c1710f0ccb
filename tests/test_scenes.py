import numpy as np

from marcelle_nb.features import scenes
from marcelle_nb.features.scenes import scene


def drawn(seed):
    return np.asarray(scene(np.random.default_rng(seed), 48))


def test_scene_is_a_picture_of_the_side():
    assert drawn(0).shape == (48, 48, 3)
    assert drawn(0).dtype == np.uint8


def test_same_seed_draws_the_same_scene_and_another_another():
    assert np.array_equal(drawn(1), drawn(1))
    assert not np.array_equal(drawn(1), drawn(2))


def test_neighbouring_pixels_of_a_scene_are_alike_and_distant_ones_are_not():
    pictures = np.stack([drawn(seed) for seed in range(20)]).astype(np.float32)
    steps = np.abs(np.diff(pictures, axis=1)).mean(axis=(1, 2, 3))
    assert steps.max() < 30  # of random pixels: 85
    assert pictures.std(axis=(1, 2, 3)).min() > 20


def test_most_scenes_have_shapes_of_one_colour(monkeypatch):
    def share_of_plain_steps():
        pictures = np.stack([drawn(seed) for seed in range(20)]).astype(np.int16)
        return float((np.abs(np.diff(pictures, axis=2)).max(axis=3) == 0).mean())

    with_shapes = share_of_plain_steps()
    monkeypatch.setattr(scenes, "MOST_SHAPES", 0)
    assert with_shapes > 0.15 + share_of_plain_steps()
