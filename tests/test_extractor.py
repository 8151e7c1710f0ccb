from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.features.convolution import Convolution
from marcelle_nb.features.extractor import Extractor
from marcelle_nb.features.network_plan import NetworkPlan

PLAN = NetworkPlan(32, (Convolution(3, 8, 3, 2, None), Convolution(8, 8, 3, 1, 0)), (0, 1), 16)


@pytest.fixture
def extractor():
    rng = np.random.default_rng(0)
    weights = [np.asarray(rng.standard_normal(shape), "f4") for shape in PLAN.matrices]
    biases = [np.asarray(rng.standard_normal(w.shape[1]), "f4") for w in weights]
    return Extractor(PLAN, weights, biases, "learned-1-0")


def picture(height, width, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize("shape", [(32, 32), (480, 640), (1, 1), (3, 900), (2000, 3000)])
def test_any_picture_becomes_a_vector_of_the_same_length(extractor, shape):
    vector = extractor.describe(picture(*shape))
    assert vector.shape == (16,)
    assert vector.dtype == np.float32
    assert np.linalg.norm(vector) == pytest.approx(4, rel=1e-5)


@pytest.mark.parametrize("value", [0, 255])
def test_plain_picture_has_finite_features(extractor, value):
    assert np.isfinite(extractor.describe(np.full((40, 40, 3), value, np.uint8))).all()


def test_same_picture_gives_the_same_numbers(extractor):
    one, other = (extractor.describe(picture(50, 60)) for _ in range(2))
    assert np.array_equal(one, other)


def test_large_picture_is_described_as_a_small_one_of_the_same(extractor):
    small = np.repeat(np.repeat(picture(8, 8), 16, axis=0), 16, axis=1)
    large = np.repeat(np.repeat(small, 12, axis=0), 12, axis=1)
    one, other = extractor.describe(small), extractor.describe(large)
    assert one @ other > 0.99 * 16


def test_many_threads_get_the_same_numbers(extractor):
    pictures = [picture(40, 40, seed) for seed in range(8)]
    alone = [extractor.describe(one) for one in pictures]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(extractor.describe, pictures * 20))
    assert all(np.array_equal(alone[i % 8], row) for i, row in enumerate(together))


@pytest.mark.parametrize("number", [0, 1e30])
def test_numbers_that_describe_no_picture_are_refused(number):
    weights = [np.full(shape, number, "f4") for shape in PLAN.matrices]
    biases = [np.full(shape[1], number, "f4") for shape in PLAN.matrices]
    with pytest.raises(ModelFormatError, match="features of some length"):
        Extractor(PLAN, weights, biases, "learned-1-0")
