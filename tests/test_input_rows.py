import numpy as np
import pytest
from PIL import Image

from marcelle_nb.models.feature_vector import FeatureVector
from marcelle_nb.models.input_rows import check_version, input_rows, pixel_values


@pytest.mark.parametrize("x", [[1, 2], [[1, 2]], np.array([1.0, 2.0]), (1, 2)])
def test_both_forms_of_a_row_are_one(x):
    assert np.array_equal(input_rows([x], 2, None), [[1, 2]])


def test_images_become_numbers_from_zero_to_one():
    images = [np.full((2, 3, 3), 255, np.uint8), Image.new("RGB", (3, 2))]
    assert np.array_equal(input_rows(images, 18, None), [[1] * 18, [0] * 18])


def test_float_numbers_are_not_copied():
    rows = np.ones((2, 3), np.float32)
    assert pixel_values(rows) is rows


@pytest.mark.parametrize(
    ("x", "message"),
    [([1, 2, 3], "expected 2 numbers, got 3"), ([1, np.nan], "finite"), ([1, 1e300], "finite")],
)
def test_what_the_model_did_not_learn_from_is_refused(x, message):
    with pytest.raises(ValueError, match=message):
        input_rows([x], 2, None)


def test_rows_of_other_features_are_refused():
    with pytest.raises(ValueError, match="version 'v1', got 'v2'"):
        input_rows([FeatureVector([1, 2], "v2")], 2, "v1")


@pytest.mark.parametrize(
    ("given", "trained"), [(None, "v1"), ("v1", None), ("v1", "v1"), (None, None)]
)
def test_unknown_and_equal_versions_pass(given, trained):
    check_version("x", given, trained)


@pytest.mark.parametrize(
    ("versions", "told"),
    [
        (("learned-1-a", "handmade-2"), r'\(kind="handmade"\) goes on with \'handmade-2\'$'),
        (("handmade-2", "learned-1-a"), r'\(kind="handmade"\) goes on with \'handmade-2\'$'),
        (("learned-1-a", "learned-1-b"), r"'learned-1-a' comes .* here, that is 'learned-1-"),
        (("mobilenet-v1", "learned-1-b"), r"'learned-1-b' comes .* here, that is 'learned-1-"),
        (("v1", "v2"), "got 'v2'$"),
    ],
)
def test_who_mixes_features_is_told_how_to_go_on(versions, told):
    trained, given = versions
    with pytest.raises(ValueError, match=told):
        check_version("x", given, trained)
