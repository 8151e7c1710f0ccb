import numpy as np

from marcelle_nb.features.light import _blurred, relight

CROPS = np.random.default_rng(0).integers(0, 256, (40, 24, 24, 3), dtype=np.uint8)


def test_relit_crops_are_pixels_of_the_same_shape():
    pixels = relight(np.random.default_rng(0), CROPS)
    assert pixels.shape == CROPS.shape
    assert pixels.dtype == np.float32
    assert pixels.min() >= 0
    assert pixels.max() <= 255


def test_same_seed_gives_the_same_light():
    one, other = (relight(np.random.default_rng(1), CROPS) for _ in range(2))
    assert np.array_equal(one, other)


def test_crops_are_left_as_they_are():
    before = CROPS.copy()
    relight(np.random.default_rng(2), CROPS)
    assert np.array_equal(CROPS, before)


def test_some_are_darker_and_some_are_lighter():
    gray = np.full((40, 24, 24, 3), 128, dtype=np.uint8)
    means = relight(np.random.default_rng(3), gray).mean(axis=(1, 2, 3))
    assert means.min() < 90
    assert means.max() > 160


def test_blur_mixes_neighbours_and_not_opposite_edges():
    pixels = np.zeros((9, 9, 3), np.float32)
    pixels[0] = 90
    blurred = _blurred(pixels)
    assert np.allclose(blurred[:3, 4, 0], [60, 30, 0])
    assert np.allclose(blurred[-1], 0)
    assert np.allclose(_blurred(np.full((5, 5, 3), 70, np.float32)), 70)
