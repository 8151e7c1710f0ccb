"""A graph predicts, gives any of its nodes, and can be handed on to TensorFlow."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.graphs.graph_loaded_model import GraphLoadedModel
from tests.formats.graph_makers import FLOAT, constant, floats, graph, node, placeholder


def model(*nodes, fetches=None, format="frozen-graph", **options):
    made = graph(placeholder("x"), constant("k", 3.0), node("m", "Mul", "x", "k", T=FLOAT),
                 node("y", "Neg", "m", T=FLOAT), *nodes)  # fmt: skip
    fetches = fetches or {"out": "y:0"}
    return GraphLoadedModel(format, made, feeds={"in put": "x:0"}, fetches=fetches, **options)


def test_it_predicts():
    assert model()(floats([1, 2]))[0].tolist() == [-3, -6]


def test_the_machine_that_a_node_was_trained_on_does_not_matter():
    far = node("far", "Neg", "x", T=FLOAT)
    far.device = "/job:worker/task:3/device:GPU:1"
    assert model(far, fetches={"out": "far:0"})(floats([1]))[0].tolist() == [-1]


def test_any_node_is_given_in_the_order_asked_for():
    m, y, x = model()(floats([1]), outputs=["m", "out", "x:0"])
    assert (m.tolist(), y.tolist(), x.tolist()) == ([3], [-3], [1])


def test_outputs_that_wait_for_what_is_not_given_are_refused():
    with pytest.raises(ModelFormatError, match=r"lead to, got one that takes 'other'"):
        model(placeholder("other"), fetches={"out": "other:0"})


@pytest.mark.parametrize("tensor", ["nothing:0", "y:7", "y:x", ""])
def test_outputs_that_do_not_exist_are_refused(tensor):
    with pytest.raises(ModelFormatError, match="expected a tensor"):
        model(fetches={"out": tensor})


def test_a_graph_that_tensorflow_refuses_is_refused():
    with pytest.raises(ModelFormatError, match="expected a graph that TensorFlow takes"):
        model(node("bad", "Neg", "m", T=7))


def test_its_function_gives_the_same_with_a_fixed_signature():
    import tensorflow as tf

    made = model()
    function = made.tf_function()
    (got,) = function(tf.constant([1.0, 2.0]))
    assert got.numpy().tolist() == [-3, -6]
    (spec,) = function.get_concrete_function().structured_input_signature[0]
    assert spec.dtype == tf.float32


def test_its_graph_is_given_whole():
    given = model().graph_def
    assert {n.name: n.op for n in given.node} == {
        "x": "Placeholder", "k": "Const", "m": "Mul", "y": "Neg",
    }  # fmt: skip
    again = GraphLoadedModel("frozen-graph", given, feeds={"x": "x:0"}, fetches={"y": "y:0"})
    assert again(floats([1]))[0].tolist() == [-3]


def test_operations_are_counted():
    assert model().ops == {"Placeholder": 1, "Const": 1, "Mul": 1, "Neg": 1}


def test_wide_types_become_those_of_tensorflow_js_where_asked():
    whole = node("whole", "Cast", "m", SrcT=FLOAT, DstT=9)
    wide = model(whole, fetches={"w": "whole:0"})
    narrow = model(whole, fetches={"w": "whole:0"}, format="tfjs-graph")
    x = floats([2])
    assert (wide(x)[0].dtype, wide.outputs[0].dtype) == (np.int64, "int64")
    assert (narrow(x)[0].dtype, narrow.outputs[0].dtype) == (np.int32, "int32")


def test_each_list_of_outputs_is_compiled_once():
    made = model()
    for size in (1, 2, 3):
        made(np.ones(size, np.float32))
        made(np.ones(size, np.float32), outputs=["m"])
    assert len(made._compiled._functions) == 2


def test_threads_predict_together():
    made = model()
    got = []
    threads = [
        threading.Thread(target=lambda i=i: got.append((i, made(floats([i]))[0].tolist())))
        for i in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == [(i, [-3.0 * i]) for i in range(16)]


def test_any_node_may_be_an_input():
    made = graph(placeholder("x"), constant("k", 3.0), node("m", "Mul", "x", "k", T=FLOAT),
                 node("y", "Neg", "m", "^m", T=FLOAT))  # fmt: skip
    fed = GraphLoadedModel("frozen-graph", made, feeds={"m": "m:0"}, fetches={"y": "y:0"})
    assert fed(floats([5]))[0].tolist() == [-5]
