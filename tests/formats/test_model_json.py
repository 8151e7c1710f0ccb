from __future__ import annotations

import json
from typing import Any

import pytest

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.model_files import ModelFiles
from marcelle_nb.formats.tfjs.model_json import ModelJson

LAYERS = {"class_name": "Sequential", "config": {"layers": []}}


def read(document):
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    return ModelJson.read(ModelFiles({"model.json": data}), "model.json")


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        ({"format": "layers-model", "modelTopology": LAYERS}, "layers"),
        ({"format": "graph-model", "modelTopology": {"node": []}}, "graph"),
        ({"modelTopology": {"node": []}}, "graph"),
        ({"modelTopology": {"model_config": LAYERS}}, "layers"),
        ({"modelTopology": LAYERS, "marcelle": {"tfjsModelFormat": "layers-model"}}, "layers"),
        ({"modelTopology": {"node": []}, "marcelle": {"tfjsModelFormat": "graph-model"}}, "graph"),
    ],
)
def test_layers_and_graphs_are_told_apart_also_without_a_format(document, kind):
    model = read(document)
    assert (model.kind, model.groups, model.topology) == (kind, (), document["modelTopology"])


def test_an_older_signature_in_the_metadata_comes_first():
    document: dict[str, Any] = {
        "modelTopology": {"node": []},
        "signature": {"outputs": {"b": {}}},
        "userDefinedMetadata": {"signature": {"outputs": {"a": {}}}, "labels": ["x"]},
    }
    model = read(document)
    assert model.signature == {"outputs": {"a": {}}}
    assert model.user_defined_metadata["labels"] == ["x"]
    del document["userDefinedMetadata"]
    assert read(document).signature == {"outputs": {"b": {}}}


def test_every_other_field_is_given_by_name():
    document: dict[str, Any] = {
        "modelTopology": LAYERS,
        "generatedBy": "TensorFlow.js tfjs-layers v4.22.0",
        "convertedBy": None,
        "trainingConfig": {"loss": "mse"},
        "modelInitializer": {"node": []},
        "initializerSignature": {"outputs": {}},
        "marcelle": {"labels": ["a"]},
        "weightsManifest": [
            {"paths": ["a.bin"], "weights": [{"name": "x", "shape": [], "dtype": "int32"}]}
        ],
    }
    model = read(document)
    assert model.generated_by == "TensorFlow.js tfjs-layers v4.22.0"
    assert model.converted_by is None
    assert model.training_config == {"loss": "mse"}
    assert (model.initializer, model.initializer_signature) == ({"node": []}, {"outputs": {}})
    assert model.marcelle == {"labels": ["a"]}
    assert model.groups[0].specs[0].name == "x"
    assert model.raw == document


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (b"[", "expected a JSON document"),
        ([], "expected a TensorFlow.js model with 'modelTopology', got list"),
        ({"layers": [], "name": ""}, "got an object with the keys 'layers', 'name'"),
        ({"modelTopology": "x"}, "got an object with the keys 'modelTopology'"),
        ({"modelTopology": {}, "format": "tf"}, "'layers-model' or 'graph-model', got 'tf'"),
        ({"modelTopology": {}, "format": 5}, "'layers-model' or 'graph-model', got 5"),
        ({"modelTopology": {}, "marcelle": [1]}, "expected an object 'marcelle', got list"),
        ({"modelTopology": {}, "signature": 1}, "expected an object 'signature', got int"),
        (
            {"modelTopology": {}, "userDefinedMetadata": {"signature": "x"}},
            "userDefinedMetadata: expected an object 'signature', got str",
        ),
        ({"modelTopology": {}, "weightsManifest": {}}, "weightsManifest: expected a list"),
    ],
)
def test_another_document_is_refused_with_what_it_is(document, message):
    with pytest.raises(ModelFormatError, match=message):
        read(document)
