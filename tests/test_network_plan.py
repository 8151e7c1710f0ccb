import json

import pytest

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.features.convolution import Convolution
from marcelle_nb.features.network_plan import NetworkPlan
from marcelle_nb.features.small_network import small_network

PLAN = NetworkPlan(32, (Convolution(3, 4, 3, 2, None), Convolution(4, 4, 3, 1, 0)), (1, 0), 8)


def changed(**values):
    return {**PLAN.document(), **values}


def test_plan_is_read_as_it_was_written():
    assert NetworkPlan.read(json.loads(json.dumps(PLAN.document()))) == PLAN


def test_matrices_are_of_the_layers_and_the_features():
    assert PLAN.matrices == [(27, 4), (36, 4), (8, 8)]


def test_network_that_ships_fits_its_file_and_its_features():
    plan = small_network()
    assert sum((rows + 8) * columns for rows, columns in plan.matrices) < 1_400_000
    assert plan.n_features <= 512


@pytest.mark.parametrize(
    ("layers", "rule"),
    [
        ([[3, 512, 7, 1, None], [512, 24, 7, 1, None]], "laid out"),
        ([[3, 512, 1, 1, None]], "results"),
        ([[3, 16, 3, 1, None], *[[16, 16, 3, 1, None]] * 14], "sums"),
    ],
)
def test_network_that_costs_too_much_memory_or_time_is_refused(layers, rule):
    with pytest.raises(ModelFormatError, match=rule):
        NetworkPlan.read(changed(side=256, layers=layers, pooled=[len(layers) - 1]))


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        "plan",
        {},
        changed(side=31),
        changed(side=True),
        changed(side=10**9),
        changed(n_features=0),
        changed(n_features=513),
        changed(n_features="8"),
        changed(layers=[]),
        changed(layers=[[3, 4, 3, 1, None]] * 65),
        changed(layers=[[3, 4, 3, 1]]),
        changed(layers=[[3, 4, 3, 1, "0"]]),
        changed(layers=[{"inputs": 3}]),
        changed(layers=[[4, 4, 3, 1, None]]),
        changed(layers=[[3, 2000, 3, 1, None]]),
        changed(layers=[[3, 4, 2, 1, None]]),
        changed(layers=[[3, 4, 3, 0, None]]),
        changed(layers=[[3, 4, 3, 1, 0]]),
        changed(layers=[[3, 4, 3, 1, -1]]),
        changed(layers=[[3, 4, 3, 1, None], [4, 4, 3, 2, 0]]),
        changed(pooled=[]),
        changed(pooled=[2]),
        changed(pooled=[0]),
        changed(pooled=[-1]),
        changed(pooled=None),
        changed(pooled=[0, 0, 0, 0, 0]),
    ],
)
def test_anything_else_is_refused(document):
    with pytest.raises(ModelFormatError, match="expected"):
        NetworkPlan.read(document)
