import numpy as np
import pytest

from marcelle_nb.features.convolution import Convolution
from marcelle_nb.features.layer_buffers import LayerBuffers


def by_hand(picture, weights, bias, size, stride):
    """Filter place by place, padded as TensorFlow's "same"."""
    high, wide = (-(-n // stride) for n in picture.shape[:2])
    total = [
        max((places - 1) * stride + size - n, 0)
        for places, n in zip((high, wide), picture.shape[:2], strict=True)
    ]
    padded = np.pad(picture, [(t // 2, t - t // 2) for t in total] + [(0, 0)])
    result = np.empty((high, wide, len(bias)), dtype=np.float32)
    for y in range(high):
        for x in range(wide):
            seen = padded[y * stride : y * stride + size, x * stride : x * stride + size]
            result[y, x] = seen.ravel() @ weights + bias
    return result


def ready(layer, picture):
    side = len(picture)
    buffers = LayerBuffers(layer, side, np.empty(LayerBuffers.scratch_size(layer, side), "f4"))
    buffers.picture[...] = picture
    return buffers


@pytest.mark.parametrize("side", [8, 7, 1])
@pytest.mark.parametrize(("size", "stride"), [(1, 1), (3, 1), (3, 2), (5, 4), (1, 2)])
def test_convolution_is_the_sum_that_it_stands_for(side, size, stride):
    rng = np.random.default_rng(0)
    layer = Convolution(3, 4, size, stride, None)
    picture = rng.standard_normal((side, side, 3)).astype(np.float32)
    weights = rng.standard_normal((layer.n_rows, 4)).astype(np.float32)
    bias = rng.standard_normal(4).astype(np.float32)
    expected = np.maximum(by_hand(picture, weights, bias, size, stride), 0)
    assert np.allclose(ready(layer, picture).run(weights, bias, None), expected, atol=1e-5)


def test_what_is_added_counts_before_negative_numbers_become_zero():
    picture = np.array([[[-3.0], [1.0]], [[0.0], [-2.0]]], dtype=np.float32)
    buffers = ready(Convolution(1, 1, 1, 1, 0), picture)
    one, none, two = np.ones((1, 1), "f4"), np.zeros(1, "f4"), np.full((2, 2, 1), 2, "f4")
    assert buffers.run(one, none, two).ravel().tolist() == [0, 3, 2, 0]


def test_second_picture_finds_nothing_of_the_first():
    layer = Convolution(1, 2, 3, 2, None)
    rng = np.random.default_rng(0)
    weights, bias = rng.standard_normal((9, 2)).astype("f4"), np.zeros(2, "f4")
    first, second = rng.standard_normal((2, 6, 6, 1)).astype("f4")
    used = ready(layer, first)
    used.run(weights, bias, None)
    used.picture[...] = second
    assert np.array_equal(
        used.run(weights, bias, None), ready(layer, second).run(weights, bias, None)
    )
