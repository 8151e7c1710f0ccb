"""What a loop takes from outside is carried into it."""

from __future__ import annotations

import pytest

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.graphs.graph_bodies import MAIN, bodies_of
from marcelle_nb.formats.graphs.graph_check import order_nodes
from marcelle_nb.formats.graphs.loop_frames import carry_into_loops, frames_of
from tests.formats.graph_makers import FLOAT, constant, graph, node, placeholder


def enter(name, source, frame):
    return node(name, "Enter", source, T=FLOAT, frame_name=frame)


def loop(prefix, source, *extra):
    """A loop without an end, whose turn adds what `extra` gives."""
    p = prefix
    return [
        enter(f"{p}enter", source, p.encode()),
        node(f"{p}merge", "Merge", f"{p}enter", f"{p}next", T=FLOAT, N=2),
        node(f"{p}turn", "AddN", f"{p}merge", *extra, T=FLOAT, N=1 + len(extra)),
        node(f"{p}next", "NextIteration", f"{p}turn", T=FLOAT),
        node(f"{p}exit", "Exit", f"{p}merge", T=FLOAT),
    ]


def frames(made):
    body = bodies_of(made, "model.json")[MAIN]
    order_nodes(body)
    return frames_of(body)


def carried(made):
    carry_into_loops(made, "model.json")
    return {n.name: n for n in made.node}


def test_a_graph_without_loops_stays_as_it_is():
    made = graph(placeholder("x"), node("y", "Relu", "x", T=FLOAT))
    before = made.SerializeToString()
    carry_into_loops(made, "model.json")
    assert made.SerializeToString() == before


def test_nodes_are_in_the_frames_of_what_they_take():
    found = frames(graph(placeholder("x"), *loop("a", "x", "x"), node("y", "Relu", "aexit")))
    assert {n: f for n, f in found.items() if f} == dict.fromkeys(
        ["aenter", "amerge", "aturn", "anext"], ("a",)
    )


def test_a_constant_is_made_again_in_the_loop():
    nodes = carried(graph(placeholder("x"), constant("one", 1.0), *loop("a", "x", "one", "one")))
    assert list(nodes["aturn"].input) == ["amerge", "one/in_loop", "one/in_loop"]
    assert (nodes["one/in_loop"].op, list(nodes["one/in_loop"].input)) == ("Const", ["^amerge"])


def test_another_tensor_enters_and_stays_the_same():
    nodes = carried(graph(placeholder("x"), *loop("a", "x", "x:0")))
    made = nodes[nodes["aturn"].input[1]]
    assert (made.op, list(made.input), made.attr["is_constant"].b) == ("Enter", ["x:0"], True)
    assert made.attr["frame_name"].s == b"a"
    assert made.attr["T"].type == FLOAT


def test_a_tensor_goes_through_each_loop_around():
    inner = loop("b", "amerge", "x")
    made = graph(placeholder("x"), *loop("a", "x", "bexit"), *inner)
    nodes = carried(made)
    last = nodes[nodes["bturn"].input[1]]
    first = nodes[last.input[0]]
    assert [first.attr["frame_name"].s, last.attr["frame_name"].s] == [b"a", b"b"]
    assert list(first.input) == ["x"]


def test_a_control_edge_into_a_loop_is_left_out():
    made = graph(placeholder("x"), *loop("a", "x", "^x"))
    assert list(carried(made)["aturn"].input) == ["amerge"]


def test_a_tensor_of_another_loop_is_refused():
    made = graph(placeholder("x"), *loop("a", "x"), *loop("b", "x", "amerge"))
    with pytest.raises(ModelFormatError, match="loops within each other"):
        carry_into_loops(made, "model.json")


def test_loops_in_each_other_have_an_end():
    nodes = [enter(f"e{i}", f"e{i - 1}" if i else "x", b"l%d" % i) for i in range(30)]
    with pytest.raises(ModelFormatError, match="at most 20 loops in each other"):
        carry_into_loops(graph(placeholder("x"), *nodes), "model.json")
