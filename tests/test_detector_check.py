import json

import pytest

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.model_files import ModelFiles
from marcelle_nb.models.detector_check import check_detector, check_published_detector
from tests.detectors import FOLDER, changed, detector_files


def check(files):
    check_detector(ModelFiles(files, "model.json"))


def weights(told):
    return told["weightsManifest"][0]["weights"]


def node(told, op):
    return next(it for it in told["modelTopology"]["node"] if it["op"] == op)


def published(anchors=(3, 6, 6, 6, 6, 6), scores=91):
    """Give a graph whose last layers are those of the published networks, with nothing between."""
    heads = [
        (f"BoxPredictor_{place}/{name}/biases", [n * size])
        for place, n in enumerate(anchors)
        for name, size in (("ClassPredictor", scores), ("BoxEncodingPredictor", 4))
    ]
    image = {"size": "-1"}, {"size": "-1"}, {"size": "-1"}, {"size": "3"}
    nodes = [
        {
            "name": "image_tensor",
            "op": "Placeholder",
            "attr": {"dtype": {"type": 4}, "shape": {"shape": {"dim": [*image]}}},
        },
        {"name": "scores", "op": "Identity", "input": ["image_tensor", *(n for n, _ in heads)]},
        {"name": "boxes", "op": "Identity", "input": ["image_tensor"]},
    ]
    for name, shape in heads:
        dims = [{"size": str(n)} for n in shape]
        value = {"tensor": {"dtype": 1, "tensorShape": {"dim": dims}}}
        nodes.append({"name": name, "op": "Const", "attr": {"dtype": {"type": 1}, "value": value}})
    specs = [{"name": name, "shape": shape, "dtype": "float32"} for name, shape in heads]
    told = {
        "modelTopology": {"node": nodes},
        "weightsManifest": [{"paths": ["w"], "weights": specs}],
    }
    size = 4 * sum(shape[0] for _, shape in heads)
    return {"model.json": json.dumps(told).encode(), "w": bytes(size)}


def test_a_detector_is_one():
    check(detector_files())


def test_a_published_one_has_the_layers_of_all_three():
    check_published_detector(ModelFiles(published(), "model.json"))


@pytest.mark.parametrize(
    "files", [published((3, 6, 6, 6, 6)), published(scores=21), detector_files()]
)
def test_another_detector_is_no_published_one(files):
    check(files)
    with pytest.raises(ModelFormatError, match="expected an SSD network for COCO"):
        check_published_detector(ModelFiles(files, "model.json"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda told: weights(told)[9].update(shape=[1, 1, 12, 24]), "expected float32 of shape"),
        (lambda told: weights(told)[9].update(dtype="int32"), "expected float32 .* got int32"),
        (lambda told: weights(told)[9].update(name="other"), "expected weights of its graph"),
        (lambda told: weights(told).pop(9), "expected the weight"),
        (lambda told: told["weightsManifest"].clear(), "expected the weight"),
        (lambda told: node(told, "Placeholder").update(op="Const", attr={}), "constant's type"),
        (
            lambda told: node(told, "Placeholder")["attr"]["shape"]["shape"].update(dim=[]),
            "expected pictures",
        ),
        (lambda told: told["signature"]["outputs"].popitem(), "expected two outputs"),
        (lambda told: told["modelTopology"].update(node=[]), "expected a graph"),
        (lambda told: told["modelTopology"]["node"].append(3), "expected a graph"),
        (
            lambda told: told["modelTopology"]["node"].append(told["modelTopology"]["node"][0]),
            "expected a graph of named nodes",
        ),
        (lambda told: node(told, "Const").update(attr=3), "constant's type"),
        (lambda told: node(told, "Cast").update(input=3), "expected a graph"),
    ],
)
def test_what_does_not_fit_is_refused(change, said):
    with pytest.raises(ModelFormatError, match=said):
        check(changed(change))


@pytest.mark.parametrize("size", [0, 100])
def test_weights_of_another_length_are_refused(size):
    files = detector_files()
    files["group1-shard1of1.bin"] = files["group1-shard1of1.bin"][:size]
    with pytest.raises(ModelFormatError, match=r"expected [\d,]+ bytes of weights"):
        check(files)


@pytest.mark.parametrize("name", ["cnn_classifier", "segmentation", "control_flow_v2"])
def test_another_model_is_refused(name):
    folder = FOLDER / name
    with pytest.raises(ModelFormatError):
        check_detector(ModelFiles.open(folder / "model.json"))


@pytest.mark.parametrize("content", [b"", b"<html>Please log in</html>", b"[]", b"{}"])
def test_what_is_no_model_is_refused(content):
    with pytest.raises(ModelFormatError):
        check({"model.json": content})
