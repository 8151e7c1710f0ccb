import json

import numpy as np
import pytest

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.models import knn_file
from marcelle_nb.models.json_model_file import model_json
from marcelle_nb.models.knn import KNN
from marcelle_nb.models.knn_file import read_knn_json


def test_rows_go_round_bit_by_bit():
    rows = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    metadata = {"labels": ["a.b", "10"], "data": {"10": rows, "a.b": rows[:1]}, "deep": {"x": [1]}}
    document = read_knn_json(model_json("n", "knn-classifier", metadata))
    assert (document["name"], document["files"]) == ("n", [])
    assert np.array_equal(document["metadata"]["data"]["10"], rows)
    assert document["metadata"]["data"]["10"].dtype == np.float32
    assert document["metadata"]["deep"] == {"x": [1]}


def test_a_row_of_nulls_which_marcelle_writes_for_zeros_is_read_as_zeros():
    text = '{"metadata": {"labels": ["a"], "data": {"a": [[null, null], [1, 0]]}}}'
    model = KNN(k=1)
    model.upload(("k.json", text.encode()))
    assert model.predict([1, 0]).label == "a"


def test_an_older_file_with_url_and_no_format_is_read():
    document = {"url": "", "name": "n", "metadata": {"labels": ["a"], "data": {"a": [[1, 0]]}}}
    model = KNN()
    assert model.upload(("k.json", json.dumps(document).encode())).format == "knn-classifier"


def test_more_numbers_than_a_model_has_are_refused(monkeypatch):
    monkeypatch.setattr(knn_file, "MAX_NUMBERS", 5)
    with pytest.raises(ModelFormatError, match="at most 5 numbers"):
        read_knn_json(b'{"metadata": {"data": {"a": [[1, 2, 3], [1, 2, 3]]}}}')


def test_more_values_or_levels_beside_the_rows_are_refused(monkeypatch):
    with pytest.raises(ModelFormatError, match="deeper"):
        read_knn_json(b'{"a": ' + b"[" * 99 + b"]" * 99 + b"}")
    monkeypatch.setattr(knn_file, "MAX_VALUES", 5)
    with pytest.raises(ModelFormatError, match="more"):
        read_knn_json(b'{"a": [1, 2, 3, 4, 5, 6]}')


def test_metadata_that_json_cannot_say_are_refused():
    with pytest.raises(ModelFormatError, match="JSON can say"):
        model_json("n", "f", {"x": {1, 2}})
