"""A branch that gives a constant gives it always, as in TensorFlow.js."""

from __future__ import annotations

import numpy as np
import pytest

from marcelle_nb.formats.tfjs.graph_message import separated
from marcelle_nb.formats.tfjs.graph_model import load_graph_model
from tests.formats.graph_makers import (
    FLOAT,
    INT,
    constant,
    floats,
    graph,
    model_files,
    node,
    placeholder,
)
from tests.formats.tfjs_node import requires_tfjs, run_tfjs


def branches(*nodes):
    """Give the files of a graph with the branches `yes` and `no`, by the sign of the sum of x."""
    made = graph(
        placeholder("x"),
        constant("zero", 0.0),
        constant("axis", [0], np.int32),
        node("sum", "Sum", "x", "axis", T=FLOAT, Tidx=INT),
        node("p", "Greater", "sum", "zero", T=FLOAT),
        node("s", "Switch", "x", "p", T=FLOAT),
        node("no", "Identity", "s", T=FLOAT),
        node("yes", "Identity", "s:1", T=FLOAT),
        *nodes,
        node("y", "Neg", "m", T=FLOAT),
    )
    weights: dict[str, np.ndarray] = {}
    return model_files(separated(made, weights), {k: np.asarray(v) for k, v in weights.items()})


def seven(branch):
    return constant("seven", [7.0, 7.0], inputs=[f"^{branch}"])


def merge(*inputs):
    return node("m", "Merge", *inputs, T=FLOAT, N=2)


CASES = {
    "second": [seven("no"), merge("yes", "seven")],
    "first": [seven("yes"), merge("seven", "no")],
    "both": [seven("yes"), constant("eight", [8.0, 8.0], inputs=["^no"]), merge("seven", "eight")],
    "of a merged one": [
        seven("yes"),
        constant("eight", [8.0, 8.0], inputs=["^no"]),
        node("inner", "Merge", "seven", "eight", T=FLOAT, N=2),
        node("n", "Neg", "inner", T=FLOAT),
        merge("n", "no"),
    ],
    "none": [node("double", "AddV2", "yes", "yes", T=FLOAT), merge("double", "no")],
}


@requires_tfjs
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("x", [[2.0, 3.0], [-2.0, -3.0]])
def test_what_branches_give_is_what_they_give_in_tfjs(case, x, tmp_path):
    files = branches(*CASES[case])
    for name in files.names:
        (tmp_path / name).write_bytes(files.read(name))
    (got,) = load_graph_model(files, "model.json")(floats(x), outputs=["y"])
    (wanted,) = run_tfjs(tmp_path, {"x": floats(x)}, ["y"])
    assert got.tolist() == wanted.tolist()
