import numpy as np
import pytest
from PIL import Image

from marcelle_nb.formats.tensor_spec import TensorSpec
from marcelle_nb.models.bilinear import resize_bilinear
from marcelle_nb.models.image_treatment import ImageTreatment

PICTURE = np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)


def treatment(shape, dtype="float32", **options):
    return ImageTreatment.of(TensorSpec("x", shape, dtype), **options)


def test_a_picture_is_squeezed_into_the_models_size_and_not_scaled():
    treated = treatment((None, 20, 10, 3))(PICTURE)
    assert treated.dtype == np.float32
    assert np.array_equal(treated, resize_bilinear(PICTURE, 20, 10))


@pytest.mark.parametrize("span", [(0, 1), (-1, 1), (1, 0)])
def test_the_input_range_says_what_black_and_white_become(span):
    black_and_white = np.array([[[0] * 3, [255] * 3]], np.uint8)
    treated = treatment((None, 1, 2, 3), input_range=span)(black_and_white)
    np.testing.assert_allclose(treated[0, :, 0], span, atol=1e-6)


def test_the_middle_is_cut_out_in_the_shape_of_the_input():
    treated = treatment((None, 40, 40, 3), crop="center")(PICTURE)
    assert np.array_equal(treated, PICTURE[:, 10:50])
    tall = treatment((None, 60, 20, 3), crop="center")(PICTURE.transpose(1, 0, 2))
    assert np.array_equal(tall, PICTURE.transpose(1, 0, 2)[:, 10:30])


def test_a_model_for_gray_pictures_gets_their_brightness():
    treated = treatment((None, 40, 60, 1))(PICTURE)
    gray = np.asarray(Image.fromarray(PICTURE).convert("L"), np.float32)
    assert treated.shape == (40, 60, 1)
    assert np.abs(treated[..., 0] - gray).max() <= 1


def test_a_model_that_wants_channels_first_gets_them_so():
    treated = treatment((1, 3, 40, 60))(PICTURE)
    assert np.array_equal(treated, PICTURE.transpose(2, 0, 1))


def test_free_sizes_are_those_of_the_picture_or_those_told():
    assert treatment((None, None, None, 3))(PICTURE).shape == (40, 60, 3)
    assert treatment(None)(PICTURE).shape == (40, 60, 3)
    told = treatment((None, None, None, 3), image_size=(8, 9))
    assert told(PICTURE).shape == (8, 9, 3)


def test_a_type_of_whole_numbers_gets_rounded_ones():
    treated = treatment((None, 20, 20, 3), "uint8")(PICTURE)
    assert treated.dtype == np.uint8
    assert np.array_equal(treated, np.rint(resize_bilinear(PICTURE, 20, 20)))


def test_an_input_without_a_batch_takes_pictures_too():
    assert not treatment((20, 20, 3)).batched


@pytest.mark.parametrize("shape", [(None, 4), (None, 20, 20, 4), (None, 1, 2, 3, 3), ()])
def test_an_input_that_takes_no_pictures_is_refused(shape):
    with pytest.raises(
        ValueError, match=r"expected .* × height × width × 3 .*input_type='generic'"
    ):
        treatment(shape)


def test_it_says_in_words_what_it_does():
    told = str(treatment((None, 20, 10, 1), input_range=(-1, 1), crop="center"))
    assert told == "middle cut out, resized to 10 × 20, gray, numbers from -1 to 1"
