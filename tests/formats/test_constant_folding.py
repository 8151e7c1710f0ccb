"""TensorFlow does not compute on constants while it reads a graph."""

from __future__ import annotations

import numpy as np
import pytest

from marcelle_nb.formats.graphs.constant_folding import SUFFIX, hide_constants, show_constants
from marcelle_nb.formats.graphs.graph_loaded_model import GraphLoadedModel
from tests.formats.graph_makers import FLOAT, INT, constant, floats, graph, node, placeholder


def doubled(n):
    """Constants, each twice as large as the one before, as the shape of the input."""
    nodes = [placeholder("x"), constant("c0", [1, 1], np.int32), constant("axis", 0, np.int32)]
    nodes += [
        node(f"c{i}", "ConcatV2", f"c{i - 1}", f"c{i - 1}", "axis", T=INT, N=2)
        for i in range(1, n + 1)
    ]
    return graph(*nodes, node("y", "Reshape", "x", f"c{n}", T=FLOAT, Tshape=INT))


@pytest.mark.timeout(10)
def test_a_graph_that_doubles_its_constants_is_read_at_once():
    model = GraphLoadedModel("frozen-graph", doubled(40), feeds={"x": "x:0"}, fetches={"y": "y:0"})
    assert model.outputs[0].shape is None


def test_constants_are_shown_again_in_the_graph_that_is_given():
    made = doubled(3)
    names = [n.name for n in made.node]
    hide_constants(made)
    assert any(n.name.endswith(SUFFIX) for n in made.node)
    show_constants(made)
    assert [n.name for n in made.node] == names
    assert list(made.node[3].input) == ["c0", "c0", "axis"]


def test_a_graph_whose_constants_were_computed_stays_as_it_is():
    made = graph(
        placeholder("x"),
        constant("c", 1.0),
        node("y", "AddV2", "x", "c", T=FLOAT),
        node("kept", "Identity", "c", T=FLOAT),
        node("z", "Mul", "y", "kept", T=FLOAT),
    )
    before = made.SerializeToString(deterministic=True)
    hide_constants(made)
    assert made.SerializeToString(deterministic=True) == before


def test_results_are_the_same():
    made = graph(
        constant("a", [2, 3], np.int32),
        constant("v", 7.0),
        placeholder("x"),
        node("filled", "Fill", "a", "v", T=FLOAT),
        node("y", "Mul", "filled", "x", T=FLOAT),
    )
    model = GraphLoadedModel("frozen-graph", made, feeds={"x": "x:0"}, fetches={"y": "y:0"})
    np.testing.assert_array_equal(model(floats(2))[0], np.full((2, 3), 14))
