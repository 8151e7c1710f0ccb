import itertools
import json
import sys
from pathlib import Path

import numpy as np
import pytest

import marcelle_nb as mnb
from marcelle_nb.models.dense_layers import DenseLayers
from marcelle_nb.models.tfjs_network import TfjsNetwork

FILES = Path(__file__).parent / "fixtures" / "marcelle"


@pytest.mark.parametrize(
    ("kind", "files"),
    [
        ("mlp", ["mlp/mlpclassifier.json", "mlp/mlpclassifier.weights.bin"]),
        ("mlp", ["mlp/mlpclassifier.json"]),
        ("knn", ["knn/knn-classifier.json"]),
    ],
)
def test_files_of_marcelle_predict_as_they_do_there(kind, files):
    expected = json.loads((FILES / kind / "expected.json").read_text("utf-8"))
    model = getattr(mnb, kind)()
    model.upload(*(FILES / name for name in files))
    assert model.labels == expected["labels"] == ["cat", "dog", "10"]
    cases = {"3": expected["predictions"]} if kind == "mlp" else expected["cases"]
    for k, answers in cases.items():
        if kind == "knn":
            model.k = int(k)
        for mine, theirs in zip(model.predict_many(expected["queries"]), answers, strict=True):
            assert mine.label == theirs["label"]
            assert mine.confidences == pytest.approx(theirs["confidences"], abs=1e-6)


def layers(*widths):
    rng = np.random.default_rng(0)
    pairs = itertools.pairwise(widths)
    return [
        (rng.normal(size=(a, b)).astype(np.float32), rng.normal(size=b).astype(np.float32))
        for a, b in pairs
    ]


@pytest.mark.parametrize("output", ["softmax", "linear"])
@pytest.mark.parametrize("widths", [(3, 2), (5, 4, 3, 1)])
def test_dense_layers_go_round(widths, output):
    given = layers(*widths)
    network = TfjsNetwork.from_files(DenseLayers(given, output).network().files)
    dense = DenseLayers.read(network)
    assert dense is not None
    assert dense.output == output
    for mine, theirs in zip(dense.weights, given, strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(mine, theirs, strict=True))


def test_a_download_has_marcelles_names_and_key():
    files = DenseLayers(layers(3, 2), "softmax").network().download("n", {"labels": ["a", "b"]})
    assert list(files) == ["n.json", "n.weights.bin"]
    document = json.loads(files["n.json"])
    assert document["weightsManifest"][0]["paths"] == ["./n.weights.bin"]
    assert document["marcelle"] == {
        "type": "tfjs-model",
        "tfjsModelFormat": "layers-model",
        "name": "n",
        "labels": ["a", "b"],
    }


def other_layers(activation):
    files = (
        DenseLayers(layers(6, 5, 3), "softmax").network().download("n", {"labels": ["a", "b", "c"]})
    )
    document = json.loads(files["n.json"])
    document["modelTopology"]["config"]["layers"][0]["config"]["activation"] = activation
    dropout = {"class_name": "Dropout", "config": {"name": "dropout_1", "rate": 0.5}}
    document["modelTopology"]["config"]["layers"].insert(1, dropout)
    return {**files, "n.json": json.dumps(document).encode()}


def test_other_layers_than_dense_ones_with_relu_are_computed_by_keras(tmp_path):
    model = mnb.mlp()
    model.upload(*other_layers("tanh").items())
    x = np.random.default_rng(1).normal(size=(7, 6)).astype(np.float32)
    (k1, b1), (k2, b2) = layers(6, 5, 3)
    out = np.exp(np.tanh(x @ k1 + b1) @ k2 + b2)
    out /= out.sum(axis=1, keepdims=True)
    mine = [list(it.confidences.values()) for it in model.predict_many(x)]
    assert np.array(mine) == pytest.approx(out, abs=1e-5)
    again = mnb.mlp()
    again.upload(*model.download(tmp_path))
    assert again.predict_many(x) == model.predict_many(x)
    with mnb.data_store(tmp_path / "a.db") as store:
        model.save(store, "n")
        assert again.load(store, "n").metadata["labels"] == ["a", "b", "c"]
    model.train([{"x": row, "y": str(i % 2)} for i, row in enumerate(x)]).wait(60)
    assert model.labels == ["0", "1"]


def test_a_network_of_marcelle_is_read_without_tensorflow():
    import subprocess

    code = (
        "import sys, marcelle_nb as mnb; m = mnb.mlp(); m.upload(sys.argv[1]);"
        "m.predict([0] * 6); sys.exit('tensorflow' in sys.modules)"
    )
    main = str(FILES / "mlp" / "mlpclassifier.json")
    assert subprocess.run([sys.executable, "-c", code, main], check=False).returncode == 0
