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


def test_an_image_of_the_right_size_stays_as_it_is():
    image = random.integers(0, 256, (9, 4, 3), dtype=np.uint8)
    assert np.array_equal(resize_bilinear(image, 9, 4), image)
