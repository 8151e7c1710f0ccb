import numpy as np
import pytest

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.models.stored_models import StoredModels


def test_a_model_that_another_client_left_without_a_name_is_listed_without_one(store):
    models = StoredModels(store, "tfjs-models")
    models.service.remove(None)
    identifier = models.service.create({"format": "tfjs", "metadata": {}})["id"]
    models.service.create({"name": None, "metadata": "none"})
    assert [it["name"] for it in models.list()] == ["", ""]
    assert models.name_of(identifier) == ""
    models.service.remove(None)


@pytest.mark.parametrize("contents", [np.ones(3), [1, 2], "files", {"model.json": [1.5]}])
def test_a_document_whose_files_are_none_is_no_model(store, contents):
    models = StoredModels(store, "tfjs-models")
    identifier = models.service.create({"name": "damaged", "contents": contents})["id"]
    with pytest.raises(ModelFormatError):
        models.load(identifier)
    models.service.remove(None)
