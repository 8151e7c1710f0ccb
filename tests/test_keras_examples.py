import numpy as np
import pytest

from marcelle_nb.errors import InstanceRejected, RunCancelled, TrainingError
from marcelle_nb.models.keras_examples import Examples
from marcelle_nb.run import Run

RUN = Run(lambda run: None)


def instances(*pairs):
    return [{"id": i, "x": np.asarray(x), "y": y} for i, (x, y) in enumerate(pairs)]


def test_images_keep_their_shape_and_vectors_are_float32():
    image = np.full((4, 5, 3), 7, np.uint8)
    examples = Examples.of(RUN, instances((image, "b"), (image, "a"), (image, "b")))
    assert examples.rows.shape == (3, 4, 5, 3)
    assert examples.rows.dtype == np.uint8
    assert (examples.shape, examples.labels) == ((4, 5, 3), ["b", "a"])
    assert Examples.of(RUN, instances(([1.0, 2.0], "a"))).rows.dtype == np.float32


def test_numbers_for_a_regression_are_read_from_labels():
    examples = Examples.of(RUN, instances(([1.0], "0.1"), ([1.0], "-3")))
    assert examples.numbers().tolist() == [np.float32(0.1), -3]


@pytest.mark.parametrize("y", ["cat", "nan", "1e999"])
def test_what_is_no_number_is_refused_for_a_regression(y):
    with pytest.raises(TrainingError, match=r"y: expected .*numbers for task='regression'"):
        Examples.of(RUN, instances(([1.0], y))).numbers()


def test_none_are_refused():
    with pytest.raises(TrainingError, match="expected at least one instance, got none"):
        Examples.of(RUN, [])


def test_inputs_of_two_shapes_are_refused():
    with pytest.raises(InstanceRejected, match=r"expected shape \(1,\)"):
        Examples.of(RUN, instances(([1.0], "a"), ([1.0, 2.0], "a")))


def test_features_of_two_versions_are_refused():
    given = instances(([1.0], "a"), ([1.0], "a"))
    for instance, version in zip(given, ["v1", "v2"], strict=True):
        instance["features"] = version
    with pytest.raises(InstanceRejected, match="one version"):
        Examples.of(RUN, given)


def test_a_cancel_is_read_between_slices():
    run = Run(lambda run: None)
    run.cancel()
    with pytest.raises(RunCancelled):
        Examples.of(run, instances(([1.0], "a")))
