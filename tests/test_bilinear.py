import numpy as np
import pytest

from marcelle_nb.models.bilinear import resize_bilinear

random = np.random.default_rng(0)


@pytest.mark.parametrize("given", [(5, 7), (224, 224), (300, 451), (1, 1)])
@pytest.mark.parametrize("wanted", [(1, 1), (3, 9), (96, 96), (224, 224)])
def test_it_gives_the_numbers_of_tensorflows_own_operation(given, wanted):
    import tensorflow as tf

    image = random.integers(0, 256, (*given, 3), dtype=np.uint8)
    expected = tf.raw_ops.ResizeBilinear(
        images=image[None], size=wanted, align_corners=False, half_pixel_centers=False
    )
    np.testing.assert_allclose(resize_bilinear(image, *wanted), expected[0], atol=1e-4)


@pytest.mark.parametrize("given", [(1, 1), (2, 3), (224, 224), (480, 640), (7, 500)])
@pytest.mark.parametrize("wanted", [(224, 224), (1, 1), (3, 5)])
def test_with_corners_aligned_it_gives_about_tensorflows_numbers(given, wanted):
    import tensorflow as tf

    image = random.integers(0, 256, (*given, 3), dtype=np.uint8)
    expected = tf.raw_ops.ResizeBilinear(
        images=image[None].astype("f4"), size=wanted, align_corners=True
    )
    found = resize_bilinear(image, *wanted, align_corners=True)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected[0], atol=0.02)  # places in single precision


def test_corners_are_kept_where_they_are_aligned():
    image = random.integers(0, 256, (37, 53, 3), dtype=np.uint8)
    found = resize_bilinear(image, 224, 224, align_corners=True)
    for y in (0, -1):
        for x in (0, -1):
            np.testing.assert_array_equal(found[y, x], image[y, x])


def test_an_image_of_the_right_size_stays_as_it_is():
    image = random.integers(0, 256, (9, 4, 3), dtype=np.uint8)
    assert np.array_equal(resize_bilinear(image, 9, 4), image)
