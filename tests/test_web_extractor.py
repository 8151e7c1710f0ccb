"""Learned features as a graph of TensorFlow.js; js/tests/page_learned.test.ts runs the page."""

import json

import numpy as np
import pytest

from marcelle_nb.features.shipped_features import shipped_features
from marcelle_nb.models.web_extractor import web_extractor
from tests.fixtures.generate.page_features import picture
from tests.fixtures.generate.page_learned import FIXTURE, SIZES, extractor
from tests.formats.tfjs_node import requires_tfjs, run_tfjs


@pytest.mark.parametrize("place", range(len(SIZES)))
def test_the_numbers_that_the_page_is_compared_with_are_those_of_the_kernel(place):
    told = json.loads(FIXTURE.read_text())["cases"][place]
    assert (told["width"], told["height"]) == SIZES[place]
    made = extractor().describe(picture(*SIZES[place]))
    np.testing.assert_allclose(told["features"], made, rtol=1e-3, atol=1e-3)


@requires_tfjs
def test_tensorflow_js_makes_the_vector_of_the_kernel(tmp_path):
    shipped = shipped_features()
    for name, data in web_extractor(shipped).files().items():
        (tmp_path / name).write_bytes(data)
    side = shipped.plan.side
    small = picture(side, side)
    (said,) = run_tfjs(tmp_path, [small[None].astype(np.float32) / np.float32(127.5) - 1])
    expected = shipped.describe(small)
    cosine = float(said[0] @ expected) / shipped.n_features
    assert np.linalg.norm(said) == pytest.approx(shipped.n_features**0.5, rel=1e-3)
    assert cosine > 0.9999


def test_weights_take_half_their_bytes():
    model = web_extractor(shipped_features())
    n_numbers = sum(each.size for each in (*shipped_features().weights, *shipped_features().biases))
    assert sum(map(len, model.weights.values())) < 2 * n_numbers + 1000
