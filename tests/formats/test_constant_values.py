"""Sizes that constants make are found without running a graph."""

from __future__ import annotations

import numpy as np
import pytest

from marcelle_nb.formats.graphs.constant_values import ConstantValues
from marcelle_nb.formats.graphs.graph_bodies import MAIN, bodies_of
from marcelle_nb.formats.graphs.graph_check import order_nodes
from tests.formats.graph_makers import INT, constant, graph, node, placeholder


def value_of(*nodes):
    body = bodies_of(graph(*nodes, node("end", "Relu", nodes[-1].name)), "graph")[MAIN]
    order_nodes(body)
    return ConstantValues(body).of_input(body.nodes["end"], 0)


A = constant("a", [2, 3], np.int32)
B = constant("b", [4], np.int64)
AXIS = constant("axis", 0, np.int32)


@pytest.mark.parametrize(
    ("nodes", "wanted"),
    [
        ([A], [2, 3]),
        ([constant("z", [], np.int32)], []),
        ([A, node("y", "Identity", "a")], [2, 3]),
        ([A, B, AXIS, node("y", "ConcatV2", "a", "b", "axis")], [2, 3, 4]),
        ([A, B, node("y", "Pack", "b", "a")], [4, 2, 3]),
        ([A, B, node("y", "Mul", "a", "b")], [8, 12]),
        ([A, node("y", "Prod", "a")], [6]),
        ([A, B, node("y", "Sub", "a", "b")], [-2, -1]),
        ([A, node("y", "Pow", "a", "a")], [4, 27]),
        ([A, placeholder("x"), node("y", "Mul", "a", "x")], None),
        ([constant("f", [1.5])], None),
        ([constant("large", np.zeros(5000), np.int32)], None),
    ],
)
def test_values_are_followed(nodes, wanted):
    assert value_of(*nodes) == wanted


def test_one_number_may_stand_for_all():
    splat = constant("s", [0, 0, 0], np.int32)
    splat.attr["value"].tensor.ClearField("tensor_content")
    splat.attr["value"].tensor.int_val[:] = [7]
    assert value_of(splat) == [7, 7, 7]


def test_numbers_stop_growing_where_no_tensor_is_so_large():
    nodes = [constant("n0", 2**30, np.int32)]
    nodes += [node(f"n{i}", "Mul", f"n{i - 1}", f"n{i - 1}", T=INT) for i in range(1, 200)]
    assert value_of(*nodes) == [2**62]
