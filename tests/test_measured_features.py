import numpy as np
import pytest

from marcelle_nb.features.convolution import Convolution
from marcelle_nb.features.extractor import Extractor
from marcelle_nb.features.feature_file import read_features
from marcelle_nb.features.measured_features import likeness, write_measured
from marcelle_nb.features.network_plan import NetworkPlan
from marcelle_nb.features.student import Student

PLAN = NetworkPlan(32, (Convolution(3, 8, 3, 4, None),), (0,), 6)
CROPS = np.random.default_rng(2).integers(0, 256, (5, 32, 32, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def student():
    return Student(PLAN, seed=0)


def exact_network(student):
    weights, biases = student.folded()
    return Extractor(PLAN, weights, biases, "learned-1-0")


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_likeness_is_one_to_what_it_says_itself_and_minus_one_to_the_opposite(student):
    extractor = exact_network(student)
    said = unit(np.stack([extractor.describe_small(crop) for crop in CROPS]))
    assert likeness(extractor, CROPS, said) == pytest.approx(1, abs=1e-5)
    assert likeness(extractor, CROPS, -said) == pytest.approx(-1, abs=1e-5)


def test_likeness_in_the_file_is_that_of_its_rounded_weights(student, tmp_path):
    exact = exact_network(student)
    targets = unit(np.stack([exact.describe_small(crop) for crop in CROPS]))
    path = tmp_path / "a.features"
    version, measured = write_measured(path, student, CROPS, targets, {"seed": 0})
    written = read_features(path)
    assert written.version == version
    assert measured == likeness(written, CROPS, targets)
    assert measured < likeness(exact, CROPS, targets)
    assert f'"held_out_likeness": {round(measured, 4)}'.encode() in path.read_bytes()
    assert [it.name for it in tmp_path.iterdir()] == ["a.features"]
