"""Files that are no model, or not whole: refused with our own error, the model as it was."""

import copy
import json
from pathlib import Path

import numpy as np
import pytest

import marcelle_nb as mnb

FILES = Path(__file__).parent / "fixtures" / "marcelle"
MAIN = (FILES / "mlp" / "mlpclassifier.json").read_bytes()
WEIGHTS = (FILES / "mlp" / "mlpclassifier.weights.bin").read_bytes()
ROWS = (FILES / "knn" / "knn-classifier.json").read_bytes()
WEIGHTS_NAME = "mlpclassifier.weights.bin"


def changed(data, change):
    document = copy.deepcopy(json.loads(data))
    change(document)
    return json.dumps(document).encode()


def layer(number):
    return lambda it: it["modelTopology"]["config"]["layers"][number]


def weight(it):
    return it["weightsManifest"][0]["weights"][0]


MLP_SETS = {
    "no weights": [("m.json", MAIN)],
    "weights alone": [(WEIGHTS_NAME, WEIGHTS)],
    "weights that end early": [("m.json", MAIN), (WEIGHTS_NAME, WEIGHTS[:-1])],
    "weights that are too long": [("m.json", MAIN), (WEIGHTS_NAME, WEIGHTS + b"1234")],
    "weights of another name": [("m.json", MAIN), ("other.bin", WEIGHTS)],
    "a description that ends early": [("m.json", MAIN[:-5]), (WEIGHTS_NAME, WEIGHTS)],
    "the two swapped": [("m.json", WEIGHTS), (WEIGHTS_NAME, MAIN)],
    "two descriptions": [("m.json", MAIN), ("n.json", MAIN), (WEIGHTS_NAME, WEIGHTS)],
    "one file too many": [("m.json", MAIN), ("x.bin", b"x"), (WEIGHTS_NAME, WEIGHTS)],
    "a KNN": [("k.json", ROWS)],
    "nothing": [("m.json", b""), (WEIGHTS_NAME, WEIGHTS)],
    "a list": [("m.json", b"[]"), (WEIGHTS_NAME, WEIGHTS)],
}
MLP_CHANGES = {
    "not of Marcelle": lambda it: it.pop("marcelle"),
    "no labels": lambda it: it["marcelle"].pop("labels"),
    "too few labels": lambda it: it["marcelle"].update(labels=["a"]),
    "a label twice": lambda it: it["marcelle"].update(labels=["a", "a", "b"]),
    "labels that are none": lambda it: it["marcelle"].update(labels=[1, [2], 3]),
    "no version of features": lambda it: it["marcelle"].update(features=3),
    "a graph": lambda it: it["marcelle"].update(tfjsModelFormat="graph-model"),
    "no manifest": lambda it: it.update(weightsManifest=[]),
    "a path that leaves": lambda it: it["weightsManifest"][0].update(paths=["../../etc/passwd"]),
    "another shape": lambda it: weight(it).update(shape=[16, 6]),
    "another rank": lambda it: weight(it).update(shape=[96]),
    "another type": lambda it: weight(it).update(dtype="int32"),
    "an endless shape": lambda it: weight(it).update(shape=[2**40, 6]),
    "another input": lambda it: layer(0)(it)["config"].update(batch_input_shape=[None, 7]),
    "other units": lambda it: layer(1)(it)["config"].update(units=9),
    "a layer less": lambda it: it["modelTopology"]["config"]["layers"].pop(1),
    "no layers": lambda it: it["modelTopology"]["config"].update(layers=[]),
    "code": lambda it: layer(1)(it).update(class_name="Lambda"),
}
KNN_CHANGES = {
    "another format": lambda it: it.update(format="tfjs"),
    "no metadata": lambda it: it.pop("metadata"),
    "no rows": lambda it: it["metadata"].update(data={}),
    "other labels": lambda it: it["metadata"].update(labels=["x"]),
    "no labels": lambda it: it["metadata"].pop("labels"),
    "a label without rows": lambda it: it["metadata"]["data"].update(cat=[]),
    "rows of two widths": lambda it: it["metadata"]["data"]["cat"].append([1]),
    "a label of another width": lambda it: it["metadata"]["data"].update(cat=[[1, 2]]),
    "texts": lambda it: it["metadata"]["data"].update(cat=[["a"] * 6]),
    "bools": lambda it: it["metadata"]["data"].update(cat=[[True] * 6]),
    "deeper lists": lambda it: it["metadata"]["data"].update(cat=[[[1]] * 6]),
    "numbers beyond float32": lambda it: it["metadata"]["data"].update(cat=[[1e39] * 6]),
    "no version of features": lambda it: it["metadata"].update(features=[1]),
}
CASES = (
    [("mlp", name, files) for name, files in MLP_SETS.items()]
    + [
        ("mlp", name, [("m.json", changed(MAIN, change)), (WEIGHTS_NAME, WEIGHTS)])
        for name, change in MLP_CHANGES.items()
    ]
    + [("knn", name, [("k.json", changed(ROWS, it))]) for name, it in KNN_CHANGES.items()]
    + [("knn", f"the first {n} bytes", [("k.json", ROWS[:n])]) for n in (0, 1, 900, len(ROWS) - 3)]
    + [("knn", "more behind", [("k.json", ROWS + b"x")])]
    + [("knn", "a network", [("m.json", MAIN), (WEIGHTS_NAME, WEIGHTS)])]
)


@pytest.mark.parametrize(("kind", "name", "files"), CASES, ids=[f"{k}, {n}" for k, n, _ in CASES])
def test_it_is_refused_and_the_model_is_as_it_was(kind, name, files, tmp_path):
    model = getattr(mnb, kind)()
    model.train([{"x": [0, 1, 0], "y": "a"}, {"x": [1, 0, 0], "y": "b"}]).wait(20)
    before = model.predict([1, 2, 3])
    with pytest.raises(mnb.ModelFormatError):
        model.upload(*files)
    assert model.predict([1, 2, 3]) == before
    assert model.training.value.status == "error"
    assert model.ready


def test_a_document_of_a_store_is_checked_alike(tmp_path):
    with mnb.data_store(tmp_path / "a.db") as store:
        files = {"model.json": MAIN, "model.weights.bin": WEIGHTS[:-4]}
        contents = {name: np.frombuffer(data, np.uint8) for name, data in files.items()}
        models = store.service("tfjs-models")
        labels = {"labels": ["cat", "dog", "10"]}
        for document in (
            {"name": "n", "format": "tfjs", "metadata": labels, "contents": contents},
            {"name": "n", "format": "tfjs", "metadata": labels, "contents": {"model.json": "x"}},
            {"name": "n", "format": "tfjs", "metadata": labels, "contents": 3},
            {"name": "n", "format": "tfjs", "metadata": 3},
            {"name": "n", "format": "knn-classifier", "metadata": labels},
            {"name": "n", "url": "6b01/model.json", "metadata": labels},
        ):
            models.create(document)
            with pytest.raises(mnb.ModelFormatError):
                mnb.mlp().load(store, "n")
            with pytest.raises(mnb.ModelFormatError):
                mnb.mlp().sync(store, "n")


def test_features_of_another_version_or_width_are_refused_by_what_was_loaded(tmp_path):
    features = mnb.image_features()
    x = features.process(np.zeros((8, 8, 3), np.uint8) + 200)
    model = mnb.knn()
    model.train([{"x": x, "y": "a", "features": features.version}]).wait(20)
    other = mnb.knn()
    other.upload(*model.download(tmp_path))
    assert other.predict(x).label == "a"
    foreign = x.copy()
    foreign.version = "another-1"
    with pytest.raises(ValueError, match="version"):
        other.predict(foreign)
    with pytest.raises(ValueError, match="numbers"):
        other.predict(np.ones(3))
