import math

import pytest

from marcelle_nb.features.convolution import Convolution


@pytest.mark.parametrize("n", [1, 7, 8, 128])
@pytest.mark.parametrize(("size", "stride"), [(1, 1), (3, 1), (3, 2), (5, 4), (1, 2), (7, 2)])
def test_padding_lets_the_filter_reach_its_last_place(n, size, stride):
    layer = Convolution(3, 4, size, stride, None)
    before, after = layer.padding(n)
    assert layer.places(n) == math.ceil(n / stride)
    assert before <= after <= before + 1
    assert n + before + after >= (layer.places(n) - 1) * stride + size


def test_filter_multiplies_all_that_it_sees():
    assert Convolution(3, 4, 5, 1, None).n_rows == 75
