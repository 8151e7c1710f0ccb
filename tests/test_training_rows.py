import itertools
import tracemalloc

import numpy as np
import pytest

from marcelle_nb.data import arrays
from marcelle_nb.data.dataset import Dataset
from marcelle_nb.errors import InstanceRejected, RunCancelled, TrainingError
from marcelle_nb.models.feature_vector import FeatureVector
from marcelle_nb.models.training_rows import TrainingRows
from marcelle_nb.run import Run

numbers = itertools.count()


def run():
    return Run(lambda _: None)


def read(given, learned="label"):
    return TrainingRows.read(given, learned, run())


def dataset(instances):
    data = Dataset(f"read {next(numbers)}")
    data.create(instances)
    return data


def rows_of(count, **more):
    return [{"x": [i, -i], "y": "ab"[i % 2], **more} for i in range(count)]


GIVEN = {
    "list": lambda rows: rows,
    "generator": lambda rows: (row for row in rows),
    "dataset": dataset,
    "items": lambda rows: dataset(rows).items(),
    "lazy": lambda rows: dataset(rows).items().filter(lambda _: True),
}


@pytest.mark.parametrize("given", GIVEN)
@pytest.mark.parametrize("count", [1, 255, 256, 257, 1_100])
def test_whatever_iterates_becomes_one_array_in_order(given, count):
    rows = read(GIVEN[given](rows_of(count)))
    assert np.array_equal(rows.x[:, 0], np.arange(count))
    assert (rows.x.dtype, rows.labels) == (np.float32, [row["y"] for row in rows_of(count)])


@pytest.mark.parametrize("given", GIVEN)
def test_images_stay_bytes(given):
    image = np.full((4, 5, 3), 7, np.uint8)
    rows = read(GIVEN[given]([{"x": image, "y": "a"}] * 3))
    assert (rows.x.dtype, rows.shape, rows.vectors.shape) == (np.uint8, (4, 5, 3), (3, 60))


@pytest.mark.parametrize("given", GIVEN)
def test_nothing_is_no_rows(given):
    assert len(read(GIVEN[given]([]))) == 0


def test_both_forms_of_a_row_and_those_of_the_first_versions_are_one():
    rows = [
        {"x": [1, 2], "y": "a"},
        {"x": [[1, 2]], "y": "a"},
        {"features": [[1, 2]], "label": "a"},
    ]
    assert np.array_equal(read(rows).x, [[1, 2]] * 3)
    assert read(rows).labels == ["a"] * 3


BAD = {
    r"x of instance ID: expected shape \(2,\), as the first instance's, got \(3,\)": {
        "x": [1, 2, 3]
    },
    r"x of instance ID: expected finite numbers": {"x": [1.0, 1e300]},
    r"y of instance ID: expected a label, got none": {"y": None},
    r"y of instance ID: expected a label, got \[1, 2\]": {"y": [1, 2]},
}


@pytest.mark.parametrize("message", BAD)
@pytest.mark.parametrize("given", GIVEN)
def test_a_bad_row_of_a_later_page_is_named_by_its_id(message, given):
    rows = rows_of(400)
    rows[300] |= BAD[message]
    for i, row in enumerate(rows):
        row["id"] = f"id{i}"
    named = "id300" if given in ("list", "generator") else "[0-9a-f]{24}"
    with pytest.raises(InstanceRejected, match=message.replace("ID", named)):
        read(GIVEN[given](rows))


def test_a_row_without_an_id_is_named_by_its_number():
    with pytest.raises(InstanceRejected, match="instance number 3: x: expected numbers, got 'no'"):
        read([*rows_of(2), {"x": "no", "y": "a"}])


@pytest.mark.parametrize("given", ["list", "dataset"])
def test_two_versions_of_features_are_refused(given):
    rows = [*rows_of(300, features="v1"), {"x": [1, 2], "y": "a", "features": "v2"}]
    with pytest.raises(InstanceRejected, match=r"one version, got \['v1', 'v2'\]; instance"):
        read(GIVEN[given](rows))


@pytest.mark.parametrize("given", ["list", "dataset"])
def test_unnamed_and_one_named_version_pass_as_the_named_one(given):
    rows = [*rows_of(2), {"x": FeatureVector([1, 2], "v1"), "y": "a"}]
    assert read(GIVEN[given](rows)).features == "v1"
    assert read(GIVEN[given](rows[:2])).features is None


@pytest.mark.parametrize("given", GIVEN)
def test_numbers_and_lists_of_numbers_are_read(given):
    for values in ([1.5, -3, 1e-7, 1e21], [[1, 2.5], [3, 4]]):
        found = read(GIVEN[given]([{"x": [1], "y": y} for y in values]), "number").numbers
        assert np.array_equal(found, np.array(values, np.float32).reshape(len(values), -1))


@pytest.mark.parametrize(
    ("y", "message"),
    [
        ("cat", "y of instance id1: expected a number or a list of numbers, got 'cat'"),
        (None, "y of instance id1: expected a number or a list of numbers, got none"),
        ([1, 2], r"y of instance id1: expected one number, as of the first instance, got \[1, 2\]"),
        ("nan", "y of instance id1: expected finite numbers of float32"),
        (1e300, "y of instance id1: expected finite numbers of float32"),
        ([], "instance id1: y: expected a str or a number, got"),
        ([[1]], "instance id1: y: expected a str or a number, got"),
        ([float("nan")], "instance id1: y: expected finite numbers"),
    ],
)
def test_what_is_no_number_is_refused_by_id(y, message):
    with pytest.raises(InstanceRejected, match=message):
        read([{"id": "id0", "x": [1], "y": 1}, {"id": "id1", "x": [1], "y": y}], "number")


def test_rows_without_y_pass_where_nothing_is_learned_and_where_labels_may_be_missing():
    given = [{"x": [1]}, {"x": [2], "y": "a"}, {"x": [3], "y": [1, 2]}]
    assert read(given, "nothing").labels == []
    assert read(given[:2], "maybe").labels == ["", "a"]


@pytest.mark.parametrize("given", [None, 3, [3], ["x"]])
def test_what_is_no_dataset_is_a_training_error(given):
    error = TrainingRows.taken(given, "label", run())
    assert isinstance(error, TrainingError)
    assert "dataset: expected" in str(error)


def test_what_an_iterable_raises_is_given_back():
    def rows():
        yield from rows_of(300)
        raise ZeroDivisionError

    assert isinstance(TrainingRows.taken(rows(), "label", run()), ZeroDivisionError)


def test_a_cancel_is_read_between_pages():
    cancelled, seen = run(), []

    def rows():
        for i, row in enumerate(rows_of(2_000)):
            seen.append(i)
            if i == 300:
                cancelled.cancel()
            yield row

    with pytest.raises(RunCancelled):
        TrainingRows.read(rows(), "label", cancelled)
    assert len(seen) < 600


@pytest.mark.parametrize("count", [0, 1_000])
def test_a_large_array_is_in_a_file_that_is_gone_with_it(count, monkeypatch, tmp_path):
    monkeypatch.setattr(arrays, "MAPPED_BYTES", 2_000)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    given = rows_of(1_000)
    rows = read(given if count else iter(given))
    assert np.array_equal(rows.x[:, 1], -np.arange(1_000))
    assert isinstance(rows.x.base.base, np.memmap) or isinstance(rows.x.base, np.memmap)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("length_is_known", "most"), [(True, 1.3), (False, 1.7)])
def test_no_more_than_the_array_and_a_page_is_held(length_is_known, most):
    row, count = np.ones(1_024, np.float32), 8_000
    given = [{"x": row, "y": "a"}] * count
    tracemalloc.start()
    rows = read(given if length_is_known else iter(given))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < most * rows.x.nbytes


def test_what_is_recorded_during_a_training_counts_next_time():
    data = dataset(rows_of(600))
    rows = read(data)
    data.create(rows_of(1))
    assert len(rows) == 600
