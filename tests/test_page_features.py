"""The image features that the page of a model makes: js/tests/page.test.ts compares with these."""

import json

import numpy as np
import pytest

from marcelle_nb.models.pyramid_histograms import describe
from tests.fixtures.generate.page_features import FIXTURE, SIZES, picture


@pytest.mark.parametrize("place", range(len(SIZES)))
def test_the_numbers_that_the_page_is_compared_with_are_those_of_the_kernel(place):
    told = json.loads(FIXTURE.read_text())[place]
    assert (told["width"], told["height"]) == SIZES[place]
    made = describe(picture(*SIZES[place]))
    np.testing.assert_allclose(told["features"], made, rtol=1e-3, atol=1e-4)
