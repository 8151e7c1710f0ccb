import numpy as np
import pytest

from marcelle_nb.data.arrays import as_arrays
from marcelle_nb.data.instance import checked
from marcelle_nb.errors import InstanceRejected


def instances(*given):
    return [{"id": f"id{i}", **checked(one)} for i, one in enumerate(given)]


def test_vectors_become_float32_in_order():
    x, y = as_arrays(instances({"x": [1, 2], "y": "b"}, {"x": [[3.5, 4]], "y": "a"}))
    assert (x.dtype.name, x.tolist(), y) == ("float32", [[1, 2], [3.5, 4]], ["b", "a"])


def test_images_stay_bytes():
    image = np.full((2, 3, 3), 200, np.uint8)
    x, _ = as_arrays(instances({"x": image, "y": "a"}, {"x": image, "y": "a"}))
    assert (x.dtype.name, x.shape) == ("uint8", (2, 2, 3, 3))


def test_nothing_becomes_empty_arrays():
    x, y = as_arrays([])
    assert (x.shape, y) == ((0, 0), [])


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"x": [1], "y": "a"}, r"x of instance id1: expected shape \(2,\), as the first .* \(1,\)"),
        ({"x": np.zeros((2, 2, 3), np.uint8), "y": "a"}, "x of instance id1: expected shape"),
        ({"x": [1, np.nan], "y": "a"}, "x of instance id1: expected finite numbers .* got nan"),
        ({"x": [1, -np.inf], "y": "a"}, "x of instance id1: expected finite numbers .* got -inf"),
        ({"x": [1, 1e300], "y": "a"}, r"x of instance id1: expected finite .* got 1e\+300"),
        ({"x": [1, 2]}, "y of instance id1: expected a label, got none"),
    ],
)
def test_an_instance_that_does_not_fit_is_named(bad, message):
    with pytest.raises(InstanceRejected, match=message):
        as_arrays(instances({"x": [1, 2], "y": "a"}, bad))


def test_an_instance_of_no_dataset_is_named_by_its_number():
    with pytest.raises(InstanceRejected, match="y of instance number 1: expected a label"):
        as_arrays([checked({"x": [1]})])
