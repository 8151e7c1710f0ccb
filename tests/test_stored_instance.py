import base64

import numpy as np
import pytest

from marcelle_nb.data.arrays import as_arrays
from marcelle_nb.data.data_store import DataStore
from marcelle_nb.data.dataset import Dataset
from marcelle_nb.data.stored_instance import as_document, as_instance, renamed
from marcelle_nb.errors import InstanceRejected
from marcelle_nb.image import encode_jpeg

IMAGE = np.full((4, 5, 3), 7, np.uint8)


def test_a_document_carries_the_name_of_its_dataset_and_no_empty_fields():
    document = as_document({"x": [1], "thumbnail": None, "datasetName": "other"}, "mine")
    assert set(document) == {"x", "y", "datasetName"}
    assert document["datasetName"] == "mine"


@pytest.mark.parametrize("features", [[[1, 2]], np.array([[1.0, 2.0]])])
def test_rows_of_the_first_versions_are_read_as_x_and_y(features):
    row = {"features": features, "label": "a", "thumbnail": "data:image/png;base64,AAAA"}
    instance = as_instance(row | {"id": "1"})
    assert instance["x"].tolist() == [1, 2]
    assert (instance["y"], "label" in instance, "features" in instance) == ("a", False, False)
    assert as_document(row, "n")["y"] == "a"


def test_a_label_and_features_beside_x_stay_what_they_are():
    row = {"x": [1], "features": "v1", "label": "note", "y": None}
    assert renamed(row) is row


def test_what_javascript_wrote_is_read():
    url = "data:image/jpeg;base64," + base64.b64encode(encode_jpeg(IMAGE)).decode()
    assert as_instance({"x": url, "y": 3})["x"].shape == (4, 5, 3)
    assert as_instance({"x": [[1.5, 2]], "y": 3})["y"] == "3"
    assert as_instance({"x": [[1.5, 2]]})["x"].tolist() == [1.5, 2]


@pytest.mark.parametrize("x", [[[1], [2, 3]], ["a"], [], "text", "data:image/png;base64,AAAA", 5])
def test_an_x_that_is_none_stays_as_it_is_and_is_named_when_it_is_used(x):
    assert as_instance({"x": x})["x"] == x
    service = DataStore().service("instances-odd")
    service.remove(None)
    service.create({"x": x, "y": "a", "datasetName": "odd"})
    with pytest.raises(InstanceRejected, match=r"x of instance .*: expected an array of numbers"):
        Dataset("odd").to_arrays()


def test_an_empty_label_of_another_client_is_none():
    assert as_instance({"x": [1], "y": ""})["y"] is None
    assert as_instance({"y": ""}) == {"y": None}
    assert as_instance({"y": "", "x": [1]}, [("y",)]) == {"y": None}
    assert as_instance({"features": [[1]], "label": ""})["y"] is None


def test_no_model_learns_an_empty_label_as_a_class():
    data = Dataset("half labelled")
    data.clear()
    data.create({"x": [1], "y": "a"})
    data.store.service("instances-half-labelled").create(
        {"x": [2], "y": "", "datasetName": "half labelled"}
    )
    assert data.labels == ["a"]
    with pytest.raises(InstanceRejected, match=r"y of instance .*: expected a label, got none"):
        data.to_arrays()
    with pytest.raises(InstanceRejected, match="y of instance number 1: expected a label"):
        as_arrays([{"x": np.ones(1), "y": ""}])
