"""Large weights stay beside the graph, and take no more memory than they must."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from marcelle_nb.formats.graphs.graph_loaded_model import GraphLoadedModel
from marcelle_nb.formats.graphs.large_weights import large_weights, take_constants
from marcelle_nb.formats.graphs.saved_model import write_saved_model
from marcelle_nb.formats.load import load
from marcelle_nb.formats.tfjs.graph_writer import write_graph_model
from tests.formats.graph_makers import FLOAT, constant, floats, graph, node, placeholder

SIDE = 2000
"""A matrix of this side has 16 MB."""


def test_the_largest_are_chosen_until_the_others_have_room():
    arrays = {name: np.zeros(n, np.uint8) for name, n in {"a": 10, "b": 40, "c": 30}.items()}
    assert large_weights(arrays, 80) == set()
    assert large_weights(arrays, 79) == {"b"}
    assert large_weights({**arrays, "text": np.array([b"x"], object)}, 5) == {"a", "b", "c"}


def test_constants_that_wait_for_a_loop_stay_in_the_graph():
    made = graph(
        placeholder("x"), constant("free", [1, 2]), constant("held", [3, 4], inputs=["^x"])
    )
    assert [*take_constants(made, room=0)] == ["free"]
    assert [n.op for n in made.node] == ["Placeholder", "Placeholder", "Const"]


@pytest.mark.parametrize("shape", [[3, 50], [-1, 100], []])
def test_constants_that_lie_about_their_size_are_left_to_be_refused(shape):
    lying = constant("a", np.ones((2, 100)))
    tensor = lying.attr["value"].tensor
    del tensor.tensor_shape.dim[:]
    for size in shape:
        tensor.tensor_shape.dim.add().size = size
    made = graph(lying)
    assert take_constants(made, room=0) == {}
    assert made.node[0].op == "Const"


def model():
    made = graph(
        placeholder("x"),
        constant("w", np.full((SIDE, SIDE), 0.5)),
        node("y", "MatMul", "x", "w", T=FLOAT),
    )
    return GraphLoadedModel("frozen-graph", made, feeds={"x": "x:0"}, fetches={"y": "y:0"})


def test_a_model_with_weights_beside_it_predicts_gives_them_and_is_whole_again():
    made = model()
    y, w = made(np.ones((1, SIDE), np.float32), outputs=["y", "w"])
    assert (y[0, 0], w.shape, w[0, 0]) == (SIDE / 2, (SIDE, SIDE), 0.5)
    assert made.graph.get_operation_by_name("w").type == "Placeholder"
    assert [n.op for n in made.graph_def.node if n.name == "w"] == ["Const"]
    assert made.tf_function()(tf.ones([1, SIDE]))[0].numpy()[0, 0] == SIDE / 2


def test_a_saved_model_holds_large_weights_as_variables(tmp_path):
    write_saved_model(model(), tmp_path)
    assert (tmp_path / "saved_model.pb").stat().st_size < 100_000
    assert load(tmp_path)(floats(np.ones((1, SIDE))))[0][0, 0] == SIDE / 2


MEASURE = """
import sys
import numpy as np
import tensorflow as tf
from pathlib import Path
from marcelle_nb.formats.load import load

def status(key):
    line = next(line for line in open("/proc/self/status") if line.startswith(key))
    return int(line.split()[1]) * 1024

load(Path(sys.argv[1]))(np.ones((1, 10), np.float32))  # what is imported only once
open("/proc/self/clear_refs", "w").write("5")
before = status("VmRSS")
load(Path(sys.argv[2]))(np.ones((1, 2000), np.float32))
print(status("VmHWM") - before)
"""


def layers(n, side):
    weights = [tf.Variable(tf.fill([side, side], 0.01)) for _ in range(n)]

    @tf.function(input_signature=[tf.TensorSpec([None, side], name="x")])
    def predict(x):
        for weight in weights:
            x = tf.nn.relu(tf.matmul(x, weight))
        return x

    return predict


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("shard_size", [2**22, 2**30])
@pytest.mark.parametrize("write", [write_graph_model, write_saved_model])
def test_loading_takes_at_most_twice_the_weights_and_64_mb(write, shard_size, tmp_path):
    if write is write_saved_model and shard_size > 2**22:
        pytest.skip("has no shards")
    options = {"shard_size": shard_size} if write is write_graph_model else {}
    write(layers(1, 10), tmp_path / "small", **options)
    write(layers(6, SIDE), tmp_path / "large", **options)
    command = [sys.executable, "-c", MEASURE, str(tmp_path / "small"), str(tmp_path / "large")]
    ran = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=300, check=True)
    assert int(ran.stdout.split()[-1]) < 2 * 6 * SIDE * SIDE * 4 + 64 * 2**20
