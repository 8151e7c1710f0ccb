import numpy as np
import pytest

from marcelle_nb.models.checked_options import (
    checked_labels,
    checked_range,
    checked_seed,
    checked_segmentation,
    checked_shape,
)


@pytest.mark.parametrize("span", [3, "01", (0,), (0, 1, 2), (1, 1), (0, float("nan")), ("a", "b")])
def test_a_bad_input_range_is_refused(span):
    with pytest.raises((TypeError, ValueError), match="input_range: expected"):
        checked_range(span)


@pytest.mark.parametrize("labels", ["abc", 3, ["a", 1], {"a": 1}, [None]])
def test_bad_labels_are_refused(labels):
    with pytest.raises((TypeError, ValueError), match="labels"):
        checked_labels(labels)


@pytest.mark.parametrize(
    "options", [{"output": "pdf"}, {"applyArgmax": True}, {3: 1}, [1], "image"]
)
def test_bad_options_of_a_segmentation_are_refused(options):
    with pytest.raises((TypeError, ValueError), match=r"segmentation_options.*: expected"):
        checked_segmentation(options)


def test_options_of_a_segmentation_are_filled_in():
    assert checked_segmentation(None) == {"output": "image", "apply_argmax": False}


@pytest.mark.parametrize("shape", [4, "44", (0,), (-4,), (1.5,), (None,), {4: 4}])
def test_a_shape_of_anything_but_whole_numbers_is_refused(shape):
    with pytest.raises((TypeError, ValueError), match="input_shape: expected"):
        checked_shape(shape)


def test_a_shape_may_come_from_an_array():
    assert checked_shape(np.zeros((3, 4)).shape) == checked_shape(np.array([3, 4])) == (3, 4)


@pytest.mark.parametrize("seed", [None, 0, 2**32 - 1])
def test_a_seed_is_a_whole_number_or_none(seed):
    assert checked_seed(seed, 2**32 - 1) == seed


@pytest.mark.parametrize(
    ("seed", "largest"), [(-1, None), (0.5, None), ("1", None), (2**32, 2**32 - 1)]
)
def test_another_seed_is_refused(seed, largest):
    with pytest.raises((TypeError, ValueError), match="seed: expected a whole number"):
        checked_seed(seed, largest)
