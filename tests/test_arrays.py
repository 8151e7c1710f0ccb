import numpy as np
import pytest

from marcelle_nb.data import arrays
from marcelle_nb.data.arrays import all_arrays, as_arrays
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
        ({"x": [1, 1e300], "y": "a"}, r"x of instance id1: expected finite .* got 1e\+300"),
        ({"x": [1, 2]}, "y of instance id1: expected a label, got none"),
    ],
)
def test_an_instance_that_does_not_fit_is_named(bad, message):
    with pytest.raises(InstanceRejected, match=message):
        as_arrays(instances({"x": [1, 2], "y": "a"}, bad))


@pytest.mark.parametrize("number", [np.nan, -np.inf])
def test_a_number_of_another_client_that_is_not_finite_is_named(number):
    other = {"id": "id1", "x": np.array([1, number]), "y": "a"}
    message = rf"x of instance id1: expected finite numbers .* got {number}"
    with pytest.raises(InstanceRejected, match=message):
        as_arrays([*instances({"x": [1, 2], "y": "a"}), other])


def test_an_instance_of_no_dataset_is_named_by_its_number():
    with pytest.raises(InstanceRejected, match="y of instance number 1: expected a label"):
        as_arrays([checked({"x": [1]})])


@pytest.mark.parametrize("shape", [(2, 3), (2, 3, 4), (1, 2, 2, 2)])
def test_arrays_of_any_shape_become_float32(shape):
    given = [{"x": np.full(shape, n), "y": "a"} for n in range(3)]
    x, _ = as_arrays(instances(*given))
    assert (x.dtype.name, x.shape) == ("float32", (3, *shape))
    assert x.reshape(3, -1).max(axis=1).tolist() == [0, 1, 2]


def test_images_and_numbers_of_one_shape_are_told_apart():
    image, numbers = np.zeros((2, 2, 3), np.uint8), np.zeros((2, 2, 3))
    with pytest.raises(InstanceRejected, match=r"id1: expected an image, .* got numbers"):
        as_arrays(instances({"x": image, "y": "a"}, {"x": numbers, "y": "a"}))
    with pytest.raises(InstanceRejected, match=r"id1: expected numbers, .* got an image"):
        as_arrays(instances({"x": numbers, "y": "a"}, {"x": image, "y": "a"}))


@pytest.mark.parametrize("count", [0, 1, 600, 10_000])
@pytest.mark.parametrize("limit", [0, 2**30])
def test_instances_read_once_are_put_together_whatever_their_number_was_said_to_be(
    count, limit, monkeypatch
):
    monkeypatch.setattr(arrays, "MAPPED_BYTES", limit)
    given = instances(*({"x": [n, -n], "y": str(n)} for n in range(600)))
    x, y = all_arrays(iter(given), count)
    assert np.array_equal(x[:, 0], np.arange(600))
    assert y == [str(n) for n in range(600)]
    assert isinstance(x, np.memmap) == (limit == 0)


def test_a_large_array_is_in_a_file_that_is_gone_with_it(monkeypatch, tmp_path):
    monkeypatch.setattr(arrays, "MAPPED_BYTES", 100)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    x, _ = all_arrays(iter(instances(*({"x": [n] * 9, "y": "a"} for n in range(9)))), 9)
    assert isinstance(x, np.memmap)
    assert (x.sum(), list(tmp_path.iterdir())) == (324, [])


def test_a_bad_row_late_in_a_large_dataset_is_named():
    given = instances(*({"x": [n], "y": "a"} for n in range(600)))
    given[500]["x"] = np.array([np.nan])
    with pytest.raises(InstanceRejected, match="x of instance id500: expected finite"):
        all_arrays(iter(given), 600)
