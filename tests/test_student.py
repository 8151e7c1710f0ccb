import numpy as np
import pytest

from marcelle_nb.features.convolution import Convolution
from marcelle_nb.features.extractor import Extractor
from marcelle_nb.features.network_plan import NetworkPlan
from marcelle_nb.features.student import Student

PLAN = NetworkPlan(
    33, (Convolution(3, 8, 3, 2, None), Convolution(8, 8, 3, 1, 0), Convolution(8, 4, 1, 2, None)),
    (1, 2), 16,
)  # fmt: skip


@pytest.fixture(scope="module")
def student():
    student = Student(PLAN, seed=0)
    rng = np.random.default_rng(0)
    for layer in student.model.layers:
        if layer.name.startswith("norm"):
            layer.set_weights([rng.uniform(0.5, 2, w.shape) for w in layer.get_weights()])
    return student


def test_folded_weights_say_with_numpy_what_keras_says(student):
    small = np.random.default_rng(1).integers(0, 256, (33, 33, 3), dtype=np.uint8)
    said = np.asarray(student.model(small[None].astype(np.float32) / 127.5 - 1, training=False))
    weights, biases = student.folded()
    extractor = Extractor(PLAN, weights, biases, "learned-1-0")
    assert np.allclose(extractor.describe_small(small), said[0], atol=1e-4)


def test_same_seed_gives_the_same_weights_and_another_others():
    first, again, other = (Student(PLAN, seed=seed).folded()[0][0] for seed in (3, 3, 4))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
