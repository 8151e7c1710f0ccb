import numpy as np
import pytest

from marcelle_nb.errors import TrainingError
from marcelle_nb.models.keras_examples import Examples, read_examples
from marcelle_nb.models.training_rows import TrainingRows
from marcelle_nb.run import Run

RUN = Run(lambda run: None)


def rows(*pairs, learned="label"):
    return TrainingRows.read([{"x": x, "y": y} for x, y in pairs], learned, RUN)


def test_images_keep_their_shape_and_vectors_are_float32():
    image = np.full((4, 5, 3), 7, np.uint8)
    examples = Examples.of(rows((image, "b"), (image, "a"), (image, "b")))
    assert examples.rows.shape == (3, 4, 5, 3)
    assert examples.rows.dtype == np.uint8
    assert (examples.shape, examples.labels) == ((4, 5, 3), ["b", "a"])
    assert Examples.of(rows(([1.0, 2.0], "a"))).rows.dtype == np.float32


def test_numbers_for_a_regression_are_read_from_labels():
    examples = Examples.of(rows(([1.0], "0.1"), ([1.0], -3), learned="number"))
    assert examples.numbers is not None
    assert np.array_equal(examples.numbers, np.array([[0.1], [-3]], np.float32))


def test_several_numbers_for_a_regression_are_refused():
    with pytest.raises(TrainingError, match="expected one number an instance"):
        Examples.of(rows(([1.0], [1, 2]), learned="number"))


def test_validation_inputs_of_another_shape_are_refused():
    with pytest.raises(TrainingError, match=r"expected inputs of shape \(1,\), got \(2,\)"):
        read_examples(rows(([1.0], "a")), rows(([1.0, 2.0], "a")))


def test_an_empty_validation_dataset_is_none():
    assert read_examples(rows(([1.0], "a")), rows())[1] is None
