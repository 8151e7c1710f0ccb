import io
import json
from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marcelle_nb.data import dataset_json, dataset_json_reader
from marcelle_nb.data.dataset_json import write_json
from marcelle_nb.errors import DatasetFormatError
from tests.json_datasets import rows_of, written

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=3)
    ),
    max_leaves=10,
)
ROWS = st.lists(
    st.dictionaries(
        st.text(st.characters(codec="utf-8")).filter(lambda key: key != "x"), JSON, max_size=4
    ),
    max_size=5,
)


@given(ROWS)
def test_what_is_written_is_read_back(rows):
    assert rows_of(written(rows)) == rows


def test_no_name_of_a_dataset_is_written_for_marcelle_would_hide_the_rows_in_another():
    assert b"datasetName" not in written([{"x": [1], "y": "a", "datasetName": "mine"}])


@given(ROWS)
def test_what_is_written_is_what_marcelle_writes(rows):
    assert json.loads(written(rows)) == {"marcelleMeta": {"type": "dataset"}, "instances": rows}


def test_arrays_become_lists_and_images_data_urls_that_are_images_again():
    image = np.zeros((8, 6, 3), np.uint8)
    image[:, :3] = 200
    data = written([{"x": image, "y": "a"}, {"x": np.array([0.5, 2.0], np.float32), "y": "b"}])
    first, second = json.loads(data)["instances"]
    assert first["x"].startswith("data:image/jpeg;base64,")
    assert second["x"] == [0.5, 2.0]
    read, _ = rows_of(data)
    assert read["x"].shape == image.shape
    assert np.abs(read["x"].astype(int) - image).max() <= 8


def test_what_would_not_be_read_again_is_not_written(monkeypatch):
    monkeypatch.setattr(dataset_json, "MAX_VALUES", 1_000)
    largest = {"id": "k", "x": [[1]] * 497}
    assert rows_of(written([largest])) == [largest]
    with pytest.raises(
        DatasetFormatError, match=r"instance 'k': .* 1,000 values, .* a zip archive"
    ):
        written([{"id": "k", "x": np.ones((2_000, 1))}])
    monkeypatch.setattr(dataset_json, "MAX_BYTES", 1_000)
    with pytest.raises(DatasetFormatError, match="instance 'k': expected at most 1,000 bytes"):
        written([{"id": "k", "y": "a" * 1_000}])


def test_commas_and_brackets_within_texts_are_no_values(monkeypatch):
    monkeypatch.setattr(dataset_json, "MAX_VALUES", 7)
    row = {"id": "k", "y": ",[{" * 1_000, "n": [1, {"a,": 2}]}
    assert rows_of(written([row])) == [row]
    for more in ([1, {"a": [2]}], [1, {"a": 2}, 3], (1, {"a": 2}, 3)):
        with pytest.raises(DatasetFormatError, match=r" 7 values, got [0-9,]+ and 8;"):
            written([row | {"n": more}])


@given(JSON)
def test_values_are_counted_as_their_reader_counts_them(value):
    n_values = 1 + dataset_json._n_values(value)
    data = written([{"v": value}])
    with mock.patch.object(dataset_json_reader, "MAX_VALUES", n_values):
        assert rows_of(data) == [{"v": value}]
    with (
        mock.patch.object(dataset_json_reader, "MAX_VALUES", n_values - 1),
        pytest.raises(DatasetFormatError, match="values in an instance"),
    ):
        rows_of(data)


@pytest.mark.parametrize("bad", [np.array([1, np.nan]), float("inf"), [np.array([1j])], "\udc00"])
def test_what_json_cannot_say_is_refused_by_its_row_and_key(bad):
    with pytest.raises(DatasetFormatError, match=r"^mask of instance 'k': expected what JSON"):
        written([{"x": [1]}, {"id": "k", "x": [1], "mask": bad}])


def test_what_is_written_of_large_whole_numbers_is_read():
    file = io.BytesIO()
    write_json([{"id": "1", "x": np.array([2**64 - 1, 2**53], np.uint64), "y": "a"}], file)
    assert rows_of(file.getvalue())[-1]["x"] == [2.0**64, 2.0**53]


def test_levels_that_would_not_be_read_are_not_written():
    deepest = np.ones((1,) * (dataset_json.MAX_DEPTH - 1))
    assert np.shape(rows_of(written([{"x": deepest}]))[0]["x"]) == deepest.shape
    with pytest.raises(DatasetFormatError, match="expected at most 40 levels"):
        written([{"x": deepest[None]}])
    with pytest.raises(DatasetFormatError, match="expected at most 40 levels"):
        written([{"x": [1], "k": {"a": deepest}}])
