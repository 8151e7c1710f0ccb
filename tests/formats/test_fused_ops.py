"""Fused operations are split into what TensorFlow runs, also within functions."""

from __future__ import annotations

import numpy as np
import pytest

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.graphs.rewrite import rewrite
from marcelle_nb.formats.tfjs.graph_model import load_graph_model
from tests.formats.graph_makers import (
    FLOAT,
    constant,
    floats,
    function,
    graph,
    model_files,
    node,
    placeholder,
)


def fused(*steps, arguments=("b",), **options):
    inputs = ["x", "w", *arguments]
    return node("y", "_FusedMatMul", *inputs, T=FLOAT, fused_ops=[*steps], num_args=1, **options)


def run(*nodes, functions=(), x=((1.0, -2.0),)):
    weights = [
        constant("w", [[1, 2], [3, -4]]),
        constant("b", [10, -30]),
        constant("a", [0.5, 0.1]),
        constant("rows", [[1, 1]]),
    ]
    made = graph(placeholder("x"), *weights, *nodes, functions=functions)
    signature = {"outputs": {"y": {"name": "y:0"}}}
    model = load_graph_model(model_files(made, signature=signature), "model.json")
    return model(floats(x))[0].tolist()


@pytest.mark.parametrize(
    ("node_def", "wanted"),
    [
        (fused(b"BiasAdd"), [[5, -20]]),
        (fused(b"BiasAdd", b"Relu"), [[5, 0]]),
        (fused(b"BiasAdd", b"Relu6"), [[5, 0]]),
        (fused(b"BiasAdd", b"LeakyRelu", leakyrelu_alpha=0.5), [[5, -10]]),
        (fused(b"BiasAdd", b"Prelu", arguments=("b", "a")), [[5, -2]]),
        (fused(b"Prelu", arguments=("a",)), [[-2.5, 10]]),
        (fused(b"BiasAdd", arguments=("rows",)), [[-4, 11]]),
        (fused(b"BiasAdd", b"linear"), [[5, -20]]),
        (fused(b"BiasAdd", b"_FusedHardSwish"), [[5, 0]]),
        (fused(arguments=()), [[-5, 10]]),
        (fused(b"BiasAdd", transpose_b=True), [[7, -19]]),
    ],
)
def test_each_step_is_done(node_def, wanted):
    np.testing.assert_allclose(run(node_def), wanted, rtol=1e-6)


def test_consumers_in_a_function_follow_the_new_result():
    body = function(
        "f",
        constant("w", [[1, 2], [3, -4]]),
        constant("b", [10, -30]),
        node("m", "_FusedMatMul", "x", "w:output:0", "b:output:0", T=FLOAT,
             fused_ops=[b"BiasAdd", b"Relu"], num_args=1),
        node("n", "Neg", "m:product:0", T=FLOAT),
        result="n:y:0",
    )  # fmt: skip
    call = node("y", "StatelessIf", "yes", "x", then_branch="f", else_branch="f", Tcond=10)
    for name in ("Tin", "Tout"):
        call.attr[name].list.type.append(FLOAT)
    got = run(constant("yes", True, bool), call, functions=[body])
    assert got == [[-5, 0]]


def test_a_result_of_a_function_follows_it_too():
    body = function(
        "f",
        node("m", "_FusedMatMul", "x", "x", "x", fused_ops=[b"BiasAdd"], num_args=1, T=FLOAT),
        result="m:product:0",
    )
    made = graph(functions=[body])
    rewrite(made, "model.json")
    assert made.library.function[0].ret["y"] == "m:z:0"


def test_a_node_keeps_its_name_and_new_ones_take_no_other():
    made = graph(placeholder("x"), placeholder("y/MatMul"), constant("w", 1.0), constant("b", 1.0),
                 fused(b"BiasAdd"))  # fmt: skip
    rewrite(made, "model.json")
    assert [n.name for n in made.node][-2:] == ["y/MatMul_1", "y"]


@pytest.mark.parametrize(
    ("node_def", "message"),
    [
        (fused(b"BiasAdd", b"Swish"), "expected _FusedMatMul with BiasAdd, .* got Swish"),
        (fused(b"FusedBatchNorm"), "got FusedBatchNorm"),
        (fused(b"BiasAdd", arguments=()), "with an input for BiasAdd"),
        (fused(b"Relu"), "got 1 more"),
        (node("y", "_FusedConv2D", fused_ops=[b"Relu"]), "all inputs of _FusedConv2D"),
    ],
)
def test_what_tensorflow_js_does_not_run_is_refused(node_def, message):
    with pytest.raises(ModelFormatError, match=message):
        run(node_def)
