import gc
import json
import subprocess
import sys
from fnmatch import fnmatch
from typing import Any

from marcelle_nb.models.image_features import ImageFeatures
from marcelle_nb.models.web_features import remember_network, with_features
from marcelle_nb.models.web_model import FEATURES, MAIN, WebModel, image_input, vector_input
from tests.small_features import PLAN, write_small_features


class Network:
    """Stands for one that makes features."""

    def __init__(self, weights=b"1"):
        self.weights = weights

    def web_features(self):
        document = {"weightsManifest": [{"paths": ["a.bin"], "weights": []}]}
        about = {"input": image_input((9, 9), (0, 1))}
        return WebModel("graph", document, {"a.bin": self.weights}, about)


def knn(features):
    return WebModel("knn", {"x": 1}, {}, {"input": vector_input(2, features)})


def test_a_network_in_use_is_put_before_what_learned_from_it():
    network: Any = Network()
    remember_network("net-1", network, Network.web_features)
    model = with_features(knn("net-1"))
    files = model.files()
    main, features, _ = files
    assert main == MAIN
    assert fnmatch(features, FEATURES)
    made_by = f'"made_by":{{"file":"{features}","input":{{"kind":"image"'
    assert made_by.encode() in files[MAIN]
    del network
    gc.collect()
    assert with_features(knn("net-1")).before is None


def test_other_models_are_as_they_were():
    network: Any = Network()
    remember_network("net-1", network, Network.web_features)
    for model in (knn("net-2"), knn(None), WebModel("graph", {}, {}, {})):
        assert with_features(model) is model


def test_of_two_networks_of_a_version_the_one_in_use_is_found():
    first: Any = Network()
    second: Any = Network()
    for network in (first, second):
        remember_network("net-2", network, Network.web_features)
    del second
    del network
    gc.collect()
    assert with_features(knn("net-2")).before is not None


def test_features_of_the_package_are_found_though_nobody_asked_for_them():
    ask = (
        "from marcelle_nb.models.web_features import with_features\n"
        "from marcelle_nb.features.shipped_features import shipped_features\n"
        "from marcelle_nb.models.web_model import WebModel, vector_input\n"
        "about = {'input': vector_input(256, shipped_features().version)}\n"
        "print(with_features(WebModel('knn', {}, {}, about)).before.about['input']['resize'])"
    )
    answer = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "average"


def test_features_of_a_file_are_found_while_they_are_in_use(tmp_path):
    features = ImageFeatures(file=write_small_features(tmp_path / "own.features"))
    before = with_features(knn(features.version)).before
    assert before is not None
    assert before.about["input"]["height"] == PLAN.side
    version = features.version
    del features
    gc.collect()
    assert with_features(knn(version)).before is None


def test_another_network_has_another_name_so_that_no_page_puts_it_before_the_earlier_model():
    networks: Any = [Network(weights) for weights in (b"1", b"1", b"2")]
    names = []
    for network in networks:
        remember_network("net-1", network, Network.web_features)
        files = with_features(knn("net-1")).files()
        names.append(json.loads(files[MAIN])["marcelle_nb"]["input"]["made_by"]["file"])
        assert names[-1] in files
    assert names[0] == names[1] != names[2]
