"""A network of learned features that is quick, of random weights."""

import numpy as np

from marcelle_nb.features.convolution import Convolution
from marcelle_nb.features.feature_file import write_features
from marcelle_nb.features.network_plan import NetworkPlan

PLAN = NetworkPlan(32, (Convolution(3, 4, 3, 2, None), Convolution(4, 6, 3, 2, None)), (1,), 8)


def network_of(plan, seed=0):
    """Give weights and biases for a plan."""
    rng = np.random.default_rng(seed)
    weights = [np.asarray(rng.standard_normal(shape), "f4") for shape in plan.matrices]
    return weights, [np.asarray(rng.standard_normal(w.shape[1]), "f4") for w in weights]


def write_small_features(path, seed=0):
    """Write such a network into a file; give the file's path."""
    weights, biases = network_of(PLAN, seed)
    write_features(path, PLAN, weights, biases, {"teacher": "none"})
    return path
