import numpy as np
import pytest

from marcelle_nb.data.dataset import Dataset
from marcelle_nb.errors import InstanceRejected
from marcelle_nb.models.feature_vector import FeatureVector
from marcelle_nb.models.prediction_page import (
    PAGE_BYTES,
    PredictionPage,
    input_of,
    instances_of,
    number_of,
    packed_inputs,
    source_of,
    unpacked_inputs,
    with_versions,
)


@pytest.mark.parametrize(
    "inputs",
    [
        [np.arange(3.0)],
        [np.arange(3.0), np.ones(3)],
        [np.arange(3.0), np.ones(2), np.ones(2)],
        [np.zeros((2, 2, 3), np.uint8), np.zeros(4, np.float32)],
    ],
)
def test_inputs_travel_as_they_are(inputs):
    result = unpacked_inputs(packed_inputs(inputs))
    assert len(result) == len(inputs)
    for before, after in zip(inputs, result, strict=True):
        assert before.dtype == after.dtype
        np.testing.assert_array_equal(before, after)


def test_alike_inputs_are_one_array():
    assert len(packed_inputs([np.ones(3)] * 10)) == 1


def test_vectors_remember_what_made_them():
    rows = with_versions([np.ones(2, np.float32), np.ones(2, np.float32)], ["made-1", None])
    assert [getattr(row, "version", None) for row in rows] == ["made-1", None]


@pytest.mark.parametrize(
    ("instance", "field", "x", "version"),
    [
        ({"x": [[1, 2]]}, "x", [1, 2], None),
        ({"x": [1, 2], "features": "made-1"}, "x", [1, 2], "made-1"),
        ({"x": [1, 2], "features": "made-1"}, "features", [1, 2], "made-1"),
        ({"features": [[3, 4]], "label": "a"}, "features", [3, 4], None),
        ({"features": [[3, 4]], "label": "a"}, "x", [3, 4], None),
        ({"x": [1], "other": [5, 6]}, "other", [5, 6], None),
        ({"other": FeatureVector([5, 6], "made-2")}, "other", [5, 6], "made-2"),
    ],
)
def test_the_input_is_where_the_field_says_and_features_fall_back_to_x(instance, field, x, version):
    _, found, made_by = input_of("a", instance, field)
    assert found.tolist() == x
    assert made_by == version


@pytest.mark.parametrize(
    ("instance", "field"),
    [({"y": "a"}, "x"), ({"x": [1]}, "other"), ({"x": [float("nan")]}, "x"), ({"x": "a"}, "x")],
)
def test_an_instance_without_such_an_input_is_named(instance, field):
    with pytest.raises(InstanceRejected, match="instance 'that one': "):
        input_of("that one", instance, field)


def test_what_has_no_id_has_its_place():
    found = list(instances_of([{"x": [1], "id": "a"}, {"x": [1]}, {"x": [1], "_id": "b"}]))
    assert [identifier for identifier, _ in found] == ["a", 1, "b"]


def test_what_is_no_instance_is_refused():
    with pytest.raises(InstanceRejected, match="instance 1: expected a dictionary, got 3"):
        list(instances_of([{"x": [1]}, 3]))


def test_instances_are_counted_where_that_reads_none():
    data = Dataset("to be counted")
    data.clear()
    data.create([{"x": [n], "y": "ab"[n % 2]} for n in range(6)])
    assert number_of(data) == 6
    assert number_of(data.items()) == 6
    assert number_of(data.items({"y": "a"})) == 3
    assert number_of(data.items().skip(2).take(3)) == 3
    assert number_of([1, 2]) == 2
    assert number_of(data.items().filter(bool)) is None
    assert number_of(iter([1, 2])) is None


def test_only_a_dataset_is_found_again_by_another_process():
    assert source_of(Dataset("a")) == {"name": "a", "store": "memory"}
    assert source_of([1]) is None


def test_a_page_is_full_by_number_or_by_size():
    page = PredictionPage()
    page.add(1, {}, np.zeros(3), None)
    assert page.is_full(1)
    assert not page.is_full(2)
    page.add(2, {}, np.zeros(PAGE_BYTES // 8), None)
    assert page.is_full(1000)
