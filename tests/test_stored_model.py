import pytest

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.models.stored_model import StoredModel

NEW = {
    "id": "1",
    "name": "n",
    "files": [["model.json", "1/model.json"]],
    "format": "tfjs",
    "metadata": {"labels": ["a"]},
}


def test_a_document_goes_round():
    assert StoredModel.from_document({**NEW, "createdAt": "x"}).to_dict() == NEW


def test_a_document_of_an_older_marcelle_says_url_for_files():
    old = {"_id": "1", "name": "n", "url": "7/model.json", "metadata": {"labels": ["a"]}}
    stored = StoredModel.from_document(old, "tfjs")
    assert stored.to_dict() == NEW | {"files": [["model.json", "7/model.json"]]}
    assert StoredModel.from_document({"name": "n", "url": ""}).files == []


@pytest.mark.parametrize(
    "wrong",
    [{"name": 1}, {"id": 3}, {"files": 3}, {"files": [["a"]]}, {"metadata": []}, {"format": []}],
)
def test_fields_of_other_types_are_refused(wrong):
    with pytest.raises(ModelFormatError):
        StoredModel.from_document(NEW | wrong)
