"""A model as web pages load it; that of a network before it is in `test_web_features`."""

import json

import pytest

import marcelle_nb as mnb
from marcelle_nb.models.web_model import MAIN, WebModel, vector_input


def layers(paths, **weights):
    document = {"modelTopology": {}, "weightsManifest": [{"paths": paths, "weights": []}]}
    return WebModel("layers", document, weights, {"input": vector_input(2)})


def test_the_main_file_comes_first_and_says_what_a_page_has_to_know():
    files = layers(["a"], a=b"1").files()
    assert next(iter(files)) == MAIN
    told = json.loads(files[MAIN])["marcelle_nb"]
    assert told == {
        "version": mnb.__version__,
        "kind": "layers",
        "input": {"kind": "vector", "size": 2, "features": None},
    }


def test_other_files_are_called_after_their_contents():
    (_, one), (_, same), (_, other) = (
        layers(["./w"], w=data).files().items() for data in (b"1", b"1", b"2")
    )
    assert one[0] == same[0] != other[0]
    files = layers(["./w", "v"], w=b"1", v=b"2").files()
    (group,) = json.loads(files.pop(MAIN))["weightsManifest"]
    assert [files[name] for name in group["paths"]] == [b"1", b"2"]


def test_a_main_file_that_names_another_is_refused():
    with pytest.raises(mnb.ModelFormatError, match="expected only files that are there"):
        layers(["../secret"], w=b"1").files()


def test_what_json_cannot_say_is_refused():
    with pytest.raises(mnb.ModelFormatError, match="expected what JSON can say"):
        WebModel("knn", {"x": float("nan")}).files()


def test_files_of_tensorflow_js_say_their_kind():
    for document, kind in (({"format": "graph-model"}, "graph"), ({}, "layers")):
        model = WebModel.of_files({MAIN: json.dumps(document).encode(), "w": b"1"}, {})
        assert (model.kind, model.weights) == (kind, {"w": b"1"})
