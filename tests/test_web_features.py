import gc
from typing import Any

from marcelle_nb.models.web_features import remember_network, with_features
from marcelle_nb.models.web_model import FEATURES, MAIN, WebModel, image_input, vector_input


class Network:
    """Stands for one that makes features."""

    def web_features(self):
        document = {"weightsManifest": [{"paths": ["a.bin"], "weights": []}]}
        return WebModel("graph", document, {"a.bin": b"1"}, {"input": image_input((9, 9), (0, 1))})


def knn(features):
    return WebModel("knn", {"x": 1}, {}, {"input": vector_input(2, features)})


def test_a_network_in_use_is_put_before_what_learned_from_it():
    network: Any = Network()
    remember_network("net-1", network)
    model = with_features(knn("net-1"))
    files = model.files()
    assert [*files][:2] == [MAIN, FEATURES]
    assert len(files) == 3
    assert b'"made_by":{"file":"features.json","input":{"kind":"image"' in files[MAIN]
    del network
    gc.collect()
    assert with_features(knn("net-1")).before is None


def test_other_models_are_as_they_were():
    network: Any = Network()
    remember_network("net-1", network)
    for model in (knn("net-2"), knn(None), WebModel("graph", {}, {}, {})):
        assert with_features(model) is model
